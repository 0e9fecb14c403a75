/* What the columns `function` and `rule` of ops.def mean. */
#ifndef LAMINA_LAYERS_OPS_KINDS_H
#define LAMINA_LAYERS_OPS_KINDS_H

#include "layers/ops.h"

/* The type of the result. */
enum {
    OPS_SAME,    /* the input's */
    OPS_FLOAT,   /* floats keep theirs, others become floatx */
    OPS_FLOATX,  /* floatx, whatever the input */
    OPS_NO_BOOL, /* the input's; bool becomes int32 */
    OPS_WIDE,    /* sums: narrow integers become 32 bits wide */
    OPS_BOOL,
    OPS_FLOAT_WIDE, /* as OPS_FLOAT, but int64 becomes float64 */
    OPS_INT,        /* int32 */
    OPS_RUN = 100   /* as OPS_NO_BOOL; where it runs, a number is a tensor of its own type first */
};

/* Functions of one element that are composed of others. */
enum {
    OPS_NOT,
    OPS_ISNAN,
    OPS_ISINF,
    OPS_ISFINITE,
    OPS_ISPOSINF,
    OPS_ISNEGINF,
    OPS_LOG2,
    OPS_LOG10,
    OPS_EXP2,
    OPS_TRUNC,
    OPS_TAN, /* from here on: ops_more.c */
    OPS_SINH,
    OPS_COSH,
    OPS_ARCSINH,
    OPS_ARCCOSH,
    OPS_ARCTANH
};

/* ops_math.c: of one element, of two. */
enum {
    OPS_ARCSIN,
    OPS_ARCCOS,
    OPS_CBRT,
    OPS_SINC,
    OPS_DEG2RAD,
    OPS_RAD2DEG,
    OPS_ERFC,
    OPS_SIGNBIT,
    OPS_FABS,
    OPS_ARCTAN2,
    OPS_HYPOT,
    OPS_FMOD,
    OPS_FMAX,
    OPS_FMIN,
    OPS_LOGADDEXP2,
    OPS_LDEXP,
    OPS_HEAVISIDE,
    OPS_DIVIDE_NO_NAN
};

/* ops_nan.c */
enum { OPS_NANSUM, OPS_NANPROD, OPS_NANMEAN, OPS_NANMAX, OPS_NANMIN, OPS_NANVAR, OPS_NANSTD, OPS_PTP };

/* Reductions. */
enum {
    OPS_SUM,
    OPS_PROD,
    OPS_MEAN,
    OPS_MAX,
    OPS_MIN,
    OPS_ALL,
    OPS_ANY,
    OPS_VAR,
    OPS_STD,
    OPS_COUNT,
    OPS_LOGSUMEXP
};

DType ops_result(const Graph *graph, DType dtype, int rule);
/* The shape without the axes, or with 1 in their places. */
Shape ops_reduced(const Shape *shape, uint32_t axes, bool keep);

#endif
