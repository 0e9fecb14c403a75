/* Attributes: object.name, and object.name = value, by the object's kind. Layers and models are
 * eval_layers.c's. */
#include <string.h>

#include "elaborate/classes.h"
#include "elaborate/numpy.h"

Value history_tuple(Eval *eval, const Tensor *tensor) {
    const Value tuple = value_list_new(eval->arena, VALUE_TUPLE);
    value_list_push(eval->arena, tuple,
                    tensor->history.layer ? value_layer(tensor->history.layer) : value_none());
    value_list_push(eval->arena, tuple, value_int(tensor->history.node_index));
    value_list_push(eval->arena, tuple, value_int(tensor->history.tensor_index));
    return tuple;
}

static Value shape_tuple(Eval *eval, const Shape *shape) {
    const Value tuple = value_list_new(eval->arena, VALUE_TUPLE);
    for (int i = 0; i < shape->rank; i++)
        value_list_push(eval->arena, tuple,
                        shape->dim[i] == DIM_UNKNOWN ? value_none() : value_int(shape->dim[i]));
    return tuple;
}

static Value method_of(Eval *eval, Value self, const char *name) {
    Method *method = ARENA_NEW(eval->arena, Method);
    *method = (Method){.self = self, .name = name};
    return (Value){.kind = VALUE_METHOD, .as.method = method};
}

static bool tensor_attribute(Eval *eval, Tensor *tensor, const char *name, Value *out) {
    if (strcmp(name, "shape") == 0)
        *out = shape_tuple(eval, &tensor->shape);
    else if (strcmp(name, "dtype") == 0)
        *out = value_str(eval->arena, dtype_name(tensor->dtype));
    else if (strcmp(name, "name") == 0)
        *out = value_str(eval->arena, tensor->name);
    else if (strcmp(name, "ndim") == 0)
        *out = value_int(tensor->shape.rank);
    else if (strcmp(name, "sparse") == 0)
        *out = value_bool(tensor->sparse);
    else if (strcmp(name, "ragged") == 0)
        *out = value_bool(tensor->ragged);
    else if (strcmp(name, "_keras_history") == 0)
        *out = (Value){.kind = VALUE_HISTORY, .as.tensor = tensor};
    else
        return false;
    return true;
}

static bool history_attribute(const Tensor *tensor, const char *name, Value *out) {
    const History *history = &tensor->history;
    if (strcmp(name, "operation") == 0 || strcmp(name, "layer") == 0)
        *out = history->layer ? value_layer(history->layer) : value_none();
    else if (strcmp(name, "node_index") == 0)
        *out = value_int(history->node_index);
    else if (strcmp(name, "tensor_index") == 0)
        *out = value_int(history->tensor_index);
    else
        return false;
    return true;
}

/* __name__ of functions and classes. */
static bool name_of(Eval *eval, Value object, Value *out) {
    const char *name = NULL;
    if (object.kind == VALUE_FUNCTION) name = object.as.function->name;
    if (object.kind == VALUE_LAYER_CLASS) name = object.as.layer_class->name;
    if (object.kind == VALUE_BUILTIN) name = object.as.builtin->name;
    if (object.kind == VALUE_SYMBOL) name = object.as.symbol;
    if (!name) return false;
    const char *dot = strrchr(name, '.');
    *out = value_str(eval->arena, dot ? dot + 1 : name);
    return true;
}

static bool missing_attribute(Eval *eval, Value object, const char *name, SourceRange at) {
    const char *type = value_class_name(object);
    if (object.kind == VALUE_LAYER_CLASS || object.kind == VALUE_BUILTIN || object.kind == VALUE_FUNCTION)
        eval_raise(eval, E302, NULL, at, "%s has no attribute '%s'", value_repr(eval->arena, object), name);
    else
        eval_raise(eval, E302, NULL, at, "'%s' object has no attribute '%s'", type, name);
    const char *names[64];
    eval_suggest(eval, at, name, names, value_method_names(object, names, 64));
    return false;
}

