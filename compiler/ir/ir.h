/* IR: the model as a list of primitive operations on tensors, in order of execution (SSA: an Op is its own
 * result).
 *
 * In:  a Model (lower/lower.h walks its nodes and calls each layer class' `lower`).
 * Out: after the passes, what plan/ turns into kernel calls.
 * Invariants (ir_verify): an op's inputs stand before it; its shape and dtype follow from them by its rule; a
 * shape's dim[0] is DIM_UNKNOWN (the batch) or a number, all other extents are known; constants hold no
 * DIM_UNKNOWN. Layouts are channels-last throughout: images [batch][height][width][channels], kernels
 * [kh][kw][in/groups][out]. Why not the Graph itself: layers share weights and have Keras' names and order,
 * ops have data flow and are rewritten.
 */
#ifndef LAMINA_IR_IR_H
#define LAMINA_IR_IR_H

#include "graph/external.h"
#include "graph/graph.h"

typedef struct Op Op;
typedef struct Ir Ir;

typedef enum OpKind {
#define OP(kind, name, min_inputs, max_inputs, about) kind,
#include "ir/ops.def"
#undef OP
    OP_KIND_COUNT
} OpKind;

/* Elementwise functions of one value; p is the op's parameter array. Also usable as the epilogue of other
 * ops. The order and meaning are shared with the runtime (runtime/include/lmrt.h, LMRT_*). */
typedef enum UnaryFunction {
#define UNARY(kind, name, n_parameters, about) kind,
#include "ir/unary.def"
#undef UNARY
    UNARY_FUNCTION_COUNT
} UnaryFunction;

typedef enum BinaryFunction {
    BIN_ADD,
    BIN_SUB,
    BIN_MUL,
    BIN_DIV,
    BIN_FLOORDIV,
    BIN_MOD,
    BIN_POW,
    BIN_MAX,
    BIN_MIN,
    BIN_LT,
    BIN_LE,
    BIN_GT,
    BIN_GE,
    BIN_NE,
    BIN_EQ,
    BIN_AND,
    BIN_OR,
    BIN_XOR, /* give bool */
    BINARY_FUNCTION_COUNT
} BinaryFunction;

typedef enum ReduceFunction { REDUCE_SUM, REDUCE_MEAN, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD } ReduceFunction;
typedef enum ScanFunction { SCAN_SUM, SCAN_PROD } ScanFunction;
typedef enum RowFunction { ROW_SOFTMAX, ROW_LOG_SOFTMAX, ROW_SPARSEMAX } RowFunction;

/* Of OP_CATEGORY; the second input is a constant [n]. */
typedef enum CategoryFunction {
    CATEGORY_BUCKET, /* how many of the sorted boundaries (x's type) x is not below; all for NaN */
    CATEGORY_FIND,   /* where x stands among sorted int64 keys, -1: nowhere */
    CATEGORY_HASH    /* of x's decimal text; int64 {buckets, 1: SipHash or 0: FarmHash, SipHash's key of 2} */
} CategoryFunction;

typedef struct Conv2dAttrs {
    int64_t stride[2], dilation[2];
    int64_t pad[4]; /* top, left, bottom, right: explicit ("same" is resolved by the shape rule) */
    int64_t groups;
} Conv2dAttrs;

/* Three axes: depth, height, width. */
typedef struct Conv3dAttrs {
    int64_t stride[3], dilation[3]; /* CONV_TRANSPOSE: no dilation */
    int64_t pad[6]; /* before, then after; CONV_TRANSPOSE: what is cut off the whole result (less
                       than 0: zeros added) */
    int64_t groups; /* CONV3D only */
} Conv3dAttrs;

typedef struct Pool2dAttrs {
    enum {
        POOL_MAX,
        POOL_AVG
    } function; /* AVG divides by the number of real elements, padding not counted */
    int64_t size[2], stride[2], pad[4];
} Pool2dAttrs;

