/* Types at run time: type(), isinstance, issubclass, callable; and attributes by name. What Keras' classes
 * inherit from one another is known here as far as files ask for it.
 */
#include <string.h>

#include "elaborate/classes.h"
#include "elaborate/native.h"
#include "elaborate/numpy.h"
#include "model/model.h"

_Static_assert(offsetof(struct LayerClass, name) == 0,
               "value/object.c reads the name of a class by its address");

/* ---- the class of a value ---- */

bool builtin_type_of(Value value, Value *out) {
    const char *name = value_type_name(value);
    switch (value.kind) {
    case VALUE_INSTANCE: *out = class_value(value.as.instance->class_); return true;
    case VALUE_LAYER:
        if (value.as.layer->instance) {
            *out = class_value(value.as.layer->instance->class_);
            return true;
        }
        *out = (Value){.kind = VALUE_LAYER_CLASS, .as.layer_class = value.as.layer->class_};
        return true;
    case VALUE_TENSOR: *out = value_symbol("KerasTensor"); return true;
    case VALUE_CONFIG: *out = value_symbol(value.as.config->symbol); return true;
    case VALUE_LAYER_CLASS:
    case VALUE_CLASS: name = "type"; break;
    case VALUE_BUILTIN: name = value_class_name(value); break;
    case VALUE_DICT: name = "dict"; break;
    default: break;
    }
    const Builtin *type = builtin_find_type(name);
    if (!type || (value.kind == VALUE_DICT && value.as.dict->type)) return false;
    *out = value_builtin(type);
    return true;
}

/* The classes of Keras that have others below them. */
static const char *const PARENTS[][2] = {
    {"Functional", "Model"},
    {"Sequential", "Model"},
    {"LSTM", "RNN"},
    {"GRU", "RNN"},
    {"SimpleRNN", "RNN"},
    {"ConvLSTM1D", "RNN"},
    {"ConvLSTM2D", "RNN"},
    {"ConvLSTM3D", "RNN"},
    {"Bidirectional", "Wrapper"},
    {"TimeDistributed", "Wrapper"},
    {"SpectralNormalization", "Wrapper"},
    {"SpatialDropout1D", "Dropout"},
    {"SpatialDropout2D", "Dropout"},
    {"SpatialDropout3D", "Dropout"},
    {"AdditiveAttention", "Attention"},
    {"GroupedQueryAttention", "GroupQueryAttention"},
};

static bool keras_is_below(const char *name, const char *base) {
    if (strcmp(name, base) == 0 || strcmp(base, "Layer") == 0 || strcmp(base, "Operation") == 0) return true;
    for (size_t i = 0; i < sizeof PARENTS / sizeof PARENTS[0]; i++) {
        if (strcmp(PARENTS[i][0], name) == 0) return keras_is_below(PARENTS[i][1], base);
    }
    return false;
}

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* The base class' name among Keras' layer classes; NULL where the value is no class that layers may be below.
 * Model and Functional are one class here, but isinstance(Sequential(), Model) holds. */
static const char *layer_base(Value type) {
    if (type.kind == VALUE_LAYER_CLASS) {
        return type.as.layer_class == &MODEL_CLASS_FUNCTIONAL ? "Model" : type.as.layer_class->name;
    }
    return type.kind == VALUE_SYMBOL ? last_part(type.as.symbol) : NULL;
}

static bool layer_fits(const struct LayerClass *class_, Value type, bool *out) {
    const char *base = layer_base(type);
    if (!base && type.kind != VALUE_BUILTIN) return false;
    *out = base && keras_is_below(class_->name, base);
    return true;
}

static bool builtin_fits(Value value, const Builtin *type, bool *out) {
    Value own;
    if (strcmp(type->name, "int") == 0 && value.kind == VALUE_BOOL) {
        *out = true;
        return true;
    }
    if (value.kind == VALUE_TENSOR || value.kind == VALUE_LAYER || value.kind == VALUE_CONFIG ||
        value.kind == VALUE_DTYPE || value.kind == VALUE_INSTANCE) {
        *out = false;
        return value.kind != VALUE_INSTANCE;
    }
    if (value.kind == VALUE_HISTORY ||
        (value.kind == VALUE_DICT && value.as.dict->type)) { /* a tuple, a dict of sorts */
        *out = strcmp(type->name, value.kind == VALUE_HISTORY ? "tuple" : "dict") == 0;
        return true;
    }
    if (value.kind == VALUE_SYMBOL) { /* a function or a class */
        *out = false;
        return strcmp(type->name, "type") != 0 && strcmp(type->name, "function") != 0;
    }
    *out = false;
    if (builtin_type_of(value, &own)) *out = own.as.builtin == type;
    return true;
}

