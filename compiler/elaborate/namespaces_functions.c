/* Functions of Keras and of Python's standard modules that are evaluated: Input, the global settings, and a
 * few more.
 *
 * The settings live in graph->settings; each setter is checked as Keras does. A setter in skipped text, or
 * one with an unknown argument, makes everything that is constructed later unknown (Eval.settings_unknown).
 */
#include <string.h>

#include "elaborate/applications.h"
#include "elaborate/numpy.h"
#include "elaborate/iterate.h"
#include "value/dtype.h"

/* The argument in first place, or by its keyword; NULL where it is absent. */
static const Argument *only_argument(const Arguments *arguments, const char *keyword) {
    for (size_t i = 0; i < arguments->count; i++)
        if (!arguments->at[i].keyword || strcmp(arguments->at[i].keyword, keyword) == 0)
            return &arguments->at[i];
    return NULL;
}

static bool missing(Eval *eval, const Builtin *self, const Arguments *arguments, const char *name) {
    return eval_raise(eval, E303, NULL, arguments->call, "%s() missing 1 required positional argument: '%s'",
                      strrchr(self->name, '.') + 1, name);
}

/* The argument of a setter; false after reporting, and *out NULL where it is unknown. */
static bool setting(Eval *eval, const Builtin *self, const Arguments *arguments, const char *name,
                    const Argument **out) {
    *out = only_argument(arguments, name);
    if (!*out) return missing(eval, self, arguments, name);
    const Opaque *cause = eval_opaque_inside((*out)->value);
    if (!cause) return true;
    eval->settings_unknown = cause;
    *out = NULL;
    return true;
}

static bool call_input(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    const Opaque *cause = eval->settings_unknown ? eval->settings_unknown : eval_arguments_opaque(arguments);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    return model_input(eval->graph, arguments, out);
}

/* ---- settings ---- */

static bool call_set_floatx(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *value;
    DType dtype;
    *out = value_none();
    if (!setting(eval, self, arguments, "value", &value)) return false;
    if (!value) return true;
    const char *text = value_c_str(value->value);
    static const char *const LEGAL[] = {"bfloat16", "float16", "float32", "float64"};
    for (size_t i = 0; i < 4; i++) {
        if (!text || strcmp(text, LEGAL[i]) != 0 || !dtype_parse(text, &dtype)) continue;
        eval->graph->settings.floatx = dtype;
        return true;
    }
    return eval_raise(
        eval, E318, NULL, value->at,
        "Unknown `floatx` value: %s. Expected one of {'bfloat16', 'float16', 'float32', 'float64'}",
        value_text(eval->arena, value->value));
}

static bool call_floatx(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self, (void)arguments;
    *out = value_str(eval->arena, dtype_name(eval->graph->settings.floatx));
    return true;
}

static bool call_set_data_format(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *value;
    *out = value_none();
    if (!setting(eval, self, arguments, "data_format", &value)) return false;
    if (!value) return true;
    const char *text = value_c_str(value->value);
    const bool first = text && strcmp(text, "channels_first") == 0;
    if (!first && (!text || strcmp(text, "channels_last") != 0))
        return eval_raise(
            eval, E318, NULL, value->at,
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. Received: "
            "data_format=%s",
            value_text(eval->arena, value->value));
    eval->graph->settings.channels_first = first;
    return true;
}

static bool call_data_format(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self, (void)arguments;
    *out = value_str(eval->arena, eval->graph->settings.channels_first ? "channels_first" : "channels_last");
    return true;
}

static bool call_set_epsilon(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *value;
    *out = value_none();
    if (!setting(eval, self, arguments, "value", &value)) return false;
    if (value && !value_as_float(value->value, &eval->graph->settings.epsilon))
        return eval_raise(eval, E318, "TypeError", value->at, "epsilon is a number, not %s",
                          value_repr(eval->arena, value->value));
    return true;
}

static bool call_epsilon(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self, (void)arguments;
    *out = value_float(eval->graph->settings.epsilon);
    return true;
}