/* The order is the runtime's (reference.h, lmrt_cell). Gates are in Keras' order: i f c o; z r h. */
typedef enum RecurrentCell { CELL_SIMPLE_RNN, CELL_LSTM, CELL_GRU, CELL_GRU_RESET_BEFORE } RecurrentCell;

/* How a sparse input is given: lamina.h's lamina_csr or lamina_coo. */
typedef enum SparseFormat { SPARSE_NONE, SPARSE_CSR, SPARSE_COO } SparseFormat;

/* Function applied to the result of a compute op before it is stored (fused activation). */
typedef struct Epilogue {
    UnaryFunction function; /* UNARY_LINEAR: none */
    double parameter[3];
    bool residual; /* the op's last input is added before the function */
} Epilogue;

/* The inputs of an OP_RECURRENT are x (the projection of all steps), the recurrent kernel [units][gates *
 * units], and those of these that there are: the recurrent bias, the initial states h (and c), the mask
 * [b][steps]. The result is [b][steps][units] or [b][units]; with `states`, [b][outputs, then h (and c)] in
 * one row. */
typedef struct RecurrentAttrs {
    RecurrentCell cell;
    int64_t units;
    Epilogue activation, recurrent_activation;
    bool sequences, states; /* outputs of all steps, not of the last only; the final states behind them */
    bool backwards, flip;   /* from the last step on; outputs in the order of time all the same */
    bool zero_output;       /* of masked steps; else they repeat the output before */
    bool zero_as_given;     /* by mask[step], even backwards: Keras' unroll=True */
    bool has_bias, has_initial, has_mask;
} RecurrentAttrs;

/* Data of an OP_CONSTANT: `shape_count` elements of the op's dtype, row-major. */
typedef struct Constant {
    const void *data;
    const Weight *weight; /* where it comes from, or NULL for a literal or folded one */
} Constant;

/* How int8 numbers q stand for real ones: scale * (q - zero). */
typedef struct Quantization {
    double scale; /* a float32; 0: the op is not quantised */
    int32_t zero;
} Quantization;

/* A real factor: multiplier / 2^shift. */
typedef struct FixedFactor {
    int32_t multiplier, shift;
} FixedFactor;

/* How an op computes on int8 inputs and gives int8 (docs/quantization.md): its exact result, in whole numbers,
 * times a factor. DENSE, CONV2D, DEPTHWISE_CONV2D (int8 kernel, int32 bias), BINARY add and mul, POOL2D average
 * (no factor), REDUCE mean. */
typedef struct Rescale {
    int32_t x_zero, y_zero, low, high;
    const FixedFactor *factors; /* one for each channel of an op with a kernel; else one */
    int32_t r_zero;        /* the residual, or the second operand */
    FixedFactor r_factor;
} Rescale;