/* Objects of classes of the file, and those classes among layers. */
static bool class_fits(const Class *class_, Value type, bool *out) {
    const char *base = layer_base(type);
    *out = type.kind == VALUE_CLASS && class_is_below(class_, type.as.class_);
    if (type.kind == VALUE_CLASS) return true;
    if (type.kind == VALUE_BUILTIN) *out = strcmp(type.as.builtin->name, "object") == 0;
    if (base && class_->base != CLASS_OBJECT)
        *out = strcmp(base, "Layer") == 0 || strcmp(base, "Operation") == 0;
    if (base && class_->base == CLASS_MODEL) *out |= strcmp(base, "Model") == 0;
    return base || type.kind == VALUE_BUILTIN;
}

bool builtin_is_instance(Value value, Value type, bool *out) {
    const Instance *instance = instance_of(value);
    if (type.kind == VALUE_SYMBOL && strncmp(type.as.symbol, "numpy.", 6) == 0) {
        *out = numpy_is_array(value) && strcmp(type.as.symbol, "numpy.ndarray") == 0;
        return !value_is_opaque(value) && !value_is_number(value); /* numpy's numbers are ours here */
    }
    if (instance && !instance->after) return class_fits(instance->class_, type, out);
    if (type.kind == VALUE_CLASS) {
        *out = false;
        return !value_is_opaque(value);
    }
    if (type.kind == VALUE_BUILTIN && type.as.builtin->is_type)
        return builtin_fits(value, type.as.builtin, out);
    if (value.kind == VALUE_LAYER) return layer_fits(value.as.layer->class_, type, out);
    if (type.kind == VALUE_LAYER_CLASS) {
        *out = false;
        return value.kind != VALUE_INSTANCE && value.kind != VALUE_OPAQUE;
    }
    if (type.kind != VALUE_SYMBOL) return false;
    if (value.kind == VALUE_CONFIG) {
        *out = strcmp(value.as.config->symbol, type.as.symbol) == 0;
        return *out; /* it may be below the other by inheritance */
    }
    *out = value.kind == VALUE_TENSOR && strcmp(type.as.symbol, "KerasTensor") == 0;
    return value.kind != VALUE_INSTANCE && value.kind != VALUE_SYMBOL;
}

bool builtin_is_subclass(Value type, Value of, bool *out) {
    if (type.kind == VALUE_CLASS) return class_fits(type.as.class_, of, out);
    if (type.kind == VALUE_LAYER_CLASS) return layer_fits(type.as.layer_class, of, out);
    if (type.kind == VALUE_BUILTIN && of.kind == VALUE_BUILTIN) {
        *out = type.as.builtin == of.as.builtin ||
               (strcmp(type.as.builtin->name, "bool") == 0 && strcmp(of.as.builtin->name, "int") == 0);
        return true;
    }
    *out = value_equal(type, of);
    return *out;
}

/* ---- the functions ---- */

typedef bool TypeTest(Value subject, Value type, bool *out);

/* A type or a tuple of types, nested: *known is false where an answer is open and no other decides. */
static bool test_types(NativeCall *call, TypeTest *test, Value types, int depth, bool *out, bool *known) {
    if (types.kind == VALUE_TUPLE && depth < 50) {
        for (size_t i = 0; i < types.as.list->items.count && !*out; i++) {
            if (!test_types(call, test, types.as.list->items.at[i], depth + 1, out, known)) return false;
        }
        return true;
    }
    const bool is_type =
        types.kind == VALUE_LAYER_CLASS || types.kind == VALUE_CLASS || types.kind == VALUE_SYMBOL ||
        types.kind == VALUE_OPAQUE || types.kind == VALUE_FUNCTION || types.kind == VALUE_NAMESPACE ||
        types.kind == VALUE_DTYPE || (types.kind == VALUE_BUILTIN && types.as.builtin->is_type);
    if (!is_type && types.kind != VALUE_BUILTIN) {
        return RAISE_TYPE(call->eval, call->at, "%s() arg 2 must be a type, a tuple of types, or a union",
                          call->name);
    }
    bool fits = false;
    if (!test(call->value[0], types, &fits))
        *known = false;
    else if (fits)
        *out = true;
    return true;
}

