/* The functions of keras.ops on symbolic tensors: one table row each (ops.def), bound by its signature.
 *
 * A row has an infer rule (result shape and type, Keras' compute_output_spec) and a lower rule. Both read the
 * arguments from OpsAttrs; tensors among them are the call's inputs, in the order of the parameters.
 */
#ifndef LAMINA_LAYERS_OPS_H
#define LAMINA_LAYERS_OPS_H

#include "layers/operation.h"

enum { OPS_MAX_PARAMS = 10 };

typedef struct OpsRow OpsRow;

typedef struct OpsAttrs {
    const OpsRow *row;
    Value value[OPS_MAX_PARAMS]; /* in the order of the signature, defaults filled in */
    SourceRange at[OPS_MAX_PARAMS];
    /* What infer has found out, for lower: */
    DType dtype;   /* in which it computes */
    uint32_t axes; /* bit i: axis i */
    bool keep;     /* keepdims */
    int axis;
    int perm[SHAPE_MAX_RANK];
    int64_t number[2 * SHAPE_MAX_RANK];
} OpsAttrs;

/* What a lower rule works with. */
typedef struct OpsLower {
    Lowering *l;
    const Node *node;
    const OpsAttrs *attrs;
    Op *const *inputs;
    Op **outputs;
} OpsLower;

typedef bool OpsInfer(LayerCall *call, OpsAttrs *attrs);
typedef bool OpsLowerRule(const OpsLower *o);

struct OpsRow {
    const char *name, *params; /* "x axis=None keepdims=False"; "*operands": all positional arguments */
    OpsInfer *infer;
    OpsLowerRule *lower;
    int function, rule; /* read by the family's rules */
    LayerClass class_;
};

/* Inside the call of a layer of the file, without tensors among the arguments: ops.arange(n),
 * ops.ones(shape), ...; false where it is none of these, or its arguments are not plain numbers. */
bool ops_make(Graph *graph, const char *symbol, const Arguments *arguments, Value *out);
bool ops_is_maker(const char *symbol);
/* The same for a number or a nested list of numbers where a tensor is expected. */
bool ops_constant(Graph *graph, Value value, SourceRange at, Value *out);

/* True for "ops.sum": a function that ops_call makes an operation of. */
bool ops_is_function(const char *symbol);
bool ops_call(Graph *graph, const char *symbol, const Arguments *arguments, Value *out);

/* ---- for the families ---- */

/* The attributes of a call of ops_call. */
static inline OpsAttrs *ops_attrs(const LayerCall *call) {
    return call->node_attrs;
}
/* The type that floats of it have: itself, or floatx. */
DType ops_float(const Graph *graph, DType dtype);
/* The index among the inputs of the tensors of parameter `param`. */
size_t ops_input(const OpsAttrs *attrs, int param);
/* Shape and type of an operand (a tensor or a number); false after reporting for anything else. */
bool ops_operand(LayerCall *call, int param, Shape *shape);
/* Keras' result_type of the operands first .. last, numbers weak. */
DType ops_promote(LayerCall *call, int first, int last);
/* The operand as an op of the type. */
Op *ops_lower_operand(const OpsLower *o, int param, DType dtype);
/* The axis parameter, an int; false after reporting (E290). */
bool ops_axis(LayerCall *call, int param, int rank, int *out);
bool ops_axis_value(LayerCall *call, int param, Value value, int rank, int *out);
/* The parameter as a list of ints (one int: of length 1); None in it is DIM_UNKNOWN. False after reporting.
 */
bool ops_read_ints(LayerCall *call, int param, Shape *out);
/* An axis, a tuple of axes or None (all, as bits); the same axis twice is an error. */
bool ops_axes(LayerCall *call, int param, int rank, uint32_t *out);
/* An int argument; false after reporting (E291). */
bool ops_int(LayerCall *call, int param, int64_t *out);
/* E291 with the text, in Keras' words where it has any. Returns false. */
bool ops_invalid(LayerCall *call, int param, const char *format, ...) DIAG_PRINTF(3, 4);
/* E292: shapes that do not fit, with the histories of the inputs. Returns false. */
bool ops_mismatch(LayerCall *call, const char *format, ...) DIAG_PRINTF(2, 3);
/* dtype=None, 'float32', a dtype; false after reporting. */
bool ops_dtype(LayerCall *call, int param, DType fallback, DType *out);
bool ops_truth(const OpsAttrs *attrs, int param);

