/* keras.layers.Lambda: a function as a layer. Its call is traced as that of a layer of the file
 * (custom_call.c).
 *
 * Source: keras/src/layers/core/lambda_layer.py. The result has the layer's compute type in Keras' eyes,
 * whatever the function computes in.
 */
#include <string.h>

#include "elaborate/classes.h"

typedef struct LambdaAttrs {
    Value function, output_shape, mask, arguments;
} LambdaAttrs;

static const ParamSpec lambda_params[] = {
    {.name = "function",
     .offset = offsetof(LambdaAttrs, function),
     .kind = PARAM_VALUE,
     .required = true,
     .about = "of the inputs"},
    {.name = "output_shape",
     .offset = offsetof(LambdaAttrs, output_shape),
     .kind = PARAM_VALUE,
     .fallback = "None",
     .about = "without the batch; traced unless given"},
    {.name = "mask", .offset = offsetof(LambdaAttrs, mask), .kind = PARAM_VALUE, .fallback = "None"},
    {.name = "arguments",
     .offset = offsetof(LambdaAttrs, arguments),
     .kind = PARAM_VALUE,
     .fallback = "None",
     .about = "more arguments of the function, a dict"},
    {0},
};

static bool lambda_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const LambdaAttrs *attrs = layer->attrs;
    const ValueKind kind = attrs->function.kind;
    const bool callable = kind == VALUE_FUNCTION || kind == VALUE_BUILTIN || kind == VALUE_SYMBOL ||
                          kind == VALUE_METHOD || kind == VALUE_LAYER || kind == VALUE_INSTANCE;
    if (!callable)
        return diag_report_as(graph->diags, E204, "TypeError", arguments->call, "unsupported callable: %s",
                              value_repr(graph->arena, attrs->function));
    if (value_is_none(attrs->arguments) || attrs->arguments.kind == VALUE_DICT) return true;
    return diag_report(graph->diags, E204, arguments->call, "`arguments` of Lambda is a dict, not %s",
                       value_repr(graph->arena, attrs->arguments));
}

static const char *const CALL_PARAMS[] = {"inputs", "mask", "training", NULL};

Value lambda_class(Eval *eval) {
    CustomRow *row = map_get(&eval->modules, "class:Lambda");
    if (!row) {
        row = ARENA_NEW(eval->arena, CustomRow);
        row->row = CUSTOM_LAYER;
        row->row.name = "Lambda";
        row->row.module = "keras.layers";
        row->row.about = "a function as a layer";
        row->row.params = lambda_params;
        row->row.attrs_size = sizeof(LambdaAttrs);
        row->row.validate = lambda_validate;
        row->row.call_params = CALL_PARAMS;
        row->eval = eval;
        map_put(&eval->modules, "class:Lambda", row);
    }
    return (Value){.kind = VALUE_LAYER_CLASS, .as.layer_class = &row->row};
}

bool lambda_is(const Layer *layer) {
    return layer->class_->params == lambda_params;
}

static bool takes(Value function, const char *name) {
    if (function.kind != VALUE_FUNCTION || !function.as.function->parameters) return false;
    const ParameterList *parameters = function.as.function->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const char *text = parameters->at[i].name.text;
        if (text && strcmp(text, name) == 0) return true;
    }
    return false;
}

/* function(inputs, **arguments) */
bool lambda_run(Eval *eval, const Layer *layer, const Arguments *own, Value *result) {
    const LambdaAttrs *attrs = layer->attrs;
    VEC(Argument) list = {0};
    const Value none = value_none();
    Value mask = none;
    for (size_t i = 0; i < own->count; i++)
        if (own->at[i].keyword && strcmp(own->at[i].keyword, "mask") == 0) mask = own->at[i].value;
    for (size_t i = 0; i < own->count; i++)
        if (!own->at[i].keyword || strcmp(own->at[i].keyword, "inputs") == 0)
            vec_push(eval->arena, &list, ((Argument){NULL, own->at[i].value, own->at[i].at, own->at[i].at}));
    const Dict *more = attrs->arguments.kind == VALUE_DICT ? attrs->arguments.as.dict : NULL;
    for (size_t i = 0; more && i < more->entries.count; i++)
        vec_push(eval->arena, &list,
                 ((Argument){value_c_str(more->entries.at[i].key), more->entries.at[i].value, own->call,
                             own->call}));
    if (takes(attrs->function, "mask"))
        vec_push(eval->arena, &list, ((Argument){"mask", mask, own->call, own->call}));
    if (takes(attrs->function, "training"))
        vec_push(eval->arena, &list, ((Argument){"training", value_bool(false), own->call, own->call}));
    Arguments *all = ARENA_NEW(eval->arena, Arguments);
    *all = (Arguments){list.at, list.count, own->call};
    return eval_call(eval, attrs->function, all, result);
}

static bool is_callable(Value value) {
    return value.kind == VALUE_FUNCTION || value.kind == VALUE_BUILTIN || value.kind == VALUE_SYMBOL ||
           value.kind == VALUE_METHOD;
}

static bool has_mask(const Arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++)
        if (arguments->at[i].keyword && strcmp(arguments->at[i].keyword, "mask") == 0) return true;
    return false;
}

/* What is not evaluated: a mask that is no function, and one that Keras would find at run time only. */
const Opaque *lambda_unknown(Eval *eval, const Layer *layer, Tensor *const *inputs, size_t count,
                             const Arguments *arguments) {
    const LambdaAttrs *attrs = layer->attrs;
    bool masked = false;
    for (size_t i = 0; i < count; i++) masked |= inputs[i]->mask != NULL;
    if (!value_is_none(attrs->mask) && !is_callable(attrs->mask))
        return eval_opaque(eval, arguments->call, "a Lambda whose mask= is no function is not evaluated")
            .as.opaque;
    if (masked && takes(attrs->function, "mask") && !has_mask(arguments))
        return eval_opaque(eval, arguments->call,
                           "a Lambda whose function gets several masks is not evaluated")
            .as.opaque;
    return NULL;
}

Value lambda_mask(const Layer *layer) {
    return ((const LambdaAttrs *)layer->attrs)->mask;
}

bool lambda_has_mask(const Layer *layer) {
    return lambda_is(layer) && !value_is_none(lambda_mask(layer));
}
