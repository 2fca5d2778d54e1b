/* Help, man pages and bash completion, from the table. */
#include "sim/app/app.h"
#include "sim/app/cli_table.h"

#include <ctype.h>
#include <string.h>

static const struct {
    int status;
    const char *text;
} exit_statuses[] = {
    {0,   "success"                                                                               },
    {1,   "a limit given with --fail-if was crossed, or no design of a plan meets its constraints"},
    {2,   "wrong usage: unknown command or option, bad value"                                     },
    {65,  "the scenario or the data are wrong; the message says where"                            },
    {66,  "an input file is missing"                                                              },
    {69,  "no usable device"                                                                      },
    {70,  "internal error"                                                                        },
    {71,  "out of memory"                                                                         },
    {74,  "input or output failed"                                                                },
    {130, "interrupted by SIGINT; the result so far is closed properly and marked as interrupted" },
    {143, "the same by SIGTERM or SIGHUP"                                                         },
};

/* ---- help
 * --------------------------------------------------------------------------------------------------- */

enum { HELP_COLUMN = 30, HELP_WIDTH = 100 };

/* text broken at blanks, from column at, later lines at column indent. */
static void put_wrapped(FILE *out, int at, int indent, const char *text) {
    fprintf(out, "%*s", indent > at ? indent - at : 0, "");
    for (at = at > indent ? at : indent; *text;) {
        int n = (int)strcspn(text, " ");
        if (at + 1 + n > HELP_WIDTH && at > indent) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, (size_t)n, out);
        at += n;
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void help_options(FILE *out, const struct cli_option *o) {
    for (; o && o->name; o++) {
        char left[96];
        int n = snprintf(left, sizeof left, "  %c%c%c --%s%s%s", o->letter ? '-' : ' ',
                         o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->argument ? "=" : "",
                         o->argument ? o->argument : "");
        fputs(left, out);
        if (n >= HELP_COLUMN - 1) {
            fputc('\n', out);
            n = 0;
        }
        put_wrapped(out, n, HELP_COLUMN, o->help);
    }
}

void cli_help(FILE *out, const struct cli_command *command) {
    if (command) {
        fprintf(out, "usage: datahall %s%s%s%s\n\n%c%s.\n", command->name,
                command->options ? " [OPTION...]" : "", command->arguments[0] ? " " : "", command->arguments,
                toupper((unsigned char)command->help[0]), command->help + 1);
        if (command->detail) {
            fputc('\n', out);
            put_wrapped(out, 0, 0, command->detail);
        }
        fputc('\n', out);
        help_options(out, command->options);
        help_options(out, cli_common);
        return;
    }
    fputs("usage: datahall COMMAND [OPTION...] [ARGUMENT...]\n\nSimulates an AI data center: work, power, "
          "cooling, "
          "cloud, money and carbon on one clock.\n\n",
          out);
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        int n = fprintf(out, "  %-9s", c->name);
        put_wrapped(out, n, 12, c->help);
    }
    fputs("\nFirst result in three commands:\n  datahall init > a.xml\n  datahall run a.xml -o a.h5\n"
          "  datahall report a.h5\n\n'datahall help COMMAND' explains one; 'datahall help --man' prints the "
          "man page.\n",
          out);
}

/* ---- man pages
 * ------------------------------------------------------------------------------------------------- */

/* Text for roff: hyphens, backslashes, quotes in control lines and dots at line starts kept as they are. */
static void roff(FILE *out, const char *text) {
    for (const char *c = text; *c; c++) {
        if (*c == '-')
            fputs("\\-", out);
        else if (*c == '\\')
            fputs("\\e", out);
        else if (*c == '`')
            fputs("\\(ga", out);
        else if (*c == '\'')
            fputs("\\(aq", out);
        else if (*c == '"')
            fputs("\\(dq", out);
        else if (*c == '|')
            fputs("|\\:", out); /* a long choice may be broken there */
        else if (*c == '.' && c == text)
            fputs("\\&.", out);
        else
            fputc(*c, out);
    }
}