/* Short forms of builders. */
Op *ops_bin(const OpsLower *o, BinaryFunction function, Op *a, Op *b);
Op *ops_un(const OpsLower *o, UnaryFunction function, Op *x);
Op *ops_scalar(const OpsLower *o, DType dtype, double value);
/* The op with the node's output shape number `index`, its batch that of x. */
Op *ops_shaped(const OpsLower *o, Op *x, size_t index);

/* ops_sort.c: the type in which values are sorted, false after reporting; the last axis sorted, or NULL. */
bool ops_sort_type(const OpsLower *o, DType given, DType *out);
Op *ops_sorted(const OpsLower *o, Op *x);

OpsInfer ops_arg_infer, ops_average_infer, ops_broadcast_to_infer, ops_cast_infer, ops_clip_infer,
    ops_concatenate_infer, ops_cumsum_infer, ops_dot_infer, ops_einsum_infer, ops_expand_dims_infer,
    ops_flip_infer, ops_inner_infer, ops_like_infer, ops_moveaxis_infer, ops_norm_infer, ops_normalize_infer,
    ops_one_hot_infer, ops_outer_infer, ops_pad_infer, ops_ravel_infer, ops_reduce_infer, ops_repeat_infer,
    ops_reshape_infer, ops_roll_infer, ops_round_infer, ops_split_infer, ops_squeeze_infer, ops_stack_infer,
    ops_swapaxes_infer, ops_take_infer, ops_tensordot_infer, ops_tile_infer, ops_transpose_infer,
    ops_triangle_infer, ops_unary_infer, ops_unstack_infer, ops_where_infer, ops_sort_infer, ops_top_k_infer,
    ops_median_infer, ops_take_along_infer, ops_logaddexp_infer, ops_diff_infer, ops_nan_to_num_infer,
    ops_resize_infer, ops_pair_infer, ops_ldexp_infer, ops_isclose_infer, ops_moments_infer,
    ops_nan_reduce_infer, ops_flip_side_infer, ops_rot90_infer, ops_diagonal_infer, ops_blocks_infer,
    ops_cross_infer, ops_quantile_infer, ops_search_infer, ops_multi_hot_infer, ops_in_top_k_infer,
    ops_split_side_infer, ops_array_split_infer, ops_vdot_infer, ops_meshgrid_infer, ops_select_infer,
    ops_trapezoid_infer, ops_convert_infer, ops_slice_infer, ops_patches_infer;
OpsLowerRule ops_arg_lower, ops_average_lower, ops_broadcast_to_lower, ops_cast_lower, ops_clip_lower,
    ops_composed_lower, ops_concatenate_lower, ops_contract_lower, ops_cumsum_lower, ops_einsum_lower,
    ops_flip_lower, ops_like_lower, ops_norm_lower, ops_normalize_lower, ops_one_hot_lower, ops_outer_lower,
    ops_pad_lower, ops_reduce_lower, ops_repeat_lower, ops_roll_lower, ops_round_lower, ops_split_lower,
    ops_stack_lower, ops_take_lower, ops_tile_lower, ops_transpose_lower, ops_triangle_lower, ops_unary_lower,
    ops_view_lower, ops_where_lower, ops_sort_lower, ops_top_k_lower, ops_median_lower, ops_take_along_lower,
    ops_formula_lower, ops_logaddexp_lower, ops_diff_lower, ops_nan_to_num_lower, ops_resize_lower,
    ops_math_lower, ops_pair_lower, ops_isclose_lower, ops_nan_lower, ops_moments_lower, ops_rot90_lower,
    ops_diagonal_lower, ops_blocks_lower, ops_cross_lower, ops_quantile_lower, ops_search_lower,
    ops_multi_hot_lower, ops_in_top_k_lower, ops_vdot_lower, ops_meshgrid_lower, ops_select_lower,
    ops_trapezoid_lower, ops_slice_lower, ops_patches_lower;

#endif
