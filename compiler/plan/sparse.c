/* Sparse inputs: dense layers that read them as they are, and the making dense of those that others read.
 *
 * A sparse input stands in the Ir as a densify op, so that every layer has a meaning on it; here a dense op
 * on it, however reshaped or scaled, or on a concatenation with it, becomes a sum over what is stored.
 */
#include "plan/planner.h"

/* Zeros stay zeros: one scale per channel, no shift. */
static bool is_scale(const Op *op) {
    if (op->kind != OP_AFFINE || !op_is_plain(op)) return false;
    const float *shift = op_floats(op->inputs[2]);
    const int64_t channels = op->shape.dim[op->shape.rank - 1];
    for (int64_t i = 0; shift && i < channels; i++)
        if (shift[i] != 0.0f) return false;
    return shift && op_floats(op->inputs[1]);
}

/* The densify op behind reshapes and scales, or NULL. Rows of k elements must be whole lists of channels. */
static const Op *sparse_source(const Op *op, int64_t k) {
    while (op->kind == OP_RESHAPE || (is_scale(op) && k % op->shape.dim[op->shape.rank - 1] == 0))
        op = op->inputs[0];
    return op->kind == OP_DENSIFY ? op : NULL;
}

/* The kernel with the scales between the dense op and the input in its rows. */
static Op *scaled_kernel(Rewriter *r, const Op *op) {
    Op *kernel = op->inputs[1];
    const int64_t k = kernel->shape.dim[0], n = kernel->shape.dim[1];
    for (const Op *x = op->inputs[0]; x->kind != OP_DENSIFY; x = x->inputs[0]) {
        if (x->kind == OP_RESHAPE) continue;
        const float *from = op_floats(kernel), *scale = op_floats(x->inputs[1]);
        const int64_t channels = x->shape.dim[x->shape.rank - 1];
        float *to;
        kernel = rewrite_new_floats(r, op, kernel->name, &kernel->shape, &to);
        for (int64_t i = 0; i < k * n; i++) to[i] = from[i] * scale[i / n % channels];
    }
    return kernel;
}

static Op *sparse_dense(Rewriter *r, const Op *op, const Op *densify) {
    Op **inputs = ARENA_ARRAY(r->ir->arena, Op *, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) inputs[i] = op->inputs[i];
    inputs[0] = densify->inputs[0];
    inputs[1] = scaled_kernel(r, op);
    Op *made = rewrite_copy(r, op, inputs, op->n_inputs);
    made->kind = OP_SPARSE_DENSE;
    return made;
}

/* Rows [first, first + count) of a kernel. */
static Op *kernel_rows(Rewriter *r, const Op *op, int64_t first, int64_t count) {
    const Op *kernel = op->inputs[1];
    const Shape shape = {.rank = 2, .dim = {count, kernel->shape.dim[1]}};
    const float *data = (const float *)kernel->as.constant.data + first * kernel->shape.dim[1];
    const char *name = arena_printf(r->ir->arena, "%s rows from %lld", kernel->name, (long long)first);
    return ir_constant(&r->lowering, op->origin, name, &shape, DTYPE_FLOAT32, data);
}

/* dense(concat(a, b)) = dense(a) + dense(b), each with its rows of the kernel; the last has the activation.
 */
static Op *split_concat(Rewriter *r, const Op *op) {
    const Op *concat = op->inputs[0];
    Op *sum = op_residual(op);
    int64_t first = 0;
    for (size_t i = 0; i < concat->n_inputs; i++) {
        Op *part = concat->inputs[i];
        const int64_t count = part->shape.dim[part->shape.rank - 1];
        Op *inputs[4] = {part, kernel_rows(r, op, first, count)};
        size_t n = 2;
        if (i == 0 && op_bias(op)) inputs[n++] = op_bias(op);
        Op *made = ir_dense(&r->lowering, op->origin, part, inputs[1], n > 2 ? inputs[2] : NULL);
        if (i + 1 == concat->n_inputs) made->epilogue = op->epilogue;
        made->epilogue.residual = sum != NULL;
        if (sum) inputs[n++] = sum;
        made->inputs = ARENA_ARRAY(r->ir->arena, Op *, n);
        for (size_t k = 0; k < n; k++) made->inputs[k] = inputs[k];
        made->n_inputs = n;
        sum = made;
        first += count;
    }
    return sum;
}

