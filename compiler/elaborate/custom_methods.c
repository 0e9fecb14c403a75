/* Methods of the file that a layer's call runs: where they are, and the shapes that `build` and
 * `compute_output_shape` are called with.
 *
 * Source: keras/src/layers/layer.py (_maybe_build, get_shapes_dict, update_shapes_dict_for_target_fn).
 */
#include <string.h>

#include "elaborate/classes.h"

const CustomRow *custom_row(const Layer *layer) {
    return (const CustomRow *)(const void *)layer->class_;
}

bool custom_is_native(const Layer *layer) {
    return custom_row(layer)->class_ == NULL;
}

Value custom_find_method(const Layer *layer, const char *name) {
    Value method;
    if (custom_is_native(layer) || !class_find(custom_row(layer)->class_, NULL, name, &method) ||
        method.kind != VALUE_FUNCTION)
        return value_none();
    return method;
}

bool custom_has_parameter(const struct Function *function, const char *name) {
    for (size_t i = 0; i < function->parameters->count; i++) {
        const char *text = function->parameters->at[i].name.text;
        if (text && strcmp(text, name) == 0) return true;
    }
    return false;
}

static Value shape_value(Eval *eval, Value value) {
    if (value.kind == VALUE_TENSOR) {
        Value shape;
        return eval_attribute(eval, value, "shape", NO_SOURCE, &shape) ? shape : value_none();
    }
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE) {
        const Value list = value_list_new(eval->arena, value.kind);
        for (size_t i = 0; i < value.as.list->items.count; i++)
            value_list_push(eval->arena, list, shape_value(eval, value.as.list->items.at[i]));
        return list;
    }
    if (value.kind != VALUE_DICT) return value_none();
    const Value dict = value_dict_new(eval->arena);
    for (size_t i = 0; i < value.as.dict->entries.count; i++)
        value_dict_put(eval->arena, dict.as.dict, value.as.dict->entries.at[i].key,
                       shape_value(eval, value.as.dict->entries.at[i].value));
    return dict;
}

static void see_tensor(void *context, Tensor *tensor) {
    (void)tensor;
    *(bool *)context = true;
}

static bool has_tensor(Value value) {
    bool seen = false;
    value_each_tensor(value, see_tensor, &seen);
    return seen;
}

/* build(self, input_shape), or build(self, query_shape, value_shape) by the names of call's parameters. */
const Arguments *custom_shape_arguments(Eval *eval, const struct Function *build, const struct Function *call,
                                        const Arguments *arguments) {
    VEC(Argument) list = {0};
    const bool single = build->parameters->count == 2;
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        const char *name = argument->keyword;
        if (!has_tensor(argument->value) || (single && list.count)) continue;
        if (!name && call && i + 1 < call->parameters->count) name = call->parameters->at[i + 1].name.text;
        const char *wanted = eval_str(eval, "%s_shape", name ? name : "input");
        if (!single && !custom_has_parameter(build, wanted)) continue;
        vec_push(eval->arena, &list,
                 ((Argument){single ? NULL : wanted, shape_value(eval, argument->value), argument->at,
                             argument->at}));
    }
    Arguments *result = ARENA_NEW(eval->arena, Arguments);
    *result = (Arguments){list.at, list.count, arguments->call};
    return result;
}
