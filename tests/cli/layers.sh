#!/bin/bash
# Who may include whom, as STYLE asks: sim only sim; models also scenarios/scenario.h; scenarios, output and viz not
# each other's private parts; the command line only the public header. One test a rule; offenders are printed.
cd "$(dirname "$0")/../.." || exit 1
echo 1..8

# includes FOLDER-GLOB...: "file: header" for each quoted include.
includes() { grep -HoE '^ *# *include "[^"]+"' "$@" 2>/dev/null | sed -E 's/:.*"([^"]+)"/: \1/'; }

verdict() { # NUMBER NAME, offenders on standard input
    local bad
    bad=$(cat)
    if [[ -n $bad ]]; then
        printf '%s\n' "$bad" | sed 's/^/# /'
        echo "not ok $1 - $2"
    else
        echo "ok $1 - $2"
    fi
}

includes sim/*.c sim/*.h | grep -vE ': sim/[^/]+$' | verdict 1 "sim includes only sim"
includes models/*.[ch] models/gpu/*.[ch] | grep -vE ': (sim/[^/]+|models/.*|scenarios/scenario\.(h|def))$' |
    verdict 2 "models include sim, models and the scenario's structs"
includes scenarios/*.[ch] | grep -vE ': (sim/[^/]+|models/.*|scenarios/.*)$' |
    verdict 3 "scenarios include sim, models and scenarios"
includes output/*.[ch] viz/*.[ch] | grep -vE ': (sim/[^/]+|models/.*|output/.*|viz/.*|scenarios/scenario\.h)$' |
    verdict 4 "output and viz include sim, models and themselves"
includes sim/app/*.[ch] | grep -vE ': (sim/app/.*|viz/.*)$' | verdict 5 "the command line includes the public header"
grep -lE '<libxml/' -r sim models scenarios output viz --include='*.[ch]' | grep -vE '^scenarios/scenario_xml' |
    verdict 6 "only scenario_xml reads XML"
grep -lE '<hdf5(_hl)?\.h>' -r sim models scenarios output viz --include='*.[ch]' | grep -vE '^output/h5_' |
    verdict 7 "only h5_ files speak HDF5"
# A library neither prints nor ends the program; a signal's handler belongs to the program too.
grep -nE '(^|[^_a-z])(printf|puts|putchar|perror|exit|_exit|abort|setlocale|signal|sigaction) *\(|\bstderr\b|\bstdout\b' \
    sim/*.c sim/api/*.c models/*.c scenarios/*.c output/*.c 2>/dev/null |
    grep -vE ':[0-9]+: *(/?\*|//)|^(output/(sandbox|result_read|result_host|recover)|sim/api/child)\.c:|SIGXFSZ|^output/h5_file\.c:.*sigaction' |
    verdict 8 "the library never prints and never exits" # those run damaged files, and runs side by side, in child processes
