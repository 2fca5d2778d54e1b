#!/bin/bash
# The engine and the models call no function of libm or GSL whose last bit may differ between processors,
# and no random numbers but their own: whatever reaches a result comes from sim/math.h and sim/rng.h. Not so
# models/gpu: it measures and fits, and ends as a catalog entry; nothing of it runs inside a simulation.
build=$1
functions='exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|sin|cos|tan|sincos|sinh|cosh|tanh|asin|acos|atan|atan2|asinh|acosh|atanh|cbrt|hypot|erf|erfc|lgamma|lgamma_r|tgamma|fma|j0|j1|y0|y1'
others='gsl_ran_.*|gsl_rng_.*|rand|rand_r|random|random_r|srand|srandom|drand48|erand48|lrand48|mrand48'
# object FILES... -> FILE: symbol, one line each
calls() {
    nm -A -u "$@" 2>/dev/null | sed -nE "s/^([^ ]*):.* U (__)?(($functions)(f|l|f128)?(_finite)?|$others)(@.*)?$/\1: \3/p"
}

# The check itself: the tests of the random streams do call libm, to compare with.
if calls "$build/obj/tests/unit/rng.o" | grep -q ': exp$' && calls "$build/obj/tests/unit/rng.o" | grep -q ': lgamma$'; then
    echo "ok - a call of libm is seen"
else
    echo "not ok - a call of libm is seen"
fi

for part in sim models; do
    mapfile -t objects < <(find "$build/obj/$part" -name '*.o' -not -path '*/sim/api/*' -not -path '*/sim/app/*' -not -path '*/models/fit/*' -not -path '*/models/gpu/*' 2>/dev/null | sort)
    if ((${#objects[@]} == 0)); then
        echo "not ok - $part has objects in $build/obj"
        continue
    fi
    found=$(calls "${objects[@]}")
    if [[ -n $found ]]; then
        echo "not ok - $part calls only its own mathematics"
        sed "s|^|# |" <<<"$found"
    else
        echo "ok - $part calls only its own mathematics (${#objects[@]} objects)"
    fi
done
