/* A layer whose call is a C function of the user's: one op, of its inputs and its weights. */
#include "lower/external.h"

#include <string.h>

typedef VEC(Op *) OpVec;

/* The layer's weights, then those of the layers that it holds, in Keras' order (layer.weights). */
static void add_weights(Lowering *l, const Layer *layer, OpVec *out) {
    for (size_t i = 0; i < layer->weights.count; i++)
        vec_push(l->ir->arena, out, ir_weight(l, layer->weights.at[i]));
    for (size_t i = 0; i < layer->n_sublayers; i++) add_weights(l, layer->sublayers[i], out);
}

static bool is_open(const Ir *ir, const Shape *shape) {
    for (int i = 0; i < shape->rank; i++)
        if ((i > 0 && shape->dim[i] == DIM_UNKNOWN) || ir_is_open(ir, shape->dim[i])) return true;
    return false;
}

static bool refuse(Lowering *l, const Node *node, const char *why) {
    return diag_report(l->ir->diags, E654, node->at, "layer \"%s\" cannot be the C function %s(): %s",
                       node->layer->name, node->layer->external->function, why);
}

/* The samples are those of the inputs, which all have as many. */
static bool check_batch(Lowering *l, const Node *node, const OpVec *operands, Shape *shape) {
    const int64_t batch = operands->at[0]->shape.rank ? operands->at[0]->shape.dim[0] : 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        const Shape *input = &operands->at[i]->shape;
        if (input->rank == 0 || input->dim[0] != batch)
            return refuse(l, node, "its inputs have not one batch as their first axis");
        if (is_open(l->ir, input)) return refuse(l, node, "an inner extent of its input is left to run time");
    }
    if (shape->dim[0] == DIM_UNKNOWN) shape->dim[0] = batch;
    if (shape->dim[0] != batch) return refuse(l, node, "its output has another batch than its inputs");
    return !is_open(l->ir, shape) || refuse(l, node, "an inner extent of its output is not known");
}

/* One function has one prototype, and knows the extents by heart. */
static bool check_same(Lowering *l, const Node *node, const Op *op) {
    for (size_t i = 0; i < l->ir->ops.count; i++) {
        const Op *other = l->ir->ops.at[i];
        if (other == op || other->kind != OP_EXTERNAL ||
            strcmp(other->as.external->function, op->as.external->function) != 0)
            continue;
        bool same = other->n_inputs == op->n_inputs && shape_equal(&other->shape, &op->shape) &&
                    other->dtype == op->dtype;
        for (size_t k = 0; same && k < op->n_inputs; k++)
            same = shape_equal(&other->inputs[k]->shape, &op->inputs[k]->shape) &&
                   other->inputs[k]->dtype == op->inputs[k]->dtype;
        if (same) continue;
        diag_report(l->ir->diags, E653, node->at,
                    "%s() is called with other shapes or types for layer \"%s\" than for "
                    "layer \"%s\"",
                    op->as.external->function, op->name, other->name);
        diag_help(l->ir->diags, node->at, NULL, "give each layer a function of its own: --extern %s=...",
                  op->name);
        return false;
    }
    return true;
}

bool lower_external(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const Layer *layer = node->layer;
    OpVec operands = {0};
    Shape shape = node->outputs[0]->shape;
    for (size_t i = 0; i < node->n_inputs; i++) vec_push(l->ir->arena, &operands, inputs[i]);
    add_weights(l, layer, &operands);
    if (l->ir->broken) return false;
    if (operands.count + 1 > EXTERNAL_MAX_POINTERS)
        return refuse(l, node, "it has more inputs and weights than seven");
    if (!check_batch(l, node, &operands, &shape)) return false;
    outputs[0] =
        ir_external(l, node, layer->external, operands.at, operands.count, &shape, node->outputs[0]->dtype);
    return outputs[0] && check_same(l, node, outputs[0]);
}