Op *legalize_sparse_dense(Rewriter *r, Op *op) {
    if (op->kind != OP_DENSE || op->inputs[1]->kind != OP_CONSTANT || op->dtype != DTYPE_FLOAT32) return NULL;
    const Op *x = op->inputs[0], *densify = sparse_source(x, x->shape.dim[x->shape.rank - 1]);
    if (densify && op->shape.rank > 1) return sparse_dense(r, op, densify);
    if (x->kind != OP_CONCAT || x->as.concat.axis != x->shape.rank - 1) return NULL;
    bool any = false;
    for (size_t i = 0; i < x->n_inputs; i++) {
        const Op *part = x->inputs[i];
        any |= sparse_source(part, part->shape.dim[part->shape.rank - 1]) != NULL;
    }
    return any ? split_concat(r, op) : NULL;
}

/* ---- steps ---- */

static const char *kernel_name(Planner *p, const Op *input, const char *what, const char *suffix) {
    const char *format = input->as.input.sparse == SPARSE_CSR ? "csr" : "coo";
    return arena_printf(p->program->arena, "%s_%s%s", what, format, suffix);
}

static Descriptor *sparse_fields(Planner *p, Step *step, const Op *input, int64_t rows, int64_t k,
                                 int64_t n) {
    Descriptor *d = step_descriptor(p, step, "lmrt_sparse");
    descriptor_size(d, "rows", rows);
    descriptor_size(d, "k", k);
    descriptor_size(d, "n", n);
    descriptor_size(d, "rank", input->shape.rank - 1);
    descriptor_list(d, "extent", input->shape.dim + 1, input->shape.rank - 1);
    return d;
}

/* The samples of the chunk, or all of a fixed batch. */
static void samples_of(Step *step, const Op *input) {
    step_start(step);
    step_count(step, op_is_batched(input), op_is_batched(input) ? 1 : input->shape.dim[0]);
}

static bool is_checked(const Planner *p, const Op *input) {
    for (size_t i = 0; i < p->program->checks.count; i++)
        if (p->program->checks.at[i].origin == input) return true;
    return false;
}

/* Once for an input, before anything is written. */
static void check_input(Planner *p, const Op *input) {
    if (is_checked(p, input)) return;
    Arena *arena = p->program->arena;
    Step check = {.kernel = kernel_name(p, input, "check", ""),
                  .origin = input,
                  .note = "check of the indices",
                  .may_fail = true,
                  .rounds = {.factor = 1}};
    step_count(&check, op_is_batched(input), op_is_batched(input) ? 1 : input->shape.dim[0]);
    if (input->as.input.sparse == SPARSE_CSR) {
        step_count(&check, false, input->shape.dim[1]);
    } else {
        const int rank = input->shape.rank - 1;
        int64_t *extent = ARENA_ARRAY(arena, int64_t, (size_t)rank);
        for (int i = 0; i < rank; i++) extent[i] = input->shape.dim[i + 1];
        const char *name = arena_printf(arena, "%s extents", input->name);
        step_count(&check, false, rank);
        step_buffer(&check, planner_constant(p, input, name, NULL, DTYPE_INT64, rank, extent), 0, 0);
    }
    step_buffer(&check, planner_value(p, input), 0, 0);
    vec_push(arena, &p->program->checks, check);
}

static void plan_densify(Planner *p, const Op *op) {
    const Op *input = op->inputs[0];
    const SourceRange at = op->origin ? op->origin->at : NO_SOURCE;
    diag_report(p->ir->diags, R640, at, "the sparse input \"%s\" is made dense for what reads it",
                input->name);
    Step *step = planner_step(p, op, kernel_name(p, input, "densify", "_f32"));
    step->note = "densify";
    sparse_fields(p, step, input, 1, op_extent(input, 1, input->shape.rank), 0);
    samples_of(step, input);
    step_buffer(step, planner_value(p, input), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

static void plan_sparse_dense(Planner *p, const Op *op) {
    const Op *input = op->inputs[0], *kernel = op->inputs[1];
    Step *step = planner_step(p, op, kernel_name(p, input, "sparse_dense", "_f32"));
    step->note = "dense on a sparse input";
    Descriptor *d = sparse_fields(p, step, input, op_extent(op, 1, op->shape.rank - 1), kernel->shape.dim[0],
                                  kernel->shape.dim[1]);
    descriptor_epilogue(d, &op->epilogue);
    samples_of(step, input);
    step_buffer(step, planner_value(p, input), 0, 0);
    step_buffer(step, planner_value(p, kernel), 0, 0);
    if (op_bias(op))
        step_buffer(step, planner_value(p, op_bias(op)), 0, 0);
    else
        step_null(step);
    if (op_residual(op))
        step_buffer(step, planner_value(p, op_residual(op)), 0, 0);
    else
        step_null(step);
    step_buffer(step, planner_value(p, op), 0, 0);
}

void plan_sparse(Planner *p, const Op *op) {
    check_input(p, op->inputs[0]);
    if (op->kind == OP_DENSIFY)
        plan_densify(p, op);
    else
        plan_sparse_dense(p, op);
}
