/* The planner: Ir in, Program out. Legalize, decide storage, make the steps op by op, lay out memory, choose
 * the chunk. */
#include "plan/planner.h"

enum {
    LARGEST_CHUNK = 32,       /* rows that keep a matrix kernel busy */
    RECURRENT_CHUNK = 8,      /* rows that share each step's reading of the weights, and hide its latency */
    CACHE_BYTES = 256 * 1024, /* what a chunk's values may fill */
    ALL_SAMPLES = 1 << 30,    /* a chunk that any batch fits in */
    WEIGHT_SHARE = 32         /* or this part of the weights, which every chunk reads once */
};

static const size_t LARGEST_WORKSPACE = (size_t)1 << 40;

static void (*const planners[OP_KIND_COUNT])(Planner *, const Op *) = {
    [OP_DENSE] = plan_linear,
    [OP_CONV2D] = plan_linear,
    [OP_DEPTHWISE_CONV2D] = plan_linear,
    [OP_DENSIFY] = plan_sparse,
    [OP_SPARSE_DENSE] = plan_sparse,
    [OP_AFFINE] = plan_linear,
    [OP_POOL2D] = plan_window,
    [OP_UNARY] = plan_elementwise,
    [OP_BINARY] = plan_elementwise,
    [OP_CAST] = plan_elementwise,
    [OP_REDUCE] = plan_axes,
    [OP_ROW] = plan_axes,
    [OP_NORMALIZE] = plan_axes,
    [OP_CONCAT] = plan_movement,
    [OP_SLICE] = plan_movement,
    [OP_PAD] = plan_movement,
    [OP_TRANSPOSE] = plan_movement,
    [OP_BROADCAST] = plan_movement,
    [OP_REPEAT] = plan_movement,
    [OP_MATMUL] = plan_matmul,
    [OP_GATHER] = plan_gather,
    [OP_SELECT] = plan_select,
    [OP_ARG] = plan_axes,
    [OP_CATEGORY] = plan_category,
    [OP_SCAN] = plan_axes,
    [OP_RESAMPLE] = plan_resample,
    [OP_CONV3D] = plan_volume,
    [OP_CONV_TRANSPOSE] = plan_volume,
    [OP_RECURRENT] = plan_recurrent,
    [OP_EXTERNAL] = plan_external,
    [OP_QUANTIZE] = plan_int8,
    [OP_DEQUANTIZE] = plan_int8,
    [OP_TABLE] = plan_int8,
};

void plan_op(Planner *p, const Op *op) {
    if (op->rescale && op->kind != OP_POOL2D)
        plan_int8(p, op);
    else if (planners[op->kind])
        planners[op->kind](p, op);
}

/* Outputs whose value stands elsewhere: inputs handed through, constants, one value given twice. */
static void plan_output_copies(Planner *p) {
    for (size_t i = 0; i < p->ir->n_outputs; i++) {
        const Op *op = p->ir->outputs[i];
        const Buffer *value = planner_value(p, op);
        if (value != p->program->outputs[i]) plan_whole_copy(p, op, value, p->program->outputs[i]);
    }
}

/* What the run leaves in the states, once all that reads them is done. */
static void plan_state_stores(Planner *p) {
    for (size_t i = 0; i < p->ir->states.count; i++) {
        const IrState *state = &p->ir->states.at[i];
        const Buffer *value = planner_value(p, state->next), *kept = planner_value(p, state->read);
        if (value != kept) plan_whole_copy(p, state->next, value, kept);
    }
}

static size_t constant_bytes(const Program *program) {
    size_t bytes = 0;
    for (size_t i = 0; i < program->constants.count; i++)
        bytes += (size_t)program->constants.at[i]->count * dtype_size(program->constants.at[i]->dtype);
    return bytes;
}

static bool is_recurrent(const Ir *ir) {
    for (size_t i = 0; i < ir->ops.count; i++)
        if (ir->ops.at[i]->kind == OP_RECURRENT) return true;
    return false;
}