struct Op {
    uint32_t id;     /* position in Ir.ops after ir_renumber */
    uint32_t n_uses; /* how many inputs and outputs it is, as of ir_renumber */
    OpKind kind;
    Shape shape;
    DType dtype;
    const char *name;   /* the user's layer (or weight) name; unique after ir_renumber is not promised */
    const Node *origin; /* the layer call it came from: names the user's layer and line; NULL for weights */
    const Node *call;   /* the same, or what it is inside of: the call in the model that is compiled; or NULL */
    Op **inputs;
    size_t n_inputs;
    Op *replacement; /* during a pass: what stands for it from now on */
    Epilogue epilogue;
    Quantization quantization; /* of an int8 result; of DEQUANTIZE: of its input */
    const Rescale *rescale;    /* of ops that compute on int8; the epilogue is then the residual at most */
    union {
        struct {
            size_t index;
            SparseFormat sparse; /* what the caller's pointer is to */
        } input;
        Constant constant;
        Conv2dAttrs conv2d; /* CONV2D, DEPTHWISE_CONV2D (groups unused) */
        Conv3dAttrs conv3d; /* CONV3D, CONV_TRANSPOSE */
        Pool2dAttrs pool2d;
        RecurrentAttrs recurrent;
        struct {
            UnaryFunction function;
            double parameter[3];
        } unary;
        BinaryFunction binary;
        struct {
            ReduceFunction function;
            uint32_t axes;
            bool keepdims;
        } reduce; /* axes: bit i = axis i */
        struct {
            CategoryFunction function;
        } category;
        struct {
            bool smallest;
            int axis;
        } arg; /* the first of equals; a zero is larger than a negative one, NaN is never chosen before others
                */
        struct {
            ScanFunction function;
            int axis;
        } scan;
        struct {
            RowFunction function;
            uint32_t axes;
        } row; /* more than one axis: as one flattened axis */
        struct {
            uint32_t axes;
            double epsilon;
        } normalize;
        struct {
            int axis;
        } concat, resample;
        struct {
            int64_t begin[SHAPE_MAX_RANK], step[SHAPE_MAX_RANK];
        } slice; /* extents are the op's shape */
        struct {
            int64_t before[SHAPE_MAX_RANK], after[SHAPE_MAX_RANK];
            double value;
        } pad;
        struct {
            int perm[SHAPE_MAX_RANK];
        } transpose;
        struct {
            int axis;
            int64_t count;
        } repeat; /* each element `count` times in a row (nearest upsampling) */
        struct {
            bool transpose_b;
        } matmul;
        struct {
            int axis;
        } gather;
        const ExternalLayer *external; /* the shape is the op's own */
    } as;
};

enum { IR_MAX_OPEN = 4 };

/* A tensor that a stateful layer keeps from run to run: read is its OP_STATE, next what the run leaves in it.
 */
typedef struct IrState {
    const void *owner; /* the layer, and which of its states */
    size_t slot;
    Op *read, *next;
} IrState;

struct Ir {
    Arena *arena;
    Diagnostics *diags;
    const char *model_name;
    VEC(Op *) ops; /* in order of execution, constants and inputs included */
    VEC(IrState) states;
    Op **inputs; /* the Model's inputs, in its order */
    const char **input_names;
    size_t n_inputs;
    Op **outputs; /* repeats allowed */
    const char **output_names;
    const SourceRange *input_at, *output_at;
    size_t n_outputs;
    int64_t
        open[IR_MAX_OPEN]; /* sample extents of dimensions that are known only at run time: no constant may */
    size_t n_open;         /* have such an extent, no choice may hang on it */
    bool broken; /* a builder has reported something: what was built after it is not to be trusted */
};

/* True where the extent is the sample of a run-time dimension. */
static inline bool ir_is_open(const Ir *ir, int64_t extent) {
    for (size_t i = 0; i < ir->n_open; i++)
        if (ir->open[i] == extent) return true;
    return false;
}

Ir *ir_new(Arena *arena, Diagnostics *diags);

/* ---- builders: each appends an op and computes its shape and dtype from its inputs. `origin` may be NULL.
 * ---- Shapes are the caller's promise (the layers' shape rules have checked them); a broken one is E900. */
typedef struct Lowering Lowering;
struct Lowering { /* the Ir under construction, and what was made already; filled by lower/lower.c */
    Ir *ir;
    Graph *graph;
    const Node *call;               /* of the ops that are made now (Op.call) */
    SparseFormat sparse;            /* of sparse inputs of rank 2; those of higher ranks are SPARSE_COO */
    const void *const *weight_data; /* by Weight.id: the values, row-major, in the weight's dtype */
    Op **weight_ops;                /* by Weight.id: memo of ir_weight */
    Op **tensor_ops;                /* by Tensor.id: the op that computes it, in the model being lowered */
    Op **mask_ops;                  /* by Tensor.id: its mask, or NULL (layers/masks.h) */
    /* Lowers a node that is not of the model itself: a wrapper's call of its layer. */
    bool (*lower_inner)(Lowering *l, const Node *node, Op *const *inputs, Op **outputs);
};

