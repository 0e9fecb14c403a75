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
    OPS_INT /* int32 */
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