static bool answer_types(NativeCall *call, TypeTest *test, Value *out) {
    bool fits = false, known = true;
    if (!test_types(call, test, call->value[1], 0, &fits, &known)) return false;
    if (!fits && !known) {
        const Opaque *cause = value_unknown_inside(call->value[1]);
        if (cause) return native_opaque(call, cause, out);
        return native_not_evaluated(call, arena_printf(call->arena, "this %s() is not evaluated", call->name),
                                    out);
    }
    *out = value_bool(fits);
    return true;
}

bool builtin_isinstance(NativeCall *call, Value *out) {
    return answer_types(call, builtin_is_instance, out);
}
bool builtin_issubclass(NativeCall *call, Value *out) {
    return answer_types(call, builtin_is_subclass, out);
}

bool builtin_type(NativeCall *call, Value *out) {
    if (call->arguments->count != 1 || call->arguments->at[0].keyword) {
        return native_not_evaluated(call, "classes made by type() are not evaluated", out);
    }
    const Value x = call->arguments->at[0].value;
    if (x.kind == VALUE_OPAQUE) return native_opaque(call, x.as.opaque, out);
    if (builtin_type_of(x, out)) return true;
    return native_not_evaluated(
        call, arena_printf(call->arena, "the type of a %s is not evaluated", value_class_name(x)), out);
}

bool builtin_callable(NativeCall *call, Value *out) {
    switch (call->value[0].kind) {
    case VALUE_LAYER:
    case VALUE_LAYER_CLASS:
    case VALUE_FUNCTION:
    case VALUE_BUILTIN:
    case VALUE_METHOD:
    case VALUE_CLASS: *out = value_bool(true); return true;
    case VALUE_SYMBOL:
    case VALUE_CONFIG:
    case VALUE_INSTANCE: return native_not_evaluated(call, "callable() of this object is not evaluated", out);
    default: *out = value_bool(false); return true;
    }
}

bool builtin_print(NativeCall *call, Value *out) {
    (void)call;
    *out = value_none();
    return true;
}

static bool attribute_name(NativeCall *call, const char **name, Value *out, bool *done) {
    const Opaque *cause = eval_opaque_of(call->value[1]);
    *done = cause != NULL;
    if (cause) return native_opaque(call, cause, out);
    *name = value_c_str(call->value[1]);
    return *name || RAISE_TYPE(call->eval, call->at, "attribute name must be string, not '%s'",
                               value_class_name(call->value[1]));
}

bool builtin_getattr(NativeCall *call, Value *out) {
    const char *name;
    bool done;
    if (!attribute_name(call, &name, out, &done) || done) return done;
    if (call->value[0].kind == VALUE_OPAQUE) return native_opaque(call, call->value[0].as.opaque, out);
    if (call->given[2] && !eval_has_attribute(call->eval, call->value[0], name, call->at)) {
        *out = call->value[2];
        return true;
    }
    return eval_attribute(call->eval, call->value[0], name, call->at, out);
}

bool builtin_hasattr(NativeCall *call, Value *out) {
    const char *name;
    bool done;
    if (!attribute_name(call, &name, out, &done) || done) return done;
    if (call->value[0].kind == VALUE_OPAQUE) return native_opaque(call, call->value[0].as.opaque, out);
    *out = value_bool(eval_has_attribute(call->eval, call->value[0], name, call->at));
    return true;
}

bool builtin_setattr(NativeCall *call, Value *out) {
    const char *name;
    bool done;
    if (!attribute_name(call, &name, out, &done)) return false;
    if (done) {
        eval_spoil(call->eval, call->value[0], out->as.opaque);
        return true;
    }
    *out = value_none();
    return eval_store_attribute(call->eval, call->value[0], name, call->value[2], call->at);
}