/* A call of the user's function; inputs are data, then weights: with the output at most EXTERNAL_MAX_POINTERS. */
Op *ir_external(Lowering *l, const Node *origin, const ExternalLayer *external, Op *const *inputs, size_t n,
                const Shape *shape, DType dtype);
/* The index-th argument of the generated function; the caller puts it into ir->inputs. */
Op *ir_input(Lowering *l, const Node *origin, const char *name, const Shape *shape, DType dtype,
             size_t index);
/* What the state holds now: at first an OP_STATE, then what was given for it. */
Op *ir_state(Lowering *l, const Node *origin, const void *owner, size_t slot, const Shape *shape,
             DType dtype);
void ir_set_state(Lowering *l, const void *owner, size_t slot, Op *next);
Op *ir_constant(Lowering *l, const Node *origin, const char *name, const Shape *shape, DType dtype,
                const void *data);
/* The dense value of a sparse input op. */
Op *ir_densify(Lowering *l, const Node *origin, Op *input);
/* The constant of a weight; the same Op for the same weight. */
Op *ir_weight(Lowering *l, const Weight *weight);
Op *ir_scalar(Lowering *l, const Node *origin, double value); /* float32, rank 0 */
Op *ir_dense(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias /* or NULL */);
Op *ir_conv2d(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias, const Conv2dAttrs *attrs);
Op *ir_conv3d(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias, const Conv3dAttrs *attrs);
Op *ir_conv_transpose(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias, const Conv3dAttrs *attrs);
Op *ir_depthwise_conv2d(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias,
                        const Conv2dAttrs *attrs);
Op *ir_pool2d(Lowering *l, const Node *origin, Op *x, const Pool2dAttrs *attrs);
/* starts [n] int32 and weights [n][taps] float64 are constants; all starts[i] + k lie inside the axis. */
Op *ir_resample(Lowering *l, const Node *origin, Op *x, Op *starts, Op *weights, int axis);
/* bias, initial (h, or h and c) and mask may be NULL; attrs' has_... fields are filled in here. */
Op *ir_recurrent(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias, Op *const *initial, Op *mask,
                 const RecurrentAttrs *attrs);
/* Gates of a cell, and its states. */
int recurrent_gates(RecurrentCell cell);
int recurrent_states(RecurrentCell cell);
/* The op's bias, first initial state, mask; NULL where there is none. */
Op *recurrent_bias(const Op *op);
Op *recurrent_initial(const Op *op, int state);
Op *recurrent_mask(const Op *op);
Op *ir_unary(Lowering *l, const Node *origin, Op *x, UnaryFunction function, double p0, double p1, double p2);
Op *ir_binary(Lowering *l, const Node *origin, BinaryFunction function, Op *a, Op *b);
/* a where the condition (bool) holds, else b; all three are broadcast. */
Op *ir_select(Lowering *l, const Node *origin, Op *condition, Op *a, Op *b);
/* y = x * scale + shift over the last axis; scale and shift are constants of shape [channels]. */
Op *ir_affine(Lowering *l, const Node *origin, Op *x, Op *scale, Op *shift);
Op *ir_reduce(Lowering *l, const Node *origin, Op *x, ReduceFunction function, uint32_t axes, bool keepdims);
/* The axis is left out of the result. */
Op *ir_arg(Lowering *l, const Node *origin, Op *x, bool smallest, int axis);
Op *ir_scan(Lowering *l, const Node *origin, Op *x, ScanFunction function, int axis);
Op *ir_row(Lowering *l, const Node *origin, Op *x, RowFunction function, uint32_t axes);
/* (x - mean) / sqrt(variance + epsilon) over the axes; scale and offset follow as binary ops. */
Op *ir_normalize(Lowering *l, const Node *origin, Op *x, uint32_t axes, double epsilon);
Op *ir_concat(Lowering *l, const Node *origin, Op *const *inputs, size_t n, int axis);
Op *ir_slice(Lowering *l, const Node *origin, Op *x, const int64_t *begin, const int64_t *extent,
             const int64_t *step);
