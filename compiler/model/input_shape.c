/* Shapes and element types as arguments: keras.backend.standardize_shape and standardize_dtype, with their
 * messages.
 */
#include "model/input_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* The value as Keras' messages show it: the whole tuple, the batch included. */
static const char *shape_argument_text(Graph *graph, Value value, const Argument *batch) {
    Text text = text_new(graph->arena);
    if (!batch || (value.kind != VALUE_TUPLE && value.kind != VALUE_LIST)) {
        text_add(&text, value_text(graph->arena, value));
        return text.data;
    }
    text_printf(&text, "(%s", value_repr(graph->arena, batch->value));
    for (size_t i = 0; i < value.as.list->items.count; i++)
        text_printf(&text, ", %s", value_repr(graph->arena, value.as.list->items.at[i]));
    text_add(&text, value.as.list->items.count == 0 ? ",)" : ")");
    return text.data;
}

static void help_dimension(Graph *graph, Value dim, SourceRange at) {
    if (dim.kind == VALUE_FLOAT)
        diag_help(graph->diags, at, NULL,
                  "dimensions are integers: divide with // or wrap the value in int(...)");
    else if (dim.kind == VALUE_INT)
        diag_help(graph->diags, at, NULL, "a dimension that may vary is None");
}

bool shape_dimension(Graph *graph, Value dim, Value whole, const Argument *batch, SourceRange at,
                     int64_t *out) {
    const bool number = dim.kind == VALUE_INT || dim.kind == VALUE_BOOL;
    *out = dim.kind == VALUE_INT ? dim.as.integer : dim.kind == VALUE_BOOL ? dim.as.boolean : DIM_UNKNOWN;
    if (value_is_none(dim) || (number && *out >= 0)) return true;
    const char *text = shape_argument_text(graph, whole, batch);
    if (number) {
        diag_report(graph->diags, E212, at,
                    "Cannot convert '%s' to a shape. Negative dimensions are not allowed", text);
    } else {
        diag_report(graph->diags, E212, at,
                    "Cannot convert '%s' to a shape. Found invalid dimension '%s' of type '<class '%s'>'",
                    text, value_text(graph->arena, dim), value_type_name(dim));
    }
    help_dimension(graph, dim, at);
    return false;
}

/* The items of what Python can iterate over; false for anything else. */
static bool shape_items(Graph *graph, Value value, Value *items) {
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE || value.kind == VALUE_SET) {
        *items = value;
        return true;
    }
    *items = value_list_new(graph->arena, VALUE_TUPLE);
    if (value.kind == VALUE_RANGE) {
        const Range *range = value.as.range;
        for (int64_t i = range->start; range->step > 0 ? i < range->stop : i > range->stop;
             i += range->step) {
            value_list_push(graph->arena, *items, value_int(i));
            if (items->as.list->items.count > SHAPE_MAX_RANK) break;
        }
    } else if (value.kind == VALUE_DICT) {
        for (size_t i = 0; i < value.as.dict->entries.count; i++)
            value_list_push(graph->arena, *items, value.as.dict->entries.at[i].key);
    } else if (value.kind == VALUE_STR && value.as.str->length > 0) {
        value_list_push(graph->arena, *items, value_str_n(graph->arena, value.as.str->data, 1));
    } else {
        return false;
    }
    return true;
}

bool shape_argument(Graph *graph, const Argument *argument, const Argument *batch, Shape *out) {
    const Value value = argument->value;
    Value items;
    *out = (Shape){0};
    if (!shape_items(graph, value, &items)) {
        const char *text = value_text(graph->arena, value);
        diag_report(graph->diags, E211, argument->at, "Cannot convert '%s' to a shape", text);
        if (value.kind == VALUE_INT) {
            const char *tuple = arena_printf(graph->arena, "(%s,)", text);
            const bool inside = diag_is_parenthesized(graph->diags, argument->at);
            diag_help(graph->diags, argument->at, inside ? arena_printf(graph->arena, "%s,", text) : tuple,
                      "a shape is a tuple: write %s", tuple);
        }
        return false;
    }
    if (batch) {
        if (!shape_dimension(graph, batch->value, value, batch, batch->at, &out->dim[0])) return false;
        out->rank = 1;
    }
    for (size_t i = 0; i < items.as.list->items.count; i++) {
        if (out->rank == SHAPE_MAX_RANK) {
            return diag_report(graph->diags, E211, argument->at,
                               "shape %s has more than %d axes, the batch included",
                               value_text(graph->arena, value), SHAPE_MAX_RANK);
        }
        int64_t *dim = &out->dim[out->rank++];
        if (!shape_dimension(graph, items.as.list->items.at[i], value, batch, argument->at, dim))
            return false;
    }
    return true;
}

/* The name by which the dtype argument goes: a string, tf.float32, ... */
static const char *dtype_argument_name(Value value) {
    if (value.kind == VALUE_DTYPE) return dtype_name(value.as.dtype);
    if (value.kind == VALUE_SYMBOL) {
        const char *dot = strrchr(value.as.symbol, '.');
        return dot ? dot + 1 : value.as.symbol;
    }
    return value_c_str(value);
}

bool dtype_argument_parse(Value value, DType *out) {
    const char *name = dtype_argument_name(value);
    return name && dtype_parse(name, out);
}

bool dtype_argument(Graph *graph, const Argument *argument, DType *out) {
    *out = graph->settings.floatx;
    if (!argument_given(argument) || dtype_argument_parse(argument->value, out)) return true;
    diag_report(graph->diags, E215, argument->at, "Invalid dtype: %s",
                value_text(graph->arena, argument->value));
    const char *names[DTYPE_COUNT], *name = value_c_str(argument->value);
    for (size_t i = 0; i < DTYPE_COUNT; i++) names[i] = dtype_name((DType)i);
    const char *near = name && strcmp(name, "float") == 0 ? "float32" : NULL;
    if (name && !near) near = text_nearest(name, names, DTYPE_COUNT);
    diag_suggest(graph->diags, argument->at, name, near);
    return false;
}
