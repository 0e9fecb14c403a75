/* The ranges of an Ir's values as JSON that people can read and change: one entry for each float32 value, in
 * the order of the ops. `null` for a range keeps the value float32.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "quantize/quantize.h"

static const char FORMAT[] = "lamina ranges 1";

/* Those that can be int8; constants are quantised by what they are. */
static bool has_range(const Op *op) {
    return op->dtype == DTYPE_FLOAT32 && op->kind != OP_CONSTANT;
}

static const char *name_of(const Op *op) {
    return op->name ? op->name : "";
}

/* ---- writing ---- */

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *entry(Arena *arena, const Op *op, const ValueRange *range) {
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "layer", name_of(op), "op", op_kind_name(op->kind), "shape",
                     shape_text(arena, &op->shape), "least", number(range->least), "most",
                     number(range->most));
}

const char *quantize_write_ranges(Arena *arena, const Ir *ir, const ValueRange *ranges, const char *weights) {
    json_t *values = json_array(), *root = NULL;
    for (size_t i = 0; i < ir->ops.count; i++)
        if (has_range(ir->ops.at[i])) json_array_append_new(values, entry(arena, ir->ops.at[i], &ranges[i]));
    root = json_pack("{s:s, s:s, s:o}", "format", FORMAT, "weights", weights, "values", values);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    const char *out = text ? arena_printf(arena, "%s\n", text) : NULL;
    free(text);
    json_decref(root);
    return out;
}

/* ---- reading ---- */

static const char *field(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

/* NULL, or what is wrong. */
static const char *read_range(Arena *arena, const json_t *json, ValueRange *out) {
    const json_t *least = json_object_get(json, "least"), *most = json_object_get(json, "most");
    *out = (ValueRange){INFINITY, -INFINITY};
    if (json_is_null(least) || json_is_null(most)) return NULL;
    if (!json_is_number(least) || !json_is_number(most))
        return arena_printf(arena, "the value of layer '%s' has no numbers \"least\" and \"most\"",
                            field(json, "layer"));
    *out = (ValueRange){json_number_value(least), json_number_value(most)};
    if (out->least <= out->most) return NULL;
    return arena_printf(arena, "the value of layer '%s' is to be from %g to %g", field(json, "layer"),
                        out->least, out->most);
}

static const char *read_entry(Arena *arena, const Op *op, const json_t *json, ValueRange *out) {
    const char *shape = shape_text(arena, &op->shape);
    if (strcmp(field(json, "layer"), name_of(op)) == 0 &&
        strcmp(field(json, "op"), op_kind_name(op->kind)) == 0 && strcmp(field(json, "shape"), shape) == 0)
        return read_range(arena, json, out);
    return arena_printf(arena, "it has %s %s of layer '%s' where the model has %s %s of layer '%s'",
                        field(json, "op"), field(json, "shape"), field(json, "layer"), op_kind_name(op->kind),
                        shape, name_of(op));
}

static const char *read_values(Arena *arena, const Ir *ir, const json_t *values, ValueRange *out) {
    size_t count = 0;
    const char *error = NULL;
    for (size_t i = 0; i < ir->ops.count; i++) count += has_range(ir->ops.at[i]);
    if (!json_is_array(values)) return "it has no list \"values\"";
    if (json_array_size(values) != count)
        return arena_printf(arena, "it has %zu values where the model has %zu", json_array_size(values),
                            count);
    for (size_t i = 0, next = 0; !error && i < ir->ops.count; i++)
        if (has_range(ir->ops.at[i]))
            error = read_entry(arena, ir->ops.at[i], json_array_get(values, next++), &out[i]);
    return error;
}

const ValueRange *quantize_read_ranges(Arena *arena, const Ir *ir, const char *text, size_t length,
                                       const char **weights, const char **error) {
    json_error_t wrong;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &wrong);
    ValueRange *out = ARENA_ARRAY(arena, ValueRange, ir->ops.count);
    for (size_t i = 0; i < ir->ops.count; i++) out[i] = (ValueRange){INFINITY, -INFINITY};
    *error = NULL;
    if (!root)
        *error = arena_printf(arena, "line %d: %s", wrong.line, wrong.text);
    else if (strcmp(field(root, "format"), FORMAT) != 0)
        *error = arena_printf(arena, "it is no file of ranges: its \"format\" is not \"%s\"", FORMAT);
    else
        *error = read_values(arena, ir, json_object_get(root, "values"), out);
    *weights = arena_strdup(arena, field(root, "weights"));
    json_decref(root);
    return *error ? NULL : out;
}
