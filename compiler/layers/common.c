/* The parameters that every layer has, and those of Keras 2 that Keras 3 warns of or rejects.
 *
 * In:  the arguments that bind.c set apart. Out: the Layer's own fields.
 */
#include <string.h>

#include "layers/bind.h"

bool common_name(Graph *graph, const CommonParams *common, const char **out) {
    *out = NULL;
    if (!common->name || value_is_none(common->name->value)) return true;
    const Value value = common->name->value;
    *out = value_c_str(value);
    if (*out && !strchr(*out, '/')) return true;
    return diag_report(graph->diags, E203, common->name->at,
                       "Argument `name` must be a string and cannot contain character `/`. Received: name=%s "
                       "(of type <class '%s'>)",
                       value_text(graph->arena, value), value_type_name(value));
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The name in DTypePolicy("mixed_float16"), or in the older mixed_precision.Policy(...). */
static const char *policy_name(Value value) {
    if (value.kind != VALUE_CONFIG) return value_c_str(value);
    const Config *config = value.as.config;
    if (!ends_with(config->symbol, "Policy") || config->arguments->count != 1) return NULL;
    return value_c_str(config->arguments->at[0].value);
}

static bool set_policy(Layer *layer, DType compute, DType variable) {
    layer->compute_dtype = compute;
    layer->variable_dtype = variable;
    return true;
}

static bool apply_dtype(Graph *graph, Layer *layer, const Argument *argument) {
    DType dtype;
    if (!argument || value_is_none(argument->value)) return true;
    if (argument->value.kind == VALUE_DTYPE)
        return set_policy(layer, argument->value.as.dtype, argument->value.as.dtype);
    const char *name = policy_name(argument->value);
    if (!name) {
        return diag_report(
            graph->diags, E206, argument->at,
            "Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. "
            "Received: dtype=%s",
            value_text(graph->arena, argument->value));
    }
    if (strcmp(name, "mixed_float16") == 0) return set_policy(layer, DTYPE_FLOAT16, DTYPE_FLOAT32);
    if (strcmp(name, "mixed_bfloat16") == 0) return set_policy(layer, DTYPE_BFLOAT16, DTYPE_FLOAT32);
    if (dtype_parse(name, &dtype)) return set_policy(layer, dtype, dtype);
    return diag_report(
        graph->diags, E206, argument->at,
        "Cannot convert '%s' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', "
        "'mixed_bfloat16', and the name of any float dtype such as 'float32'",
        name);
}

static bool apply_trainable(Graph *graph, Layer *layer, const Argument *argument) {
    if (!argument) return true;
    if (argument->value.kind != VALUE_BOOL) {
        return diag_report(
            graph->diags, E204, argument->at,
            "Expected `trainable` to be a boolean. Received: trainable=%s (of type <class '%s'>)",
            value_text(graph->arena, argument->value), value_type_name(argument->value));
    }
    layer->trainable = argument->value.as.boolean;
    return true;
}

static void warn_legacy(Graph *graph, const Layer *layer, const Argument *argument) {
    if (!argument) return;
    diag_report(graph->diags, W250, argument->keyword_at, "Keras 3 does not accept `%s` for %s",
                argument->keyword, layer->class_->name);
}

static bool bad_shape(Graph *graph, const Argument *argument) {
    diag_report(graph->diags, E204, argument->at, "Cannot convert `%s` to a shape. Received: %s=%s",
                argument->keyword, argument->keyword, value_text(graph->arena, argument->value));
    if (argument->value.kind == VALUE_INT) {
        const char *text = value_text(graph->arena, argument->value);
        const bool inside = diag_is_parenthesized(graph->diags, argument->at);
        diag_help(graph->diags, argument->at, arena_printf(graph->arena, inside ? "%s," : "(%s,)", text),
                  "a shape is a tuple: write (%s,)", text);
    }
    return false;
}

/* (4, None) or [4, None], appended to the shape. */
static bool append_extents(Graph *graph, const Argument *argument, Shape *shape) {
    const Value value = argument->value;
    if (value.kind != VALUE_TUPLE && value.kind != VALUE_LIST) return bad_shape(graph, argument);
    for (size_t i = 0; i < value.as.list->items.count; i++) {
        int64_t extent = DIM_UNKNOWN;
        const Value item = value.as.list->items.at[i];
        if (!value_is_none(item) && (!value_as_int(item, &extent) || extent < 0))
            return bad_shape(graph, argument);
        if (shape->rank == SHAPE_MAX_RANK) return bad_shape(graph, argument);
        shape->dim[shape->rank++] = extent;
    }
    return true;
}

static bool apply_shape(Graph *graph, Layer *layer, const CommonParams *common) {
    const Argument *given = common->batch_input_shape ? common->batch_input_shape
                            : common->input_dim       ? common->input_dim
                                                      : common->input_shape;
    warn_legacy(graph, layer, common->batch_input_shape);
    warn_legacy(graph, layer, common->batch_size);
    warn_legacy(graph, layer, common->weights);
    if (!given || value_is_none(given->value)) return true;
    Shape shape = {.rank = 1, .dim = {DIM_UNKNOWN}};
    if (common->batch_size) (void)value_as_int(common->batch_size->value, &shape.dim[0]);
    if (given == common->input_dim) {
        if (!value_as_int(given->value, &shape.dim[shape.rank++])) return bad_shape(graph, given);
    } else {
        if (given == common->batch_input_shape) shape.rank = 0;
        if (!append_extents(graph, given, &shape)) return false;
    }
    if (given != common->batch_input_shape) {
        diag_report(graph->diags, W251, given->keyword_at,
                    "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential "
                    "models, prefer "
                    "using an `Input(shape)` object as the first layer in the model instead");
    }
    layer->given_shape = ARENA_NEW(graph->arena, Shape);
    *layer->given_shape = shape;
    return true;
}

bool common_apply(Graph *graph, Layer *layer, const CommonParams *common) {
    const Argument *autocast = common->autocast;
    if (autocast && autocast->value.kind == VALUE_BOOL) layer->autocast = autocast->value.as.boolean;
    return apply_dtype(graph, layer, common->dtype) && apply_trainable(graph, layer, common->trainable) &&
           apply_shape(graph, layer, common);
}