/* The name in a policy: a string, or DTypePolicy('...') or Policy(name='...'). */
static const char *policy_name(Value value) {
    if (value.kind == VALUE_DTYPE) return dtype_name(value.as.dtype);
    if (value.kind != VALUE_CONFIG || strcmp(value.as.config->symbol, "dtype_policies.DTypePolicy") != 0)
        return value_c_str(value);
    const Argument *name = only_argument(value.as.config->arguments, "name");
    return name ? value_c_str(name->value) : NULL;
}

static bool set_policy(Graph *graph, const char *name) {
    DType dtype;
    if (!name) return false;
    GraphSettings *settings = &graph->settings;
    const bool mixed = strncmp(name, "mixed_", 6) == 0;
    if (!dtype_parse(mixed ? name + 6 : name, &dtype) ||
        (mixed && dtype != DTYPE_FLOAT16 && dtype != DTYPE_BFLOAT16))
        return false;
    settings->policy_compute = dtype;
    settings->policy_variable = mixed ? DTYPE_FLOAT32 : dtype;
    settings->policy_set = true;
    return true;
}

static bool call_set_policy(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *value;
    *out = value_none();
    if (!setting(eval, self, arguments, "policy", &value)) return false;
    if (!value || set_policy(eval->graph, policy_name(value->value))) return true;
    return eval_raise(
        eval, E318, NULL, value->at,
        "Cannot convert %s to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', "
        "'mixed_bfloat16', and the name of any float dtype such as 'float32'",
        value_repr(eval->arena, value->value));
}

static bool call_policy(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    const GraphSettings *settings = &eval->graph->settings;
    const char *name = dtype_name(settings->policy_set ? settings->policy_compute : settings->floatx);
    if (settings->policy_set && settings->policy_compute != settings->policy_variable)
        name = eval_str(eval, "mixed_%s", name);
    Argument *argument = ARENA_NEW(eval->arena, Argument);
    *argument = (Argument){.value = value_str(eval->arena, name), .at = arguments->call};
    Arguments *list = ARENA_NEW(eval->arena, Arguments);
    *list = (Arguments){argument, 1, arguments->call};
    Config *config = ARENA_NEW(eval->arena, Config);
    *config = (Config){"dtype_policies.DTypePolicy", list};
    *out = (Value){.kind = VALUE_CONFIG, .as.config = config};
    return true;
}

static bool call_clear_session(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self, (void)arguments;
    graph_clear_session(eval->graph);
    *out = value_none();
    return true;
}

/* ---- questions about tensors ---- */

static bool call_is_keras_tensor(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *value = only_argument(arguments, "x");
    if (!value) return missing(eval, self, arguments, "x");
    *out = value_bool(value->value.kind == VALUE_TENSOR && !value->value.as.tensor->known);
    if (value_is_opaque(value->value)) *out = value->value;
    return true;
}

/* K.int_shape(x), keras.ops.shape(x): a tuple, with None where Keras' ops.shape would give a tensor. */
static bool call_int_shape(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *value = only_argument(arguments, "x");
    if (!value) return missing(eval, self, arguments, "x");
    if (value->value.kind == VALUE_TENSOR) return eval_attribute(eval, value->value, "shape", value->at, out);
    *out = eval_opaque_package(eval, arguments->call,
                               "the shape of something other than a symbolic tensor is not evaluated");
    return true;
}

/* ---- small things ---- */

static bool call_nothing(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)eval, (void)self, (void)arguments;
    *out = value_none();
    return true;
}

static bool call_backend(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self, (void)arguments;
    *out = value_str(eval->arena, "tensorflow");
    return true;
}

