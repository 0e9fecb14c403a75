/* plan_storage: which values share storage, and in which buffer each is.
 *
 * A reshape is its input, seen differently. Elementwise ops work in place where nothing needs their input
 * afterwards. A group of values that holds an output is computed in the caller's output array; all others go
 * to the workspace.
 */
#include "plan/planner.h"

bool op_is_batched(const Op *op) {
    return op->shape.rank > 0 && op->shape.dim[0] == DIM_UNKNOWN;
}

int64_t op_extent(const Op *op, int first, int last) {
    int64_t count = 1; /* cannot overflow: ir_rule has counted all elements */
    for (int i = first; i < last; i++)
        if (op->shape.dim[i] != DIM_UNKNOWN) count *= op->shape.dim[i];
    return count;
}

static bool same_storage_size(const Op *a, const Op *b) {
    return a->dtype == b->dtype && op_is_batched(a) == op_is_batched(b) &&
           op_extent(a, 0, a->shape.rank) == op_extent(b, 0, b->shape.rank);
}

/* True for ops that are their input, bit for bit. */
static bool is_view(const Op *op) {
    return op->kind == OP_RESHAPE || (op->kind == OP_UNARY && op->as.unary.function == UNARY_LINEAR) ||
           (op->kind == OP_CAST && op->inputs[0]->dtype == op->dtype);
}

/* The input that the op's kernel may overwrite with the result, `choice` = 0, 1, ...; NULL: no (more) such
 * input. */
static const Op *overwritable(const Op *op, size_t choice) {
    switch (op->kind) {
    case OP_UNARY:
    case OP_TABLE:
    case OP_SCAN:
    case OP_ROW: return choice == 0 ? op->inputs[0] : NULL;
    case OP_AFFINE: return choice == 0 ? op->inputs[0] : choice == 1 ? op_residual(op) : NULL;
    case OP_BINARY:
        if (choice > 1 || !shape_equal(&op->inputs[choice]->shape, &op->shape)) return NULL;
        return op->inputs[choice];
    case OP_DENSE:
    case OP_CONV2D:
    case OP_CONV3D:
    case OP_CONV_TRANSPOSE:
    case OP_DEPTHWISE_CONV2D: return choice == 0 ? op_residual(op) : NULL;
    default: return NULL;
    }
}

/* How many inputs of the op are in that storage: an op that reads it twice may not overwrite it. */
static size_t reads_of(const Planner *p, const Op *op, uint32_t root) {
    size_t reads = 0;
    for (size_t i = 0; i < op->n_inputs; i++) reads += p->root[op->inputs[i]->id] == root;
    return reads;
}

static bool may_overwrite(const Planner *p, const Op *op, const Op *input) {
    const uint32_t root = p->root[input->id];
    const Op *owner = p->ir->ops.at[root];
    return owner->kind != OP_INPUT && owner->kind != OP_STATE && owner->kind != OP_CONSTANT &&
           same_storage_size(op, input) && reads_of(p, op, root) == 1 && p->storage_use[root] == op->id;
}

static uint32_t root_of(const Planner *p, const Op *op) {
    if (is_view(op)) return p->root[op->inputs[0]->id];
    const Op *input;
    for (size_t choice = 0; (input = overwritable(op, choice)) || choice < 2; choice++)
        if (input && may_overwrite(p, op, input)) return p->root[input->id];
    return op->id;
}

static void find_root(Planner *p, const Op *op) {
    const uint32_t root = root_of(p, op);
    p->root[op->id] = root;
    if (p->last_use[op->id] > p->storage_use[root]) p->storage_use[root] = p->last_use[op->id];
}

static void find_last_uses(Planner *p) {
    const Ir *ir = p->ir;
    for (size_t i = 0; i < ir->ops.count; i++) {
        p->last_use[i] = i;
        for (size_t k = 0; k < ir->ops.at[i]->n_inputs; k++) p->last_use[ir->ops.at[i]->inputs[k]->id] = i;
    }
    for (size_t i = 0; i < ir->n_outputs; i++) p->last_use[ir->outputs[i]->id] = ir->ops.count;
    for (size_t i = 0; i < ir->states.count; i++) p->last_use[ir->states.at[i].next->id] = ir->ops.count;
}

/* The caller's memory for states: one after another. */
static void make_states(Planner *p) {
    Program *program = p->program;
    for (size_t i = 0; i < p->ir->states.count; i++) {
        const Op *op = p->ir->states.at[i].read;
        const int64_t count = op_extent(op, 0, op->shape.rank);
        Buffer *buffer = planner_new_buffer(p, BUFFER_STATE, op, op->dtype, false, count);
        buffer->index = i;
        buffer->offset = program->state_bytes;
        buffer->bytes = ((size_t)count * dtype_size(op->dtype) + STATE_SLOT - 1) / STATE_SLOT * STATE_SLOT;
        program->state_bytes += buffer->bytes;
        p->buffer[op->id] = buffer;
    }
}

static void make_arguments(Planner *p) {
    Program *program = p->program;
    const Ir *ir = p->ir;
    program->n_inputs = ir->n_inputs;
    program->inputs = ARENA_ARRAY(program->arena, Buffer *, ir->n_inputs);
    for (size_t i = 0; i < ir->n_inputs; i++) {
        const Op *op = ir->inputs[i];
        Buffer *buffer = planner_new_buffer(p, BUFFER_INPUT, op, op->dtype, op_is_batched(op),
                                            op_extent(op, 0, op->shape.rank));
        buffer->index = i;
        buffer->sparse = op->as.input.sparse;
        buffer->name = ir->input_names[i];
        program->inputs[i] = p->buffer[op->id] = buffer;
    }
    program->n_outputs = ir->n_outputs;
    program->outputs = ARENA_ARRAY(program->arena, Buffer *, ir->n_outputs);
    for (size_t i = 0; i < ir->n_outputs; i++) {
        const Op *op = ir->outputs[i];
        Buffer *buffer = planner_new_buffer(p, BUFFER_OUTPUT, op, op->dtype, op_is_batched(op),
                                            op_extent(op, 0, op->shape.rank));
        buffer->index = i;
        buffer->name = ir->output_names[i];
        program->outputs[i] = buffer;
        const Op *owner = ir->ops.at[p->root[op->id]];
        if (owner->kind != OP_INPUT && owner->kind != OP_STATE && owner->kind != OP_CONSTANT &&
            !p->buffer[owner->id])
            p->buffer[owner->id] = buffer;
    }
}

void plan_storage(Planner *p) {
    find_last_uses(p);
    for (size_t i = 0; i < p->ir->ops.count; i++) find_root(p, p->ir->ops.at[i]);
    make_arguments(p);
    make_states(p);
}

Buffer *planner_value(Planner *p, const Op *op) {
    const Op *owner = p->ir->ops.at[p->root[op->id]];
    Buffer **buffer = &p->buffer[owner->id];
    if (*buffer) return *buffer;
    const int64_t count = op_extent(owner, 0, owner->shape.rank);
    if (owner->kind == OP_CONSTANT)
        *buffer = planner_constant(p, owner, owner->name, NULL, owner->dtype, count, owner->as.constant.data);
    else
        *buffer = planner_new_buffer(p, BUFFER_WORKSPACE, owner, owner->dtype, op_is_batched(owner), count);
    return *buffer;
}