/* Many samples at a time share each read of the weights; too many push each other out of the cache. */
static int64_t choose_chunk(const Program *program, size_t values) {
    const size_t share = constant_bytes(program) / WEIGHT_SHARE;
    const size_t budget = share > CACHE_BYTES ? share : CACHE_BYTES;
    int64_t chunk = is_recurrent(program->ir) ? RECURRENT_CHUNK : 1;
    while (chunk < LARGEST_CHUNK && (size_t)(chunk * 2) * values <= budget) chunk *= 2;
    return chunk;
}

static void choose_batch(const Planner *planner, const PlanOptions *options) {
    Program *program = planner->program;
    const size_t all = program->workspace_bytes,
                 values = all > planner->scratch ? all - planner->scratch : all;
    const Ir *ir = program->ir;
    const Op *first = ir->n_inputs ? ir->inputs[0] : NULL;
    program->open_batch = first && op_is_batched(first);
    program->static_batch = first && !program->open_batch && first->shape.rank > 0 ? first->shape.dim[0] : 1;
    if (!program->open_batch) return;
    bool coo = false; /* in no order: all samples are found in one go */
    for (size_t i = 0; i < program->n_inputs; i++) coo |= program->inputs[i]->sparse == SPARSE_COO;
    if (coo)
        program->chunk = program->workspace_bytes ? ALL_SAMPLES : 0;
    else if (program->n_dims > 0)
        program->chunk = 1; /* rows come with the run-time dimensions */
    else if (options->chunk > 0)
        program->chunk = options->chunk;
    else
        program->chunk = program->workspace_bytes ? choose_chunk(program, values) : 0;
}

/* E606, at the layer that makes the largest value. */
static Program *refuse_memory(const Program *program) {
    const Buffer *largest = NULL;
    for (size_t i = 0; i < program->buffers.count; i++) {
        const Buffer *buffer = program->buffers.at[i];
        if (buffer->kind == BUFFER_WORKSPACE && (!largest || buffer->bytes > largest->bytes))
            largest = buffer;
    }
    const Op *op = largest ? largest->origin : NULL;
    diag_report(program->ir->diags, E606, op && op->origin ? op->origin->at : NO_SOURCE,
                "the model needs %zu bytes of workspace; the largest value, of \"%s\", has %zu",
                program->workspace_bytes, largest ? largest->name : "", largest ? largest->bytes : 0);
    return NULL;
}

Program *plan_program(Arena *arena, Ir *ir, const PlanOptions *options) {
    if (!plan_legalize(ir)) return NULL;
    Program *program = ARENA_NEW(arena, Program);
    program->arena = arena;
    program->ir = ir;
    program->n_dims = options->n_dims;
    for (size_t i = 0; i < options->n_dims; i++) program->dims[i] = options->dims[i];
    program->threads = options->threads;
    program->task_work = options->task_work;
    Planner planner = {.program = program, .ir = ir, .conv = options->conv, .lanes = options->lanes};
    const size_t n = ir->ops.count;
    planner.root = ARENA_ARRAY(arena, uint32_t, n);
    planner.last_use = ARENA_ARRAY(arena, size_t, n);
    planner.storage_use = ARENA_ARRAY(arena, size_t, n);
    planner.packed_first = ARENA_ARRAY(arena, size_t, n);
    planner.buffer = ARENA_ARRAY(arena, Buffer *, n);
    plan_storage(&planner);
    for (size_t i = 0; i < n; i++) plan_op(&planner, ir->ops.at[i]);
    plan_output_copies(&planner);
    plan_state_stores(&planner);
    if (planner.failed) return NULL;
    if (program->n_dims == 0) plan_memory(program); /* else by plan_dims */
    if (program->workspace_bytes > LARGEST_WORKSPACE) return refuse_memory(program);
    choose_batch(&planner, options);
    plan_parts(program);
    return program;
}
