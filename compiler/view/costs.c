/* What the layers of a model cost. In: the model, and its Ir as lowered, whose ops know the calls that they
 * come from. Out: MACs by layer; what is inside of a layer is the layer's. Everything that multiplies is an
 * op, so no layer class needs a rule of its own.
 */
#include "base/checked.h"
#include "view/view.h"

static void add(int64_t *sum, bool known, int64_t count) {
    if (*sum < 0 || !known || !checked_add(*sum, count, sum)) *sum = -1;
}

/* Samples in the Ir's numbers: one, where the batch is open. */
static int64_t samples_of(const Model *model) {
    const Shape *shape = model->n_inputs ? &model->inputs[0]->shape : NULL;
    return shape && shape->rank > 0 && shape->dim[0] > 0 ? shape->dim[0] : 1;
}

void view_macs(Arena *arena, const Model *model, const Ir *ir, ModelCosts *out) {
    size_t n = 0;
    for (size_t i = 0; i < model->n_operations; i++)
        if (model->operations[i]->id >= n) n = model->operations[i]->id + 1;
    int64_t *macs = ARENA_ARRAY(arena, int64_t, n);
    int64_t total = 0;
    for (size_t i = 0; i < ir->ops.count; i++) {
        const Op *op = ir->ops.at[i];
        int64_t count;
        const bool known = ir_op_macs(op, &count);
        add(&total, known, count);
        if (op->call && op->call->layer->id < n) add(&macs[op->call->layer->id], known, count);
    }
    const int64_t samples = samples_of(model);
    for (size_t i = 0; i < n; i++) macs[i] = macs[i] < 0 ? -1 : macs[i] / samples;
    out->macs = macs;
    out->n_macs = n;
    out->total_macs = total < 0 ? -1 : total / samples;
}