/* Along one axis: `extent` elements from `begin` on; the other axes whole. */
Op *ir_slice_axis(Lowering *l, const Node *origin, Op *x, int axis, int64_t begin, int64_t extent);
Op *ir_pad(Lowering *l, const Node *origin, Op *x, const int64_t *before, const int64_t *after, double value);
Op *ir_reshape(Lowering *l, const Node *origin, Op *x, const Shape *shape);
Op *ir_transpose(Lowering *l, const Node *origin, Op *x, const int *perm);
Op *ir_broadcast(Lowering *l, const Node *origin, Op *x, const Shape *shape);
Op *ir_repeat(Lowering *l, const Node *origin, Op *x, int axis, int64_t count);
Op *ir_matmul(Lowering *l, const Node *origin, Op *a, Op *b, bool transpose_b); /* numpy's matmul, batched */
/* Rows of the table; out of range: LAMINA_E_INDEX. */
Op *ir_gather(Lowering *l, const Node *origin, Op *table, Op *ids);
/* The same along another axis, which the axes of the ids replace. */
Op *ir_gather_along(Lowering *l, const Node *origin, Op *table, Op *ids, int axis);
Op *ir_category(Lowering *l, const Node *origin, CategoryFunction function, Op *x, Op *table);
Op *ir_cast(Lowering *l, const Node *origin, Op *x, DType dtype); /* x itself where it has that dtype */
Op *ir_quantize(Lowering *l, const Node *origin, Op *x, Quantization quantization);
Op *ir_dequantize(Lowering *l, const Node *origin, Op *x);
/* table: int8 [256]. */
Op *ir_table(Lowering *l, const Node *origin, Op *x, Op *table, Quantization quantization);

/* Drops ops that no output needs (inputs stay) and numbers the rest. */
void ir_renumber(Ir *ir);
bool ir_verify(const Ir *ir);
/* The text form, one op a line with its layer and source line (`--print-after=lower` and the passes). */
void ir_print(const Ir *ir, const Sources *sources, FILE *out);
/* "conv_1, vww.lam:12": the user's layer and its line. */
const char *ir_origin_text(Arena *arena, const Sources *sources, const Op *op);
const char *op_kind_name(OpKind kind);
/* What an op of one kind for many functions computes: "softmax", "mean"; else the kind's name. */
const char *op_function_name(const Op *op);
const char *unary_function_name(UnaryFunction function);
int unary_function_parameters(UnaryFunction function);
const char *binary_function_name(BinaryFunction function);
const char *reduce_function_name(ReduceFunction function);
const char *row_function_name(RowFunction function);
/* True for the kinds whose result an epilogue may change before it is stored. */
bool op_may_have_epilogue(OpKind kind);
/* Multiply-accumulate operations of products (matrices, kernels), for one sample where the batch is open; other
 * ops have none. False where the number does not fit. */
bool ir_op_macs(const Op *op, int64_t *macs);
Op *op_bias(const Op *op);     /* of a linear op; NULL where there is none */
Op *op_residual(const Op *op); /* NULL where there is none */

/* The rule of an op: its shape and dtype as they follow from its inputs and attributes. */
typedef enum RuleResult {
    RULE_OK,
    RULE_BATCH, /* correct, but it mixes the unknown batch into another axis: cannot be compiled yet */
    RULE_BROKEN /* what the layers' shape rules should have refused */
} RuleResult;
/* For OP_INPUT, CONSTANT, RESHAPE, BROADCAST, SLICE and CAST the given op->shape (or dtype) is checked and
 * handed back. *why tells what is wrong, without a full stop. */
RuleResult ir_rule(const Op *op, Shape *shape, DType *dtype, const char **why);

#endif
