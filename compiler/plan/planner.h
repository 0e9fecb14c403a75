/* What the parts of the planner share: the Program under construction, and where each op's value is. */
#ifndef LAMINA_PLAN_PLANNER_H
#define LAMINA_PLAN_PLANNER_H

#include "ir/rewrite.h"
#include "plan/program.h"

/* A weight in the layout of a kernel; rows 0: depthwise. */
typedef struct Packed {
    const Op *weight;
    int64_t rows, n, groups;
    Buffer *buffer;
} Packed;

typedef struct Planner {
    Program *program;
    Ir *ir;
    uint32_t *root;       /* by Op.id: the op whose storage it shares (itself where it has its own) */
    size_t *last_use;     /* by Op.id: position of its last user; past the end for outputs */
    Buffer **buffer;      /* by Op.id of a root */
    size_t *storage_use;  /* by Op.id of a root: the latest of last_use in its storage so far */
    VEC(Packed) packed;   /* weights packed so far: a shared layer's are packed once */
    size_t *packed_first; /* by Op.id of a weight: 1 + where planner_packed put it first */
    ConvWay conv;
    int lanes;           /* of the options, as is conv */
    double weight_bytes; /* of all constants; 0: not counted yet */
    size_t scratch; /* bytes of the largest scratch of a convolution, which is for any number of samples */
    bool failed;
} Planner;

/* Rewrites what has no kernel into what has one (legalize.c). False after reporting. */
bool plan_legalize(Ir *ir);
Op *legalize_integer_binary(Rewriter *rewriter, Op *op); /* legalize_integers.c */
Op *legalize_integer_unary(Rewriter *rewriter, Op *op);
Op *legalize_double(Rewriter *rewriter, Op *op); /* double.c */
/* Decides which ops share storage and gives every value its buffer (storage.c). */
void plan_storage(Planner *planner);
/* Emits the steps of an op (steps.c and its parts). */
void plan_op(Planner *planner, const Op *op);
/* Gives workspace buffers their offsets (memory.c). */
void plan_memory(Program *program);
/* Cuts steps into parts for `threads` threads (parts.c). */
void plan_parts(Program *program);

/* ---- for the parts ---- */
Buffer *planner_value(Planner *planner, const Op *op);
/* Memory that one call of a kernel works in, named after `what` it holds; with threads, so much for each. */
Buffer *planner_scratch(Planner *planner, const Op *origin, DType dtype, int64_t count, const char *what);
Buffer *planner_new_buffer(Planner *planner, BufferKind kind, const Op *origin, DType dtype, bool batched,
                           int64_t count);
Buffer *planner_constant(Planner *planner, const Op *origin, const char *name, const char *layout,
                         DType dtype, int64_t count, const void *data);
/* A float32 weight in panels of LMRT_PANEL columns: `rows` x n, each group of n / groups columns on its own.
 */
Buffer *planner_packed(Planner *planner, const Op *weight, int64_t rows, int64_t n, int64_t groups);

Step *planner_step(Planner *planner, const Op *origin, const char *kernel);
/* The same for a function of the user's. */
Step *planner_external_step(Planner *planner, const Op *origin, const char *function);
void step_buffer(Step *step, const Buffer *buffer, int64_t offset, int64_t stride);
void step_null(Step *step);
void step_count(Step *step, bool batched, int64_t factor);
void step_start(Step *step);
void step_float(Step *step, double number);
void step_name(Step *step, const char *name);
/* A new descriptor as the next argument; the fields are added by the calls below. */
Descriptor *step_descriptor(Planner *planner, Step *step, const char *type);
void descriptor_size(Descriptor *descriptor, const char *name, int64_t value);
void descriptor_list(Descriptor *descriptor, const char *name, const int64_t *values, int n);
void descriptor_epilogue(Descriptor *descriptor, const Epilogue *epilogue);
/* The same for a field of another name. */
void descriptor_function(Descriptor *descriptor, const char *name, const Epilogue *epilogue);
/* E602: there is no kernel for `what`. */
void planner_fail(Planner *planner, const Op *op, const char *what);

bool op_is_batched(const Op *op);
/* Elements of the axes [first, last) of an op's shape, the open batch not counted. */
int64_t op_extent(const Op *op, int first, int last);

/* Drops axes of one element and joins axes that are one in all lists of strides; gives the new rank (at least
 * 1). */
int planner_coalesce(int rank, int64_t *extent, int64_t *const *strides, int n_lists);

/* The operand's stride along each axis of the result from `first` on: 0 where it is broadcast. */
void planner_broadcast_strides(const Op *operand, const Op *op, int first, int64_t *out);
/* The fields that the descriptors of all windows with weights share: kernel [h][w]..., strides, dilation,
 * padding. */
void planner_window_fields(Descriptor *d, const int64_t *kernel, const Conv2dAttrs *a);

Op *legalize_sparse_dense(Rewriter *rewriter, Op *op); /* sparse.c */
void plan_sparse(Planner *planner, const Op *op);
/* True for a line of runtime/kernels.def. */
bool planner_has_kernel(const char *name);
/* "f32" or "f64": the end of the names of the kernels for the type; NULL for the others. */
const char *planner_float_suffix(DType dtype);

/* A float64 op with weights (double.c). */
void plan_double_linear(Planner *planner, const Op *op);
/* Ops with a Rescale, and those between float32 and int8 (int8.c). */
void plan_int8(Planner *planner, const Op *op);
void plan_category(Planner *planner, const Op *op);
void plan_linear(Planner *planner, const Op *op);
/* A convolution by fewer multiplications (winograd.c); false where it is to be direct. *why: the reason for
 * either, or NULL. */
bool plan_winograd(Planner *planner, const Op *op, const char **why);
void plan_window(Planner *planner, const Op *op);
void plan_resample(Planner *planner, const Op *op);
void plan_volume(Planner *planner, const Op *op);
void plan_elementwise(Planner *planner, const Op *op);
void plan_movement(Planner *planner, const Op *op);
void plan_axes(Planner *planner, const Op *op);
void plan_matmul(Planner *planner, const Op *op);
void plan_gather(Planner *planner, const Op *op);
void plan_recurrent(Planner *planner, const Op *op);
void plan_select(Planner *planner, const Op *op);
void plan_external(Planner *planner, const Op *op);
/* dst (a whole buffer) = src (a whole buffer): outputs that are inputs, constants or other outputs. */
void plan_whole_copy(Planner *planner, const Op *op, const Buffer *from, const Buffer *to);

#endif