/* keras.activations.get("relu"), keras.initializers.get(...): what layers take stands for itself. */
static bool call_get(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *value = only_argument(arguments, "identifier");
    if (!value) return missing(eval, self, arguments, "identifier");
    *out = value->value;
    if (!self->data) return true;
    const char *text = value_is_none(*out) ? "linear" : value_c_str(*out);
    if (!text) return true;
    ActivationRef ref;
    if (!activation_parse(eval->graph, *out, value->at, &ref)) return false;
    *out = value_symbol(eval_str(eval, "activations.%s", text));
    return true;
}

static bool call_exit(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self, (void)arguments;
    *out = value_none();
    eval->exited = true;
    return false;
}

static bool call_partial(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    if (arguments->count == 0 || arguments->at[0].keyword) return missing(eval, self, arguments, "func");
    struct Function *function = ARENA_NEW(eval->arena, struct Function);
    Value *callee = ARENA_NEW(eval->arena, Value);
    Arguments *bound = ARENA_NEW(eval->arena, Arguments);
    *callee = arguments->at[0].value;
    *bound = (Arguments){arguments->at + 1, arguments->count - 1, arguments->call};
    *function = (struct Function){
        .name = "functools.partial", .at = arguments->call, .partial_of = callee, .partial = bound};
    if (value_is_opaque(*callee))
        *out = *callee;
    else
        *out = (Value){.kind = VALUE_FUNCTION, .as.function = function};
    return true;
}

/* @cache, @lru_cache and @lru_cache(maxsize=None) */
static bool call_cache(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Value first =
        arguments->count == 1 && !arguments->at[0].keyword ? arguments->at[0].value : value_none();
    *out = value_builtin(self);
    if (first.kind != VALUE_FUNCTION) {
        if (value_is_opaque(first)) *out = first;
        return true;
    }
    struct Function *function = ARENA_NEW(eval->arena, struct Function);
    Value *callee = ARENA_NEW(eval->arena, Value);
    *callee = first;
    *function = (struct Function){.name = first.as.function->name,
                                  .at = first.as.function->at,
                                  .partial_of = callee,
                                  .memo = value_dict_new(eval->arena).as.dict};
    *out = (Value){.kind = VALUE_FUNCTION, .as.function = function};
    return true;
}

static bool call_reduce(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    List *iterator;
    bool more = true, started = arguments->count == 3;
    if (arguments->count < 2 || arguments->count > 3) return missing(eval, self, arguments, "iterable");
    if (!iterate_open(eval, arguments->at[1].value, arguments->at[1].at, &iterator)) return false;
    *out = started ? arguments->at[2].value : value_none();
    for (;;) {
        Value pair[2] = {*out};
        if (!iterate_next(eval, iterator, arguments->call, &pair[1], &more)) return false;
        if (iterator->opaque || !more) break;
        if (!started)
            *out = pair[1];
        else if (!eval_call_values(eval, arguments->at[0].value, pair, 2, arguments->call, out))
            return false;
        started = true;
    }
    if (iterator->opaque) *out = eval_opaque_from(eval, iterator->opaque);
    if (started || iterator->opaque) return true;
    return eval_raise(eval, E350, NULL, arguments->call, "reduce() of empty iterable with no initial value");
}

static bool call_suppress(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    Config *config = ARENA_NEW(eval->arena, Config);
    *config = (Config){.symbol = self->name, .arguments = arguments};
    *out = (Value){.kind = VALUE_CONFIG, .as.config = config};
    return true;
}

/* @dataclass, @dataclass(frozen=True); dataclasses.field(...) */
static bool call_dataclass(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)eval, (void)arguments;
    *out = value_builtin(self);
    return true;
}