static bool plain_attribute(Eval *eval, Value object, const char *name, SourceRange at, Value *out) {
    if (value_has_method(object, name)) {
        *out = method_of(eval, object, name);
        return true;
    }
    if (strcmp(name, "__class__") == 0 && builtin_type_of(object, out)) return true;
    if (strcmp(name, "__name__") == 0 && name_of(eval, object, out)) return true;
    switch (object.kind) {
    case VALUE_DTYPE:
        if (strcmp(name, "name") != 0) break;
        *out = value_str(eval->arena, dtype_name(object.as.dtype));
        return true;
    case VALUE_CLASS: /* Foo.from_config */
        if (!object.as.class_->row || !custom_is_known(name)) break;
        *out = eval_opaque_package(eval, at, "the attribute %s of class %s is not evaluated", name,
                                   object.as.class_->name);
        return true;
    case VALUE_CONFIG: /* an optimizer's learning rate and the like */
        if (strcmp(object.as.config->symbol, "builtins.property") == 0) {
            *out = method_of(eval, object, name);
            return true;
        }
        if (strcmp(name, "args") == 0 && strncmp(object.as.config->symbol, "builtins.", 9) == 0) {
            *out = value_list_new(eval->arena, VALUE_TUPLE);
            for (size_t i = 0; i < object.as.config->arguments->count; i++)
                value_list_push(eval->arena, *out, object.as.config->arguments->at[i].value);
            return true;
        }
        *out = eval_opaque_package(eval, at, "attributes of %s objects are not evaluated",
                                   object.as.config->symbol);
        return true;
    case VALUE_SYMBOL:
    case VALUE_LAYER_CLASS:
    case VALUE_FUNCTION:
        *out = eval_opaque_package(eval, at, "the attribute %s of %s is not evaluated", name,
                                   value_repr(eval->arena, object));
        return true;
    default: break;
    }
    return missing_attribute(eval, object, name, at);
}

/* keras.backend, of which TensorFlow 1 had more. */
static bool is_backend(const struct Namespace *space) {
    const size_t length = strlen(space->path);
    return length >= 7 && strcmp(space->path + length - 7, "backend") == 0;
}

bool eval_attribute(Eval *eval, Value object, const char *name, SourceRange at, Value *out) {
    const Opaque *cause = eval_opaque_of(object);
    bool found = false;
    if (!cause && numpy_is_array(object)) {
        *out = numpy_attribute(eval, object, name, at);
        return true;
    }
    switch (object.kind) {
    case VALUE_OPAQUE:
        *out = external_class(eval, name, at);
        if (value_is_none(*out)) *out = eval_opaque_from(eval, cause);
        return true;
    case VALUE_NAMESPACE: {
        if (eval->graph->settings.tf1 && strcmp(name, "constant") == 0 && is_backend(object.as.space)) {
            *out = (Value){.kind = VALUE_SYMBOL, .as.symbol = "tf.constant"};
            return true;
        }
        const size_t errors = diag_error_count(eval->diags);
        if (namespace_get(eval, object.as.space, name, at, out)) return true;
        return diag_error_count(eval->diags) == errors &&
               namespace_missing(eval, object.as.space, name, at, false);
    }
    case VALUE_CLASS:
        if (!class_attribute(eval, object.as.class_, name, at, out, &found)) return false;
        if (found) return true;
        break;
    case VALUE_INSTANCE:
        if (cause) {
            *out = eval_opaque_from(eval, cause);
            return true;
        }
        if (!instance_attribute(eval, object, name, at, out, &found)) return false;
        if (found) return true;
        break;
    case VALUE_LAYER:
        if (object.as.layer->instance && !cause) {
            if (!instance_attribute(eval, object, name, at, out, &found)) return false;
            if (found) return custom_read(eval, out, at);
            if (!custom_has_method(object.as.layer, name) && !custom_is_known(name)) break;
        }
        if (!layer_attribute(eval, object.as.layer, name, at, out, &found)) return false;
        if (found) return true;
        break;
    case VALUE_TENSOR:
        if (cause) {
            *out = eval_opaque_from(eval, cause);
            return true;
        }
        if (tensor_attribute(eval, object.as.tensor, name, out)) return true;
        cause = eval_known_opaque(eval, object, at);
        if (cause) return *out = eval_opaque_from(eval, cause), true;
        break;
    case VALUE_HISTORY:
        if (cause) *out = eval_opaque_from(eval, cause);
        if (cause || history_attribute(object.as.tensor, name, out)) return true;
        break;
    default: break;
    }
    return plain_attribute(eval, object, name, at, out);
}

