/* Elementary functions with the same bits on every processor and compiler.
 *
 * Only + - * / and sqrt of IEEE 754 doubles and integer operations, no fused multiply-add, so a result
 * never depends on which libm or which instruction set is present. Error at most 1 ulp for every function
 * unless its line says otherwise (tests/data/math_known_answers.csv holds the proof); special values as in
 * C17 Annex F, without errno or floating-point exceptions. Round-to-nearest mode is assumed.
 *
 * Whatever reaches a result uses these; libm's own exp, log, pow, sin, cos and relatives are not linked
 * into the engine and the models (tests/cli/no_libm.sh). */
#ifndef DH_SIM_MATH_H
#define DH_SIM_MATH_H

double dh_exp(double x);
double dh_expm1(double x); /* exp(x) - 1 without cancellation */
double dh_log(double x);
double dh_log1p(double x); /* log(1 + x) without cancellation */
double dh_log2(double x);
double dh_log10(double x);
double dh_pow(double x, double y);
double dh_sin(double x); /* radians; any finite argument, reduced exactly */
double dh_cos(double x);
double dh_tanh(double x);
double dh_cbrt(double x);

/* Standard normal distribution: quantile of p in (0, 1) (-inf at 0, +inf at 1, NaN outside), relative
 * error below 1e-15 where p <= 0.5 (M. J. Wichura, Algorithm AS 241, Applied Statistics 37, 1988). */
double dh_norm_inv(double p);

#endif
