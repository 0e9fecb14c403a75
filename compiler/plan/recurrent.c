/* The step of a recurrent op: its weights packed by units, so that the gates of a unit stand side by side. */
#include <string.h>

#include "lmrt.h"
#include "plan/planner.h"

/* Rows of Packed that tell these layouts from panels: a weight has at least one row there. */
enum { PACKED_GATES = -1, PACKED_CANDIDATE = -2 };

static int64_t panels_of(int64_t units) {
    return (units + LMRT_PANEL - 1) / LMRT_PANEL;
}

/* out[panel][row][gate][LMRT_PANEL] = in[row][first + gate][unit], the last panel filled up with zeros. */
static void pack_gates(const float *in, int64_t rows, int64_t units, int all, int first, int gates,
                       float *out) {
    for (int64_t panel = 0; panel < panels_of(units); panel++)
        for (int64_t row = 0; row < rows; row++)
            for (int gate = 0; gate < gates; gate++)
                for (int64_t j = 0; j < LMRT_PANEL; j++, out++) {
                    const int64_t unit = panel * LMRT_PANEL + j;
                    *out = unit < units ? in[(row * all + first + gate) * units + unit] : 0.0f;
                }
}

/* The gates that are multiplied with h in one go: all, or all but GRU's candidate. */
static Buffer *packed(Planner *p, const Op *weight, RecurrentCell cell, int64_t rows, int64_t units) {
    const bool candidate = cell == CELL_GRU_RESET_BEFORE;
    const int64_t layout = candidate ? PACKED_CANDIDATE : PACKED_GATES;
    for (size_t i = 0; i < p->packed.count; i++)
        if (p->packed.at[i].weight == weight && p->packed.at[i].rows == layout) return p->packed.at[i].buffer;
    Arena *arena = p->program->arena;
    const int gates = recurrent_gates(cell), first = candidate ? gates - 1 : gates;
    const int64_t size = panels_of(units) * rows * LMRT_PANEL;
    float *data = ARENA_ARRAY(arena, float, (size_t)(size * gates));
    const float *in = weight->as.constant.data;
    pack_gates(in, rows, units, gates, 0, first, data);
    if (candidate) pack_gates(in, rows, units, gates, first, 1, data + size * first);
    const char *text = arena_printf(arena, "[%lld panels][%lld][%d gates][%d]", (long long)panels_of(units),
                                    (long long)rows, first, LMRT_PANEL);
    Buffer *buffer = planner_constant(p, weight, weight->name, text, DTYPE_FLOAT32, size * gates, data);
    vec_push(arena, &p->packed, ((Packed){weight, layout, units, 1, buffer}));
    return buffer;
}

static void describe(Descriptor *d, const RecurrentAttrs *a, int64_t steps) {
    descriptor_size(d, "units", a->units);
    descriptor_size(d, "steps", steps);
    if (a->sequences) descriptor_size(d, "sequences", 1);
    if (a->states) descriptor_size(d, "states", 1);
    if (a->backwards) descriptor_size(d, "backwards", 1);
    if (a->flip) descriptor_size(d, "flip", 1);
    if (a->zero_output) descriptor_size(d, "zero_output", 1);
    if (a->zero_as_given) descriptor_size(d, "zero_as_given", 1);
    const bool one = a->cell == CELL_SIMPLE_RNN;
    if (a->activation.function == UNARY_TANH && (one || a->recurrent_activation.function == UNARY_SIGMOID)) {
        descriptor_size(d, "plain", 1);
        return;
    }
    descriptor_function(d, "activation", &a->activation);
    if (!one) descriptor_function(d, "recurrent_activation", &a->recurrent_activation);
}

static void optional_buffer(Planner *p, Step *step, const Op *op) {
    if (op)
        step_buffer(step, planner_value(p, op), 0, 0);
    else
        step_null(step);
}

void plan_recurrent(Planner *p, const Op *op) {
    static const char *const kernels[] = {"simple_rnn_f32", "lstm_f32", "gru_f32", "gru_reset_before_f32"};
    const RecurrentAttrs *a = &op->as.recurrent;
    if (op->dtype != DTYPE_FLOAT32 || op->inputs[1]->kind != OP_CONSTANT) {
        planner_fail(p, op, kernels[a->cell]);
        return;
    }
    const int64_t rows = op_extent(op, 0, 1), scratch = 5 * panels_of(a->units) * LMRT_PANEL;
    Buffer *room =
        planner_new_buffer(p, BUFFER_WORKSPACE, op, DTYPE_FLOAT32, op_is_batched(op), rows * scratch);
    room->name = arena_printf(p->program->arena, "%s states", op->name);
    Step *step = planner_step(p, op, kernels[a->cell]);
    step->note = arena_printf(p->program->arena, "%.*s, %lld steps", (int)(strlen(kernels[a->cell]) - 4),
                              kernels[a->cell], (long long)op->inputs[0]->shape.dim[1]);
    describe(step_descriptor(p, step, "lmrt_recurrent"), a, op->inputs[0]->shape.dim[1]);
    step_count(step, op_is_batched(op), rows);
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, packed(p, op->inputs[1], a->cell, a->units, a->units), 0, 0);
    if (recurrent_bias(op))
        step_buffer(step, packed(p, recurrent_bias(op), a->cell, 1, a->units), 0, 0);
    else
        step_null(step);
    optional_buffer(p, step, recurrent_initial(op, 0));
    optional_buffer(p, step, recurrent_initial(op, 1));
    optional_buffer(p, step, recurrent_mask(op));
    step_buffer(step, planner_value(p, op), 0, 0);
    step_buffer(step, room, 0, 0);
}