bool eval_has_attribute(Eval *eval, Value object, const char *name, SourceRange at) {
    const DiagMark mark = diag_mark(eval->diags);
    Value ignored;
    const bool has = eval_attribute(eval, object, name, at, &ignored);
    if (!has) diag_rewind(eval->diags, mark);
    return has;
}

/* ---- stores ---- */

static bool store_layer(Eval *eval, Layer *layer, const char *name, Value value, SourceRange at) {
    const bool kept = strcmp(name, "name") == 0 || strcmp(name, "trainable") == 0;
    if (layer->instance && !kept && !layer->opaque) {
        if (strcmp(name, "built") == 0 && value.kind == VALUE_BOOL)
            return true; /* Keras sets it after build */
        if (strcmp(name, "supports_masking") == 0) custom_set_masking(layer, value);
        return instance_store(eval, value_layer(layer), name, value, at);
    }
    const char *text = value_c_str(value);
    if (strcmp(name, "name") == 0 && text && !strchr(text, '/')) {
        layer->name = arena_strdup(eval->arena, text);
        layer->named = true;
        return true;
    }
    if (strcmp(name, "trainable") == 0) {
        if (value.kind == VALUE_BOOL) layer->trainable = value.as.boolean;
        diag_report(eval->diags, W100, at, "trainable has no effect here: weights come from -w as they are");
        return true;
    }
    if (skip_is_quiet_attribute(name) || strcmp(name, "_name") == 0) return true; /* Keras 3 has no _name */
    const Value opaque =
        eval_opaque(eval, at, eval_str(eval, "setting the attribute %s of a layer is not evaluated", name));
    eval_spoil(eval, value_layer(layer), opaque.as.opaque);
    return true;
}

bool eval_store_attribute(Eval *eval, Value object, const char *name, Value value, SourceRange at) {
    Value opaque;
    Cell *cell;
    switch (object.kind) {
    case VALUE_OPAQUE:
        if (!skip_is_quiet_attribute(name)) eval_spoil(eval, object, object.as.opaque);
        eval_opaque_absorb(eval, object, value);
        return true;
    case VALUE_LAYER: return store_layer(eval, object.as.layer, name, value, at);
    case VALUE_INSTANCE:
        if (object.as.instance->after) object = object.as.instance->self;
        if (!eval_opaque_of(object)) return instance_store(eval, object, name, value, at);
        eval_spoil(eval, value, eval_opaque_of(object));
        return true;
    case VALUE_CLASS:
        cell = scope_cell(object.as.class_->names, name);
        cell->value = value;
        cell->bound = true;
        return true;
    case VALUE_TENSOR:
    case VALUE_HISTORY:
        opaque = eval_opaque(eval, at,
                             eval_str(eval, "setting the attribute %s of a tensor is not evaluated", name));
        eval_spoil(eval, object, opaque.as.opaque);
        return true;
    case VALUE_NAMESPACE:
        if (object.as.space->kind == SPACE_KERAS)
            eval->settings_unknown =
                eval_opaque(eval, at,
                            eval_str(eval, "setting %s.%s is not evaluated", object.as.space->path, name))
                    .as.opaque;
        if (object.as.space->kind != SPACE_LOCAL) return true;
        cell = scope_cell(object.as.space->scope, name);
        cell->value = value;
        cell->bound = true;
        return true;
    case VALUE_FUNCTION:
    case VALUE_CONFIG:
    case VALUE_SYMBOL: return true; /* an optimizer's learning rate, a function's own attributes */
    case VALUE_LAYER_CLASS:
        eval->settings_unknown =
            eval_opaque(eval, at, eval_str(eval, "setting %s of a layer class is not evaluated", name))
                .as.opaque;
        return true;
    default: return missing_attribute(eval, object, name, at);
    }
}