static const Builtin FUNCTIONS[] = {
    {.name = "keras.Input", .call = call_input, .takes_unknown = true},
    {.name = "keras.config.set_floatx", .call = call_set_floatx, .takes_unknown = true},
    {.name = "keras.config.floatx", .call = call_floatx, .takes_unknown = true},
    {.name = "keras.config.set_image_data_format", .call = call_set_data_format, .takes_unknown = true},
    {.name = "keras.config.image_data_format", .call = call_data_format, .takes_unknown = true},
    {.name = "keras.config.set_epsilon", .call = call_set_epsilon, .takes_unknown = true},
    {.name = "keras.config.epsilon", .call = call_epsilon, .takes_unknown = true},
    {.name = "keras.config.set_dtype_policy", .call = call_set_policy, .takes_unknown = true},
    {.name = "keras.config.dtype_policy", .call = call_policy, .takes_unknown = true},
    {.name = "keras.config.backend", .call = call_backend, .takes_unknown = true},
    {.name = "keras.config.clear_session", .call = call_clear_session, .takes_unknown = true},
    {.name = "keras.utils.is_keras_tensor", .call = call_is_keras_tensor, .takes_unknown = true},
    {.name = "keras.ops.shape", .call = call_int_shape, .takes_unknown = true},
    {.name = "keras.utils.set_random_seed", .call = call_nothing, .takes_unknown = true},
    {.name = "keras.utils.plot_model", .call = call_nothing, .takes_unknown = true},
    {.name = "keras.activations.get", .call = call_get, .takes_unknown = true, .data = "activations"},
    {.name = "keras.initializers.get", .call = call_get, .takes_unknown = true},
    {.name = "keras.regularizers.get", .call = call_get, .takes_unknown = true},
    {.name = "keras.constraints.get", .call = call_get, .takes_unknown = true},
    {.name = "sys.exit", .call = call_exit, .takes_unknown = true},
    {.name = "functools.partial", .call = call_partial, .takes_unknown = true},
    {.name = "functools.reduce", .call = call_reduce},
    {.name = "copy.copy", .call = eval_copy, .takes_unknown = true},
    {.name = "copy.deepcopy", .call = eval_deepcopy, .takes_unknown = true},
    {.name = "functools.cache", .call = call_cache, .takes_unknown = true},
    {.name = "functools.lru_cache", .call = call_cache, .takes_unknown = true},
    {.name = "dataclasses.dataclass", .call = call_dataclass, .takes_unknown = true},
    {.name = "dataclasses.field", .call = call_suppress, .takes_unknown = true},
    {.name = "contextlib.suppress", .call = call_suppress, .takes_unknown = true}};

/* Other spellings of the same functions. */
static const char *const ALIASES[][2] = {
    {"keras.layers.Input", "keras.Input"},
    {"keras.utils.clear_session", "keras.config.clear_session"},
    {"keras.backend.clear_session", "keras.config.clear_session"},
    {"keras.backend.backend", "keras.config.backend"},
    {"keras.backend.set_floatx", "keras.config.set_floatx"},
    {"keras.backend.floatx", "keras.config.floatx"},
    {"keras.backend.set_image_data_format", "keras.config.set_image_data_format"},
    {"keras.backend.image_data_format", "keras.config.image_data_format"},
    {"keras.backend.set_epsilon", "keras.config.set_epsilon"},
    {"keras.backend.epsilon", "keras.config.epsilon"},
    {"keras.backend.is_keras_tensor", "keras.utils.is_keras_tensor"},
    {"keras.backend.int_shape", "keras.ops.shape"},
    {"keras.ops.core.shape", "keras.ops.shape"},
    {"keras.mixed_precision.set_global_policy", "keras.config.set_dtype_policy"},
    {"keras.mixed_precision.set_dtype_policy", "keras.config.set_dtype_policy"},
    {"keras.mixed_precision.global_policy", "keras.config.dtype_policy"},
    {"keras.mixed_precision.dtype_policy", "keras.config.dtype_policy"}};

const Builtin *keras_function(const char *path) {
    for (size_t i = 0; i < sizeof ALIASES / sizeof ALIASES[0]; i++)
        if (strcmp(ALIASES[i][0], path) == 0) path = ALIASES[i][1];
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; i++)
        if (strcmp(FUNCTIONS[i].name, path) == 0) return &FUNCTIONS[i];
    if (strncmp(path, "numpy.", 6) == 0) return numpy_function(path);
    return applications_function(path);
}
