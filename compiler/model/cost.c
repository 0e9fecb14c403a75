/* What a layer's weights cost: parameters and bytes.
 *
 * Invariant: a count is exact, or reported as unknown (it overflows).
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
