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

/* The channels' errors, where there are any. */
static bool add_bias_error(json_t *entry, const Op *op, const double *errors) {
    if (!errors) return true;
    json_t *list = json_array();
    bool whole = list != NULL;
    for (int64_t i = 0; whole && i < op->shape.dim[op->shape.rank - 1]; i++)
        whole = json_array_append_new(list, json_real(errors[i])) == 0;
    return json_object_set_new(entry, "bias_error", list) == 0 && whole;
}

static json_t *entry(Arena *arena, const Op *op, const ValueRange *range) {
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "layer", name_of(op), "op", op_kind_name(op->kind), "shape",
                     shape_text(arena, &op->shape), "least", number(range->least), "most",
                     number(range->most));
}

const char *quantize_write_ranges(Arena *arena, const Ir *ir, const Calibrated *calibrated,
                                  const char *weights) {
    json_t *values = json_array();
    bool whole = values != NULL; /* jansson takes memory of its own */
    for (size_t i = 0; i < ir->ops.count; i++) {
        const Op *op = ir->ops.at[i];
        if (!has_range(op)) continue;
        json_t *value = entry(arena, op, &calibrated->ranges[i]);
        whole &= add_bias_error(value, op, calibrated->bias_errors[i]) &&
                 json_array_append_new(values, value) == 0;
    }
    json_t *root = json_pack("{s:s, s:s, s:o}", "format", FORMAT, "weights", weights, "values", values);
    char *text = root && whole ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
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

/* As many numbers as the op has channels; none: NULL. */
static const char *read_bias_error(Arena *arena, const Op *op, const json_t *json, const double **out) {
    const json_t *list = json_object_get(json, "bias_error");
    if (!list) return NULL;
    const size_t n = op->shape.rank > 0 && op->shape.dim[op->shape.rank - 1] > 0
                         ? (size_t)op->shape.dim[op->shape.rank - 1]
                         : 0;
    if (!json_is_array(list) || json_array_size(list) != n)
        return arena_printf(arena, "\"bias_error\" of layer '%s' is no list of %zu numbers",
                            field(json, "layer"), n);
    double *errors = ARENA_ARRAY(arena, double, n);
    for (size_t i = 0; i < n; i++) {
        if (!json_is_number(json_array_get(list, i)))
            return arena_printf(arena, "\"bias_error\" of layer '%s' holds what is no number",
                                field(json, "layer"));
        errors[i] = json_number_value(json_array_get(list, i));
    }
    *out = errors;
    return NULL;
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

static const char *read_values(Arena *arena, const Ir *ir, const json_t *values, ValueRange *out,
                               const double **bias_errors) {
    size_t count = 0;
    const char *error = NULL;
    for (size_t i = 0; i < ir->ops.count; i++) count += has_range(ir->ops.at[i]);
    if (!json_is_array(values)) return "it has no list \"values\"";
    if (json_array_size(values) != count)
        return arena_printf(arena, "it has %zu values where the model has %zu", json_array_size(values),
                            count);
    for (size_t i = 0, next = 0; !error && i < ir->ops.count; i++) {
        const Op *op = ir->ops.at[i];
        if (!has_range(op)) continue;
        const json_t *value = json_array_get(values, next++);
        error = read_entry(arena, op, value, &out[i]);
        if (!error) error = read_bias_error(arena, op, value, &bias_errors[i]);
    }
    return error;
}

const Calibrated *quantize_read_ranges(Arena *arena, const Ir *ir, const char *text, size_t length,
                                       const char **weights, const char **error) {
    json_error_t wrong;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &wrong);
    ValueRange *out = ARENA_ARRAY(arena, ValueRange, ir->ops.count);
    for (size_t i = 0; i < ir->ops.count; i++) out[i] = (ValueRange){INFINITY, -INFINITY};
    Calibrated *calibrated = ARENA_NEW(arena, Calibrated);
    *calibrated = (Calibrated){out, ARENA_ARRAY(arena, const double *, ir->ops.count)};
    *error = NULL;
    if (!root)
        *error = arena_printf(arena, "line %d: %s", wrong.line, wrong.text);
    else if (strcmp(field(root, "format"), FORMAT) != 0)
        *error = arena_printf(arena, "it is no file of ranges: its \"format\" is not \"%s\"", FORMAT);
    else
        *error = read_values(arena, ir, json_object_get(root, "values"), out, calibrated->bias_errors);
    *weights = arena_strdup(arena, field(root, "weights"));
    json_decref(root);
    return *error ? NULL : calibrated;
}