static void roff_sentence(FILE *out, const char *text) {
    size_t n = strlen(text);
    char first[2] = {(char)toupper((unsigned char)text[0]), '\0'};
    roff(out, first);
    roff(out, text + 1);
    fputs(n > 0 && text[n - 1] == '.' ? "\n" : ".\n", out);
}

static void roff_options(FILE *out, const struct cli_option *o) {
    for (; o && o->name; o++) {
        fputs(".TP\n", out);
        if (o->letter)
            fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
        fputs("\\fB\\-\\-", out);
        roff(out, o->name);
        fputs("\\fR", out);
        if (o->argument) {
            fputs("=\\fI", out);
            roff(out, o->argument);
            fputs("\\fR", out);
        }
        fputc('\n', out);
        roff_sentence(out, o->help);
    }
}

void cli_man(FILE *out) {
    fprintf(
        out,
        ".TH DATAHALL 1 \"\" \"datahall %s\" \"User Commands\"\n.SH NAME\ndatahall \\- simulate and plan AI "
        "data centers\n.SH SYNOPSIS\n.B datahall\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
        ".SH DESCRIPTION\n",
        dh_version());
    fputs("Reads a scenario in XML (see \n.BR datahall\\-scenario (5)),\nsimulates jobs, accelerators, "
          "power, cooling, "
          "cloud, money and carbon on one clock, and keeps the\nresult in an HDF5 file that netCDF tools "
          "open. Data goes to standard "
          "output, everything else to\nstandard error.\n.SH COMMANDS\n",
          out);
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        fputs(".SS \"", out);
        roff(out, c->name);
        if (c->arguments[0])
            fputc(' ', out);
        roff(out, c->arguments);
        fputs("\"\n", out);
        roff_sentence(out, c->help);
        if (c->detail) {
            fputs(".PP\n", out);
            roff_sentence(out, c->detail);
        }
        roff_options(out, c->options);
    }
    fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
    roff_options(out, cli_common);
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof exit_statuses / sizeof *exit_statuses; i++) {
        fprintf(out, ".TP\n.B %d\n", exit_statuses[i].status);
        roff_sentence(out, exit_statuses[i].text);
    }
    fputs(".SH FILES\n.TP\n.I NAME\\-SEED.h5\nThe result of a run: HDF5 shaped like netCDF\\-4. Two runs of "
          "one scenario "
          "give the same bytes.\n.TP\n.I NAME\\-SEED.h5.part\nThe same while it is written, and what a "
          "killed run leaves: "
          "see \\fBrecover\\fR.\n.TP\n.I NAME\\-SEED.perf.json\nWall time, processor time, memory, host and "
          "options of the "
          "run.\n.SH ENVIRONMENT\n.TP\n.B NO_COLOR\nWhen set and not empty, no colour is used.\n.TP\n.B "
          "TERM\nWhen \\fBdumb\\fR, "
          "no colour and no progress bar.\n.SH EXAMPLES\n.nf\ndatahall init > a.xml\ndatahall run a.xml \\-o "
          "a.h5\n"
          "datahall report a.h5\ndatahall run a.xml \\-\\-param gpus=576 \\-\\-fail\\-if \\(aqenergy.pue > "
          "1.3\\(aq\n"
          "datahall export a.h5 jobs > jobs.csv\n.fi\n.SH SEE ALSO\n.BR datahall\\-scenario (5)\n",
          out);
}

