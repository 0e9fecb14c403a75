/* What a layer costs: parameters, bytes, and multiply-accumulate operations for one sample.
 *
 * Invariant: a count is exact, or reported as unknown (an extent other than the batch is open, or it
 * overflows).
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "model/cost.h"

const char *cost_number(Arena *arena, int64_t number) {
    if (number < 0) return "?";
    const char *digits = arena_printf(arena, "%" PRId64, number);
    const size_t length = strlen(digits);
    char *text = arena_alloc(arena, length + length / 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) text[n++] = ',';
        text[n++] = digits[i];
    }
    return text;
}

const char *cost_memory(Arena *arena, double bytes) {
    static const char *const UNITS[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    while (unit + 1 < sizeof UNITS / sizeof UNITS[0] && bytes >= 1024) {
        bytes /= 1024;
        unit++;
    }
    return arena_printf(arena, "%.2f %s", bytes, UNITS[unit]);
}

/* ---- parameters ---- */

/* Adds to a count that is -1 once it is unknown. */
static void add_count(int64_t *sum, bool known, int64_t count) {
    if (*sum < 0 || !known || !checked_add(*sum, count, sum)) *sum = -1;
}

static double bytes_of(const Weight *weight) {
    double bytes = (double)dtype_size(weight->dtype);
    for (int i = 0; i < weight->shape.rank; i++) bytes *= (double)weight->shape.dim[i];
    return bytes;
}

static void add_weights(Arena *arena, Cost *cost, Map *seen, const Layer *layer, bool trainable) {
    for (size_t i = 0; i < layer->weights.count; i++) {
        const Weight *weight = layer->weights.at[i];
        const char *key =
            arena_printf(arena, "weight %" PRIu32, weight->id); /* a wrapper's is also its layer's */
        if (map_has(seen, key)) continue;
        map_put(seen, key, seen);
        int64_t count = 0;
        const bool known = shape_count(&weight->shape, 0, &count);
        const double bytes = bytes_of(weight);
        add_count(&cost->params, known, count);
        cost->bytes += bytes;
        if (!trainable || !weight->trainable) continue;
        add_count(&cost->trainable_params, known, count);
        cost->trainable_bytes += bytes;
    }
}

/* A layer that is frozen freezes what is inside it; a shared layer counts once. */
static void add_layer(Arena *arena, Cost *cost, Map *seen, const Layer *layer, bool trainable) {
    const char *key = arena_printf(arena, "%" PRIu32, layer->id);
    if (map_has(seen, key)) return;
    map_put(seen, key, seen);
    trainable = trainable && layer->trainable;
    add_weights(arena, cost, seen, layer, trainable);
    for (size_t i = 0; i < layer->n_sublayers; i++)
        add_layer(arena, cost, seen, layer->sublayers[i], trainable);
    for (size_t i = 0; layer->model && i < layer->model->n_layers; i++)
        add_layer(arena, cost, seen, layer->model->layers[i], trainable);
}

Cost cost_of_layer(Arena *arena, const Layer *layer) {
    Cost cost = {0};
    Map seen = map_new(arena);
    add_layer(arena, &cost, &seen, layer, true);
    return cost;
}

/* ---- MACs ---- */

/* Places of the tensor at which a kernel is applied: all axes but the batch and the channels. */
static bool count_positions(const Tensor *tensor, int64_t *positions) {
    *positions = 1;
    for (int axis = 1; axis < tensor->shape.rank - 1; axis++) {
        if (tensor->shape.dim[axis] == DIM_UNKNOWN) return false;
        if (!checked_mul(*positions, tensor->shape.dim[axis], positions)) return false;
    }
    return true;
}

static bool add_kernels(const Layer *layer, int64_t positions, int64_t *macs) {
    for (size_t i = 0; i < layer->weights.count; i++) {
        const Weight *weight = layer->weights.at[i];
        int64_t count, product;
        if (!strstr(weight->name, "kernel")) continue;
        if (!shape_count(&weight->shape, 0, &count) || !checked_mul(count, positions, &product)) return false;
        if (!checked_add(*macs, product, macs)) return false;
    }
    return true;
}

static bool add_nodes(Node *const *nodes, size_t count, int64_t *macs);

static bool add_node(const Node *node, int64_t *macs) {
    const ModelCall *call = node_inside(node);
    if (call) return add_nodes(call->nodes, call->n_nodes, macs);
    int64_t positions;
    if (node->layer->weights.count == 0 || node->n_inputs == 0) return true;
    /* a transposed convolution applies its kernel at each place of its input */
    const Tensor *where = strstr(node->layer->class_->name, "Transpose") ? node->inputs[0] : node->outputs[0];
    return count_positions(where, &positions) && add_kernels(node->layer, positions, macs);
}

static bool add_nodes(Node *const *nodes, size_t count, int64_t *macs) {
    for (size_t i = 0; i < count; i++) {
        if (!add_node(nodes[i], macs)) return false;
    }
    return true;
}

int64_t cost_macs(const Model *model, const Layer *layer) {
    int64_t macs = 0;
    for (size_t i = 0; i < model->n_nodes; i++) {
        if (layer && model->nodes[i]->layer != layer) continue;
        if (!add_node(model->nodes[i], &macs)) return -1;
    }
    return macs;
}
