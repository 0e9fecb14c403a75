/* Making steps, descriptors and buffers: the vocabulary of the planner's parts. */
#include <string.h>

#include "plan/planner.h"

Buffer *planner_scratch(Planner *p, const Op *origin, DType dtype, int64_t count, const char *what) {
    const int threads = p->program->n_dims == 0 ? p->program->threads : 0;
    Buffer *buffer =
        planner_new_buffer(p, BUFFER_WORKSPACE, origin, dtype, false, threads > 1 ? count * threads : count);
    buffer->name = arena_printf(p->program->arena, "%s %s", origin->name, what);
    buffer->slice = threads > 1 ? count : 0;
    return buffer;
}

Buffer *planner_new_buffer(Planner *p, BufferKind kind, const Op *origin, DType dtype, bool batched,
                           int64_t count) {
    Buffer *buffer = ARENA_NEW(p->program->arena, Buffer);
    *buffer =
        (Buffer){.kind = kind, .dtype = dtype, .name = origin->name, .origin = origin, .batched = batched};
    buffer->count = count;
    buffer->first = SIZE_MAX;
    vec_push(p->program->arena, &p->program->buffers, buffer);
    return buffer;
}

Buffer *planner_constant(Planner *p, const Op *origin, const char *name, const char *layout, DType dtype,
                         int64_t count, const void *data) {
    Buffer *buffer = planner_new_buffer(p, BUFFER_CONSTANT, origin, dtype, false, count);
    buffer->name = name;
    buffer->layout = layout;
    buffer->data = data;
    buffer->index = p->program->constants.count;
    vec_push(p->program->arena, &p->program->constants, buffer);
    return buffer;
}

const char *planner_float_suffix(DType dtype) {
    return dtype == DTYPE_FLOAT32 ? "f32" : dtype == DTYPE_FLOAT64 ? "f64" : NULL;
}

static Step *new_step(Planner *p, const Op *origin, const char *kernel) {
    vec_push(p->program->arena, &p->program->steps, ((Step){0}));
    Step *step = &p->program->steps.at[p->program->steps.count - 1];
    step->kernel = kernel;
    step->origin = origin;
    step->rounds.factor = 1;
    step->note = op_kind_name(origin->kind);
    return step;
}

Step *planner_step(Planner *p, const Op *origin, const char *kernel) {
    if (!planner_has_kernel(kernel)) planner_fail(p, origin, op_kind_name(origin->kind));
    return new_step(p, origin, kernel);
}

Step *planner_external_step(Planner *p, const Op *origin, const char *function) {
    Step *step = new_step(p, origin, function);
    step->external = true;
    return step;
}

static Arg *next_arg(Step *step, ArgKind kind) {
    Arg *arg = &step->args[step->n_args++];
    arg->kind = kind;
    return arg;
}

void step_buffer(Step *step, const Buffer *buffer, int64_t offset, int64_t stride) {
    Arg *arg = next_arg(step, ARG_BUFFER);
    arg->buffer = buffer;
    arg->offset = offset;
    arg->stride = stride;
}

void step_null(Step *step) {
    next_arg(step, ARG_NULL);
}

void step_count(Step *step, bool batched, int64_t factor) {
    next_arg(step, ARG_COUNT)->count = (Count){batched, factor};
}

void step_start(Step *step) {
    next_arg(step, ARG_START);
}

void step_float(Step *step, double number) {
    next_arg(step, ARG_FLOAT)->number = number;
}
void step_name(Step *step, const char *name) {
    next_arg(step, ARG_NAME)->name = name;
}

Descriptor *step_descriptor(Planner *p, Step *step, const char *type) {
    Descriptor *descriptor = ARENA_NEW(p->program->arena, Descriptor);
    descriptor->type = type;
    next_arg(step, ARG_DESCRIPTOR)->descriptor = descriptor;
    return descriptor;
}

void descriptor_size(Descriptor *d, const char *name, int64_t value) {
    d->fields[d->n_fields++] = (Field){.name = name, .kind = FIELD_SIZE, .values = {value}, .n_values = 1};
}

void descriptor_list(Descriptor *d, const char *name, const int64_t *values, int n) {
    Field *field = &d->fields[d->n_fields++];
    *field = (Field){.name = name, .kind = FIELD_LIST, .n_values = n};
    memcpy(field->values, values, (size_t)n * sizeof *values);
}

void descriptor_function(Descriptor *d, const char *name, const Epilogue *epilogue) {
    d->fields[d->n_fields++] = (Field){.name = name, .kind = FIELD_EPILOGUE, .epilogue = *epilogue};
}
void descriptor_epilogue(Descriptor *d, const Epilogue *epilogue) {
    descriptor_function(d, "epilogue", epilogue);
}

void planner_fail(Planner *p, const Op *op, const char *what) {
    p->failed = true;
    const SourceRange at = op->origin ? op->origin->at : NO_SOURCE;
    diag_report(p->ir->diags, E602, at, "layer \"%s\": there is no kernel for %s in %s", op->name, what,
                dtype_name(op->n_inputs ? op->inputs[0]->dtype : op->dtype));
}
