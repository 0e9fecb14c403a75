/* keras.activations.relu(x, max_value=6), keras.ops.gelu(x): activation functions called on symbolic tensors.
 *
 * In:  the symbol ("activations.relu", "ops.nn.gelu") and the arguments of the call.
 * Out: one operation node, with the name that Keras gives it (re_lu for keras.activations.relu, relu for
 *   keras.ops.relu).
 */
#include <string.h>

#include "layers/operation.h"

static bool promotes(int id) {
    return id == ACTIVATION_EXPONENTIAL || id == ACTIVATION_TANH ||
           (id >= ACTIVATION_KERAS_COUNT && id != ACTIVATION_OPS_ABS && id != ACTIVATION_OPS_SQUARE &&
            id != ACTIVATION_OPS_NEGATIVE);
}

static bool function_infer(LayerCall *call) {
    const ActivationRef *ref = call->node_attrs;
    const DType given = call->inputs[0]->dtype;
    call->output_dtypes[0] =
        dtype_is_float(given) || !promotes(ref->id) ? given : call->graph->settings.floatx;
    return activation_infer(call, ref, &call->output_shapes[0]);
}

static bool function_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const DType dtype = node->outputs[0]->dtype;
    if (!dtype_is_float(dtype)) {
        return lower_unsupported(l, node, "it computes in %s, and only floats can be computed with",
                                 dtype_name(dtype));
    }
    outputs[0] = activation_lower(l, node, node->attrs, ir_cast(l, node, inputs[0], dtype));
    return true;
}

#define FUNCTION_CLASS(class_name, from)                                                                     \
    {                                                                                                        \
        .name = class_name, .module = from, .about = "an activation function", .infer = function_infer,      \
        .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST, .lower = function_lower                                \
    }

static const LayerClass classes[] = {
#define ACTIVATION(id, name, class_name, ...) FUNCTION_CLASS(class_name, "keras.src.ops.nn"),
#include "layers/activation.def"
#undef ACTIVATION
};
static const LayerClass relu_class = FUNCTION_CLASS("ReLU", "keras.src.activations.activations");

static const char *const parameters[] = {
#define ACTIVATION(id, name, class_name, params, ...) params,
#include "layers/activation.def"
#undef ACTIVATION
};

static const char *last_part(const char *symbol) {
    const char *dot = strrchr(symbol, '.');
    return dot ? dot + 1 : symbol;
}

bool activation_is_function(const char *symbol) {
    const bool keras = strncmp(symbol, "activations.", 12) == 0;
    const int id = activation_find(last_part(symbol));
    return id >= 0 && id != ACTIVATION_LINEAR &&
           (keras ? id < ACTIVATION_KERAS_COUNT : strncmp(symbol, "ops.", 4) == 0);
}

typedef struct FunctionCall {
    Graph *graph;
    int id;
    const char *params; /* of the function after x, separated by spaces */
    ActivationRef *ref;
    Value x;
    uint32_t given; /* bit i: parameter i, where 0 is x */
} FunctionCall;

/* The index of the parameter: 0 is x; -1 where there is none of that name. */
static int find_param(const FunctionCall *call, const char *name) {
    const char *params = call->params;
    if (strcmp(name, "x") == 0) return 0;
    for (int i = 1; *params; i++) {
        const size_t length = strcspn(params, " ");
        if (strlen(name) == length && strncmp(params, name, length) == 0) return i;
        params += length + (params[length] == ' ');
    }
    return -1;
}

static int count_params(const FunctionCall *call) {
    int count = 1 + (*call->params != '\0');
    for (const char *c = call->params; *c; c++) count += *c == ' ';
    return count;
}

static bool store(FunctionCall *call, int param, const Argument *argument) {
    const Value value = argument->value;
    ActivationRef *ref = call->ref;
    call->given |= 1u << param;
    if (param == 0) {
        call->x = value;
        if (value.kind == VALUE_TENSOR) return true;
        return diag_report(call->graph->diags, E202, argument->at,
                           "%s() expects a tensor, but received %s (of type <class '%s'>)",
                           activation_name(call->id), value_text(call->graph->arena, value),
                           value_type_name(value));
    }
    if (strcmp(call->params, "axis") == 0) {
        if (value_as_int(value, &ref->axis)) return true;
    } else if (call->id == ACTIVATION_RELU && param == 2 && value_is_none(value)) {
        return ref->parameter[1] = NAN, true;
    } else if (value_as_number(value, &ref->parameter[param - 1])) {
        return true;
    }
    return diag_report(call->graph->diags, E204, argument->at, "%s() received an invalid argument %s",
                       activation_name(call->id), value_repr(call->graph->arena, value));
}

static bool bind(FunctionCall *call, const Arguments *arguments) {
    const char *name = activation_name(call->id);
    Diagnostics *diags = call->graph->diags;
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        const int param = argument->keyword ? find_param(call, argument->keyword) : (int)i;
        if (param < 0) {
            return diag_report(diags, E205, argument->keyword_at,
                               "%s() got an unexpected keyword argument '%s'", name, argument->keyword);
        }
        if (param >= count_params(call)) {
            return diag_report(diags, E200, argument->at, "%s() takes at most %d positional argument%s", name,
                               count_params(call), count_params(call) == 1 ? "" : "s");
        }
        if (call->given >> param & 1) {
            return diag_report(diags, E200, argument->keyword_at,
                               "%s() got multiple values for argument '%s'", name, argument->keyword);
        }
        if (!store(call, param, argument)) return false;
    }
    const uint32_t required = call->id == ACTIVATION_THRESHOLD ? 7 : 1;
    if ((call->given & required) == required) return true;
    return diag_report(diags, E200, arguments->call, "%s() is missing a required argument%s", name,
                       call->given & 1 ? ": it needs threshold and default_value" : ": 'x'");
}

static const Opaque *find_opaque(const Arguments *arguments) {
    const Opaque *found = NULL;
    for (size_t i = 0; !found && i < arguments->count; i++) found = value_find_opaque(arguments->at[i].value);
    return found;
}

bool activation_call(Graph *graph, const char *symbol, const Arguments *arguments, Value *out) {
    const int id = activation_find(last_part(symbol));
    const bool keras = strncmp(symbol, "activations.", 12) == 0;
    const Opaque *opaque = find_opaque(arguments);
    FunctionCall call = {
        .graph = graph, .id = id, .params = parameters[id], .ref = ARENA_NEW(graph->arena, ActivationRef)};
    if (opaque) return *out = (Value){.kind = VALUE_OPAQUE, .as.opaque = opaque}, true;
    *call.ref = activation_make(id);
    if (!keras && id == ACTIVATION_GELU) call.ref->parameter[0] = 1;
    if (!keras && id == ACTIVATION_RELU) call.params = ""; /* keras.ops.relu takes x only */
    if (!bind(&call, arguments)) return *out = layer_poison(graph, arguments->call), false;
    const LayerClass *class_ = keras && id == ACTIVATION_RELU ? &relu_class : &classes[id];
    return operation_record(graph, class_, &call.x, 1, call.ref, arguments->call, out);
}