void cli_man_scenario(FILE *out) {
    fprintf(out,
            ".TH DATAHALL\\-SCENARIO 5 \"\" \"datahall %s\" \"File Formats\"\n.SH NAME\ndatahall\\-scenario "
            "\\- the "
            "scenario language of datahall\n.ad l\n.SH DESCRIPTION\n"
            "A scenario is XML in the namespace \\fBurn:datahall:scenario:1\\fR. Every quantity carries its "
            "unit (\\fB10.2 kW\\fR); "
            "units are\ncase\\-sensitive. \\fB<import href=\\(dqcatalog:gpus.xml\\(dq/>\\fR brings in what "
            "is built in, or a file in "
            "the scenario\\(aqs folder;\n\\fBbase=\\fR copies what an element leaves out from another; "
            "\\fB${name}\\fR stands for a "
            "parameter. Unknown names are errors.\n.SH ELEMENTS\n",
            dh_version());
    struct dh_language_row row;
    for (int32_t i = 0; (row = dh_language_at(i)).element; i++) {
        if (!row.attribute) {
            fputs(".SS \"<", out);
            roff(out, row.element);
            fputs(">\"\n", out);
            roff_sentence(out, row.about);
            continue;
        }
        fputs(".TP\n.B ", out);
        roff(out, row.attribute);
        fputs("\n", out);
        roff_sentence(out, row.about);
        fputs("(", out);
        roff(out, row.unit);
        fputs(!row.standard ? "; mandatory" : row.standard[0] ? "; default \\fB" : "; may be left out", out);
        if (row.standard && row.standard[0]) {
            roff(out, row.standard);
            fputs("\\fR", out);
        }
        fputs(")\n", out);
    }
    fputs(".SH SEE ALSO\n.BR datahall (1)\n", out);
}

/* ---- bash
 * ------------------------------------------------------------------------------------------------------ */

static void bash_words(FILE *out, const struct cli_command *c) {
    const struct cli_option *const lists[] = {c->options, cli_common};
    for (int k = 0; k < 2; k++)
        for (const struct cli_option *o = lists[k]; o && o->name; o++) {
            fprintf(out, "--%s%s ", o->name, o->argument ? "=" : "");
            if (o->letter)
                fprintf(out, "-%c ", o->letter);
        }
}

static void bash_values(FILE *out, const struct cli_command *c) {
    const struct cli_option *const lists[] = {c->options, cli_common};
    for (int k = 0; k < 2; k++)
        for (const struct cli_option *o = lists[k]; o && o->name; o++) {
            if (!o->complete)
                continue;
            bool words = strncmp(o->complete, "words:", 6) == 0;
            fprintf(out, "    %s:--%s", c->name, o->name);
            if (o->letter)
                fprintf(out, "|%s:-%c", c->name, o->letter);
            fprintf(out, ") %s='", words ? "words" : "files");
            for (const char *p = strchr(o->complete, ':') + 1; *p; p++)
                fputc(words && *p == ',' ? ' ' : *p, out);
            fputs("';;\n", out);
        }
}

void cli_bash(FILE *out) {
    fputs("# bash completion for datahall; made by 'datahall help --bash'\n"
          "_datahall() {\n"
          "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd=${COMP_WORDS[1]} "
          "words= files= all=\n"
          "  if [[ $cur == = ]]; then cur=\n"
          "  elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
          "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W \"",
          out);
    for (const struct cli_command *c = cli_commands; c->name; c++)
        fprintf(out, "%s ", c->name);
    fputs("\" -- \"$cur\"))\n    return\n  fi\n  case $cmd:$prev in\n", out);
    for (const struct cli_command *c = cli_commands; c->name; c++)
        bash_values(out, c);
    fputs("  esac\n  case $cmd in\n", out);
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        fprintf(out, "    %s) all='", c->name);
        bash_words(out, c);
        fputc('\'', out);
        if (c->complete && strncmp(c->complete, "file:", 5) == 0)
            fprintf(out, "; : \"${files:=%s}\"", c->complete + 5);
        if (c->complete && strcmp(c->complete, "words:commands") == 0) {
            fputs("; [[ $cur == -* ]] || words='", out);
            for (const struct cli_command *k = cli_commands; k->name; k++)
                fprintf(out, "%s ", k->name);
            fputc('\'', out);
        }
        fputs(";;\n", out);
    }
    fputs("  esac\n"
          "  if [[ $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "  elif [[ $cur == -* ]]; then\n"
          "    COMPREPLY=($(compgen -W \"$all\" -- \"$cur\"))\n"
          "    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null\n"
          "  else\n"
          "    compopt -o filenames 2>/dev/null\n"
          "    COMPREPLY=($(compgen -f -X \"!*.${files:-*}\" -- \"$cur\") $(compgen -d -- \"$cur\"))\n"
          "  fi\n"
          "}\n"
          "complete -F _datahall datahall\n",
          out);
}
