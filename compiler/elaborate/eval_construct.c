/* Making a layer or a model: Dense(4), Model(x, y).
 *
 * Invariant: what is built from something opaque is opaque; unknown arguments that say only how a layer is
 * trained do not matter.
 */
#include <string.h>

#include "elaborate/classes.h"

static const ParamSpec *find_param(const LayerClass *class_, const Arguments *arguments, size_t index) {
    size_t position = 0;
    for (size_t i = 0; i < index; i++) position += !arguments->at[i].keyword;
    const char *keyword = arguments->at[index].keyword;
    for (const ParamSpec *spec = class_->params; spec && spec->name; spec++) {
        if (keyword ? strcmp(spec->name, keyword) == 0 : position == 0) return spec;
        if (!keyword) position--;
    }
    return NULL;
}

/* Arguments that say nothing about what the layer computes: how weights begin, are regularized, are trained.
 */
static bool is_about_training(const LayerClass *class_, const Arguments *arguments, size_t index) {
    static const char *const NAMES[] = {"trainable", "weights", "kernel_initializer", "bias_initializer",
                                        "seed"};
    const char *keyword = arguments->at[index].keyword;
    for (size_t i = 0; keyword && i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(NAMES[i], keyword) == 0) return true;
    const ParamSpec *spec = find_param(class_, arguments, index);
    return spec && (spec->kind == PARAM_IGNORED || spec->kind == PARAM_INITIALIZER);
}

/* The arguments without unknown ones that do not matter. *cause: an unknown one that does. */
static const Arguments *known_arguments(Eval *eval, const LayerClass *class_, const Arguments *arguments,
                                        const Opaque **cause) {
    *cause = eval_arguments_opaque(arguments);
    if (!*cause) return arguments;
    VEC(Argument) kept = {0};
    *cause = NULL;
    for (size_t i = 0; i < arguments->count; i++) {
        Argument argument = arguments->at[i];
        const Opaque *unknown = eval_opaque_inside(argument.value);
        if (unknown && is_about_training(class_, arguments, i)) {
            if (argument.keyword) continue;
            argument.value = value_none();
            unknown = NULL;
        }
        if (unknown && !*cause)
            *cause = unknown->at.file ? unknown : eval_opaque(eval, argument.at, unknown->reason).as.opaque;
        vec_push(eval->arena, &kept, argument);
    }
    Arguments *result = ARENA_NEW(eval->arena, Arguments);
    *result = (Arguments){kept.at, kept.count, arguments->call};
    return result;
}

/* Functions of the file that are activations, by the names under which the layers know them. */
static const Arguments *known_activations(Eval *eval, const LayerClass *class_, const Arguments *arguments) {
    Arguments *result = NULL;
    for (size_t i = 0; i < arguments->count; i++) {
        const ParamSpec *spec = find_param(class_, arguments, i);
        if (arguments->at[i].value.kind != VALUE_FUNCTION || !spec || spec->kind != PARAM_ACTIVATION)
            continue;
        if (!result) {
            Argument *copy = ARENA_ARRAY(eval->arena, Argument, arguments->count);
            memcpy(copy, arguments->at, arguments->count * sizeof *copy);
            result = ARENA_NEW(eval->arena, Arguments);
            *result = (Arguments){copy, arguments->count, arguments->call};
        }
        ((Argument *)result->at)[i].value =
            eval_activation(eval, arguments->at[i].value, arguments->at[i].at);
    }
    return result ? result : arguments;
}

static bool construct(Eval *eval, const LayerClass *class_, const Arguments *arguments, Value *out) {
    if (class_ == &MODEL_CLASS_FUNCTIONAL) return model_functional(eval->graph, arguments, out);
    if (class_ == &MODEL_CLASS_SEQUENTIAL) return model_sequential(eval->graph, arguments, out);
    if (class_ == &MODEL_CLASS_INPUT_LAYER) return model_input_layer(eval->graph, arguments, out);
    Layer *layer = NULL;
    class_ = custom_rnn_class(eval, class_, arguments);
    if (!layer_construct(eval->graph, class_, arguments, &layer)) return false;
    *out = value_layer(layer);
    return true;
}

static bool is_model_class(const LayerClass *class_) {
    return class_ == &MODEL_CLASS_FUNCTIONAL || class_ == &MODEL_CLASS_SEQUENTIAL;
}

/* So that the choice of the model to compile can tell that this would have been one. */
static const Opaque *unknown_model(Eval *eval, const Opaque *cause) {
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    Value *part_of = ARENA_NEW(eval->arena, Value);
    *part_of = eval_value_of(cause);
    *opaque = *cause;
    opaque->model = true;
    opaque->part_of = part_of;
    return opaque;
}

bool eval_construct(Eval *eval, const LayerClass *class_, const Arguments *arguments, Value *out) {
    const Opaque *cause = eval->settings_unknown;
    if (!cause) arguments = known_arguments(eval, class_, arguments, &cause);
    if (cause) {
        *out = eval_opaque_from(eval, is_model_class(class_) ? unknown_model(eval, cause) : cause);
        return true;
    }
    *out = value_none();
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, construct(eval, class_, known_activations(eval, class_, arguments), out));
}
