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

/* keras.activations.relu(x), keras.ops.concatenate([a, b]), tf.nn.relu(x) */
static bool call_operation(Eval *eval, const char *symbol, const Arguments *arguments, Value *out) {
    const Opaque *cause = eval_arguments_opaque(arguments);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (!has_tensor(arguments)) {
        *out = eval_opaque_package(eval, arguments->call, "%s of values is not evaluated", symbol);
        return true;
    }
    if (strncmp(symbol, "tf.", 3) == 0)
        return eval_raise(
            eval, E320, "ValueError", arguments->call,
            "A KerasTensor cannot be used as input to a TensorFlow function (%s); use the layer or "
            "keras.ops instead",
            symbol);
    *out = value_none();
    const DiagMark mark = diag_mark(eval->diags);
    if (ops_is_function(symbol)) return eval_checked(eval, mark, ops_call(eval->graph, symbol, arguments, out));
    if (activation_is_function(symbol))
        return eval_checked(eval, mark, activation_call(eval->graph, symbol, arguments, out));
    *out = eval_opaque_package(eval, arguments->call, "keras.%s of a tensor is not supported yet", symbol);
    return true;
}

bool eval_call_symbol(Eval *eval, const char *symbol, const Arguments *arguments, Value *out) {
    if (strncmp(symbol, "activations.", 12) == 0 || strncmp(symbol, "ops.", 4) == 0 ||
        strncmp(symbol, "tf.", 3) == 0)
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
