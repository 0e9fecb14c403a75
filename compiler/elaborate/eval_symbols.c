/* Symbols: names of Keras that stand for themselves, called. An initializer or optimizer with arguments stays
 * what it is (VALUE_CONFIG); a merging function makes its layer; an activation or operation works on a
 * tensor. */
#include <string.h>

#include "elaborate/eval_parts.h"
#include "layers/ops.h"

static Value make_config(Eval *eval, const char *symbol, const Arguments *arguments) {
    Config *config = ARENA_NEW(eval->arena, Config);
    *config = (Config){.symbol = symbol, .arguments = arguments};
    return (Value){.kind = VALUE_CONFIG, .as.config = config};
}

static void see_tensor(void *context, Tensor *tensor) {
    (void)tensor;
    *(bool *)context = true;
}

static bool has_tensor(const Arguments *arguments) {
    bool seen = false;
    for (size_t i = 0; i < arguments->count && !seen; i++)
        value_each_tensor(arguments->at[i].value, see_tensor, &seen);
    return seen;
}

const Opaque *eval_known_opaque(Eval *eval, Value value, SourceRange at) {
    if (value.kind != VALUE_TENSOR || !value.as.tensor->known) return NULL;
    return eval_opaque_package(eval, at, "what keras.ops computes is not read while the file is evaluated")
        .as.opaque;
}

static void see_symbolic(void *context, Tensor *tensor) {
    *(bool *)context |= !tensor->known;
}

bool eval_has_symbolic(const Arguments *arguments) {
    bool seen = false;
    for (size_t i = 0; i < arguments->count && !seen; i++)
        value_each_tensor(arguments->at[i].value, see_symbolic, &seen);
    return seen;
}

/* A value outside of layers: Keras computes it at once, so that it is no part of a model. */
static bool is_known(Eval *eval, Value value) {
    if (!eval->layer_scope) value.as.tensor->known = true, value.as.tensor->traced = false;
    return true;
}

/* TensorFlow's own functions, and the old backend's. */
static bool is_foreign(const char *symbol) {
    return strncmp(symbol, "tf.", 3) == 0 || strncmp(symbol, "K.", 2) == 0;
}

/* Where Keras has tensors of TensorFlow's, numbers become such tensors. */
static const Arguments *with_constant(Eval *eval, const Arguments *arguments) {
    Argument *list = ARENA_ARRAY(eval->arena, Argument, arguments->count);
    Arguments *result = ARENA_NEW(eval->arena, Arguments);
    if (arguments->count == 0) return NULL;
    memcpy(list, arguments->at, arguments->count * sizeof *list);
    if (!ops_constant(eval->graph, list[0].value, list[0].at, &list[0].value)) return NULL;
    (void)is_known(eval, list[0].value);
    *result = (Arguments){list, arguments->count, arguments->call};
    return result;
}

/* The activation of Keras that the function is: tf.nn.gelu is keras.activations.gelu. */
static const char *as_activation(Eval *eval, const char *symbol) {
    const char *own = eval_str(eval, "activations.%s", strrchr(symbol, '.') + 1);
    return activation_is_function(own) ? own : symbol;
}

static bool call_on_tensors(Eval *eval, const char *symbol, const Arguments *arguments, Value *out) {
    const DiagMark mark = diag_mark(eval->diags);
    *out = value_none();
    if (ops_is_function(symbol))
        return eval_checked(eval, mark, ops_call(eval->graph, symbol, arguments, out));
    if (is_foreign(symbol)) symbol = as_activation(eval, symbol);
    if (activation_is_function(symbol))
        return eval_checked(eval, mark, activation_call(eval->graph, symbol, arguments, out));
    *out = eval_opaque_package(eval, arguments->call, "%s%s of a tensor is not supported yet",
                               is_foreign(symbol) ? "" : "keras.", symbol);
    return true;
}

/* keras.activations.relu(x), keras.ops.concatenate([a, b]), tf.nn.relu(x) */
static bool call_operation(Eval *eval, const char *symbol, const Arguments *arguments, Value *out) {
    const Opaque *cause = eval_arguments_opaque(arguments);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (!has_tensor(arguments)) {
        const Arguments *moved = NULL;
        const bool foreign = is_foreign(symbol), tf1 = eval->graph->settings.tf1 && foreign;
        const bool makes = eval->layer_scope || !foreign || tf1;
        if (makes && ops_make(eval->graph, symbol, arguments, out)) return tf1 || is_known(eval, *out);
        if ((eval->layer_scope || !foreign) && ops_is_function(symbol))
            moved = with_constant(eval, arguments);
        if (moved) return call_on_tensors(eval, symbol, moved, out);
        *out = eval_opaque_package(eval, arguments->call, "%s of values is not evaluated", symbol);
        return true;
    }
    if (is_foreign(symbol) && !eval->layer_scope && !eval_has_symbolic(arguments)) {
        *out = eval_opaque_package(eval, arguments->call, "%s of values is not evaluated", symbol);
        return true;
    }
    if (is_foreign(symbol) && !eval->layer_scope)
        return eval_raise(
            eval, E320, "ValueError", arguments->call,
            "A KerasTensor cannot be used as input to a TensorFlow function (%s); use the layer or "
            "keras.ops instead",
            symbol);
    return call_on_tensors(eval, symbol, arguments, out);
}

bool eval_call_symbol(Eval *eval, const char *symbol, const Arguments *arguments, Value *out) {
    if (strncmp(symbol, "activations.", 12) == 0 || strncmp(symbol, "ops.", 4) == 0 || is_foreign(symbol))
        return call_operation(eval, symbol, arguments, out);
    if (strncmp(symbol, "layers.", 7) == 0 && layer_is_functional(symbol + 7)) {
        const Opaque *cause =
            eval->settings_unknown ? eval->settings_unknown : eval_arguments_opaque(arguments);
        if (cause) {
            *out = eval_opaque_from(eval, cause);
            return true;
        }
        *out = value_none();
        const DiagMark mark = diag_mark(eval->diags);
        return eval_checked(eval, mark, layer_functional(eval->graph, symbol + 7, arguments, out));
    }
    if (strncmp(symbol, "layers.", 7) == 0 || strcmp(symbol, "KerasTensor") == 0) {
        *out = eval_opaque_package(eval, arguments->call, "keras.%s is not evaluated", symbol);
        return true;
    }
    *out = make_config(eval, symbol, arguments);
    return true;
}
