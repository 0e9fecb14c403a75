/* Functions of one and of two numbers. NaN and the sign of 0 go through where they do in Keras. */
#include "reference.h"

#include <math.h>

static double relu_general(const double *p, double x) {
    if (x < p[2]) return p[0] * (x - p[2]);
    return x > p[1] ? p[1] : x;
}
static double clip(double x, double low, double high) {
    if (x <= low) return low; /* also -0 where low is 0 */
    return x > high ? high : x;
}
static double sigmoid(double x) {
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}
static double softplus(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double elu(double x, double alpha) {
    return x > 0 ? x : alpha * expm1(x);
}
static double celu(double x, double alpha) {
    return x > 0 ? x : alpha * expm1(x / alpha) + 0.0; /* no -0 */
}
static double gelu(double x) {
    return x / 2 * erfc(-x * 0.70710678118654752440);
}
static double gelu_tanh(double x) {
    return x * sigmoid(1.59576912160573071176 * (x + 0.044715 * x * x * x));
}
static double soft_shrink(double x, double limit) {
    if (x > limit) return x - limit;
    if (x < -limit) return x + limit;
    return 0; /* also for NaN */
}
/* x - tanh(x): its series where the two nearly cancel */
static double tanh_shrink(double x) {
    const double z = x * x;
    if (!(z < 0.01)) return x - tanh(x);
    return x * z * (1 / 3.0 - z * (2 / 15.0 - z * (17 / 315.0 - z * (62 / 2835.0 - z * 1382 / 155925.0)))) +
           0.0;
}
/* (x + sqrt(x^2 + b)) / 2, without cancellation */
static double squareplus(double x, double b) {
    const double root = sqrt(x * x + b);
    return x < 0 && isfinite(x) ? b / 2 / (root - x) : (x + root) / 2;
}
static double sparse_plus(double x) {
    if (x <= -1) return 0;
    return x >= 1 ? x : (x + 1) * (x + 1) / 4;
}
static double sign(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : isnan(x) ? x : 0;
}

double lmref_unary(lmrt_function function, const double *p, double x) {
    switch (function) {
    case LMRT_LINEAR: return x;
    case LMRT_RELU: return x <= 0 ? 0 : x;
    case LMRT_LEAKY_RELU: return x < 0 ? p[0] * x : x;
    case LMRT_CLIP: return clip(x, p[0], p[1]);
    case LMRT_RELU_GENERAL: return relu_general(p, x);
    case LMRT_SIGMOID: return sigmoid(x);
    case LMRT_TANH: return tanh(x);
    case LMRT_EXP: return exp(x);
    case LMRT_EXPM1: return expm1(x);
    case LMRT_LOG: return log(x);
    case LMRT_LOG1P: return log1p(x);
    case LMRT_SQRT: return sqrt(x);
    case LMRT_RSQRT: return 1 / sqrt(x);
    case LMRT_RECIPROCAL: return 1 / x;
    case LMRT_SQUARE: return x * x;
    case LMRT_NEGATE: return -x;
    case LMRT_ABS: return fabs(x);
    case LMRT_ERF: return erf(x);
    case LMRT_GELU: return gelu(x);
    case LMRT_GELU_TANH: return gelu_tanh(x);
    case LMRT_SILU: return x * sigmoid(x);
    case LMRT_SOFTPLUS: return softplus(x);
    case LMRT_SOFTSIGN: return x / (1 + fabs(x));
    case LMRT_ELU: return elu(x, p[0]);
    case LMRT_SELU: return 1.05070098735548049342 * elu(x, 1.67326324235437728482);
    case LMRT_CELU: return celu(x, p[0]);
    case LMRT_MISH: return x * tanh(softplus(x));
    case LMRT_HARD_SIGMOID: return clip(x / 6 + 0.5, 0, 1);
    case LMRT_HARD_SILU: return x * clip(x / 6 + 0.5, 0, 1);
    case LMRT_LOG_SIGMOID: return -softplus(-x);
    case LMRT_HARD_SHRINK: return fabs(x) > p[0] ? x : 0; /* 0 for NaN */
    case LMRT_SOFT_SHRINK: return soft_shrink(x, p[0]);
    case LMRT_TANH_SHRINK: return tanh_shrink(x);
    case LMRT_THRESHOLD: return x > p[0] ? x : p[1];
    case LMRT_SQUAREPLUS: return squareplus(x, p[0]);
    case LMRT_SPARSE_PLUS: return sparse_plus(x);
    case LMRT_SPARSE_SIGMOID: return clip((x + 1) / 2, 0, 1);
    case LMRT_SIN: return sin(x);
    case LMRT_COS: return cos(x);
    case LMRT_ARCTAN: return atan(x);
    case LMRT_SIGN: return sign(x);
    case LMRT_FLOOR: return floor(x);
    case LMRT_CEIL: return ceil(x);
    case LMRT_ROUND: return rint(x);
    case LMRT_LOGICAL_NOT: return x == 0;
    case LMRT_FUNCTION_COUNT: break;
    }
    return NAN;
}

/* Python's: the result has the sign of b. */
static double modulo(double a, double b) {
    const double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
static double maximum(double a, double b) {
    return isnan(a) || a > b ? a : b;
}
static double minimum(double a, double b) {
    return isnan(a) || a < b ? a : b;
}

double lmref_binary(lmrt_binary_function function, double a, double b) {
    switch (function) {
    case LMRT_ADD: return a + b;
    case LMRT_SUB: return a - b;
    case LMRT_MUL: return a * b;
    case LMRT_DIV: return a / b;
    case LMRT_FLOORDIV: return floor(a / b);
    case LMRT_MOD: return modulo(a, b);
    case LMRT_POW: return pow(a, b);
    case LMRT_MAX: return maximum(a, b);
    case LMRT_MIN: return minimum(a, b);
    case LMRT_LT: return a < b;
    case LMRT_LE: return a <= b;
    case LMRT_GT: return a > b;
    case LMRT_GE: return a >= b;
    case LMRT_NE: return a != b;
    case LMRT_EQ: return a == b;
    case LMRT_AND: return a != 0 && b != 0;
    case LMRT_OR: return a != 0 || b != 0;
    case LMRT_XOR: return (a != 0) != (b != 0);
    case LMRT_BINARY_COUNT: break;
    }
    return NAN;
}
