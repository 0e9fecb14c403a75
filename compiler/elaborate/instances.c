/* Objects of classes of the file: how they are made, and their attributes by Python's rules.
 *
 * An object below keras.layers.Layer is a VALUE_LAYER whose layer has an instance; any other is a
 * VALUE_INSTANCE. super() is an instance too, one that looks names up behind a class for another object.
 */
#include <string.h>

#include "elaborate/classes.h"
#include "elaborate/dataclass.h"

Instance *instance_of(Value value) {
    if (value.kind == VALUE_INSTANCE) return value.as.instance;
    return value.kind == VALUE_LAYER ? value.as.layer->instance : NULL;
}

static Value object_value(Instance *instance) {
    if (instance->layer) return value_layer(instance->layer);
    return (Value){.kind = VALUE_INSTANCE, .as.instance = instance};
}

Value instance_bind(Eval *eval, Value self, struct Function *function) {
    Method *method = ARENA_NEW(eval->arena, Method);
    *method = (Method){.self = self, .name = function->name, .function = function};
    return (Value){.kind = VALUE_METHOD, .as.method = method};
}

bool instance_call_method(Eval *eval, const Method *method, const Arguments *arguments, Value *out) {
    Argument *list = ARENA_ARRAY(eval->arena, Argument, arguments->count + 1);
    list[0] = (Argument){.value = method->self, .at = arguments->call};
    for (size_t i = 0; i < arguments->count; i++) list[i + 1] = arguments->at[i];
    Arguments *all = ARENA_NEW(eval->arena, Arguments);
    *all = (Arguments){list, arguments->count + 1, arguments->call};
    return function_call(eval, method->function, all, out);
}

/* ---- construction ---- */

static bool is_plain(const Class *class_) {
    Value hook;
    return !class_find(class_, NULL, "__new__", &hook);
}

static bool call_init(Eval *eval, Instance *instance, const Arguments *arguments) {
    Value init, ignored;
    bool known;
    const Value self = object_value(instance);
    if (instance->class_->unseen) return external_init(eval, instance->layer, arguments);
    if (class_find(instance->class_, NULL, "__init__", &init)) {
        if (init.kind == VALUE_FUNCTION) init = instance_bind(eval, self, init.as.function);
        return eval_call(eval, init, arguments, &ignored);
    }
    if (instance->class_->fields) return dataclass_init(eval, self, arguments);
    if (instance->layer) return custom_method(eval, instance->layer, "__init__", arguments, &ignored, &known);
    if (arguments->count == 0) return true;
    return eval_raise(eval, E303, NULL, arguments->call, "%s() takes no arguments", instance->class_->name);
}

/* Keras' own words for a layer whose __init__ does not call that of Layer. */
static bool check_ready(Eval *eval, const Instance *instance, SourceRange at) {
    if (!instance->layer || instance->ready) return true;
    return eval_raise(eval, E324, NULL, at,
                      "In layer '%s', you forgot to call `super().__init__()` as the first statement in the "
                      "`__init__()` method. Go add it!",
                      instance->class_->name);
}

bool class_call(Eval *eval, Class *class_, const Arguments *arguments, Value *out) {
    if (!is_plain(class_)) {
        *out = eval_opaque(
            eval, arguments->call,
            eval_str(eval, "%s makes its objects by __new__, which is not evaluated", class_->name));
        return true;
    }
    if (class_->row && eval->settings_unknown) {
        *out = eval_opaque_from(eval, eval->settings_unknown);
        return true;
    }
    Instance *instance = ARENA_NEW(eval->arena, Instance);
    instance->class_ = class_;
    instance->attributes = value_dict_new(eval->arena).as.dict;
    if (class_->row) {
        if (!eval_graph_fits(eval, arguments->call)) return false;
        custom_layer_new(eval, instance, arguments->call);
    }
    if (!call_init(eval, instance, arguments) || !check_ready(eval, instance, arguments->call)) return false;
    *out = object_value(instance);
    return true;
}

/* ---- attributes ---- */

static const Config *wrapped(Value member, const char *symbol) {
    if (member.kind != VALUE_CONFIG || strcmp(member.as.config->symbol, symbol) != 0) return NULL;
    return member.as.config;
}

/* What a class attribute is, seen from the object. */
static Value bind_member(Eval *eval, Value self, const Class *class_, Value member) {
    if (member.kind == VALUE_FUNCTION && !member.as.function->is_class)
        return instance_bind(eval, self, member.as.function);
    const Config *config = wrapped(member, "builtins.staticmethod");
    if (config) return config->arguments->at[0].value;
    config = wrapped(member, "builtins.classmethod");
    if (config && config->arguments->at[0].value.kind == VALUE_FUNCTION)
        return instance_bind(eval, class_value((Class *)(uintptr_t)class_),
                             config->arguments->at[0].value.as.function);
    return member;
}

/* super().name */
static bool super_attribute(Eval *eval, Instance *super, const char *name, Value *out, bool *found) {
    Value member;
    const Instance *object = instance_of(super->self);
    const Class *class_ = object ? object->class_ : super->self.as.class_;
    *found = true;
    if (class_find(class_, super->after, name, &member)) {
        const Config *property = wrapped(member, "builtins.property");
        if (property) {
            const Value self = super->self;
            return eval_call_values(eval, property->arguments->at[0].value, &self, 1, NO_SOURCE, out);
        }
        *out = bind_member(eval, super->self, class_, member);
        return true;
    }
    const bool layer = object && object->layer;
    const bool plain = strcmp(name, "__init__") == 0 || strcmp(name, "__setattr__") == 0;
    *found = plain || (layer && (custom_has_method(object->layer, name) || custom_is_known(name)));
    if (!*found) return true;
    Method *method = ARENA_NEW(eval->arena, Method);
    *method = (Method){.self = {.kind = VALUE_INSTANCE, .as.instance = super}, .name = name};
    *out = (Value){.kind = VALUE_METHOD, .as.method = method};
    return true;
}

static bool missing_hook(Eval *eval, Value object, const Instance *instance, const char *name, SourceRange at,
                         Value *out, bool *found) {
    Value hook;
    *found = false;
    if (!class_find(instance->class_, NULL, "__getattr__", &hook) || hook.kind != VALUE_FUNCTION) return true;
    const Value values[] = {object, value_str(eval->arena, name)};
    *found = true;
    return eval_call_values(eval, hook, values, 2, at, out);
}

bool instance_attribute(Eval *eval, Value object, const char *name, SourceRange at, Value *out, bool *found) {
    Instance *instance = instance_of(object);
    Value member;
    *found = true;
    if (instance->after) return super_attribute(eval, instance, name, out, found);
    const bool in_class = class_find(instance->class_, NULL, name, &member);
    const Config *property = in_class ? wrapped(member, "builtins.property") : NULL;
    if (property) return eval_call_values(eval, property->arguments->at[0].value, &object, 1, at, out);
    const DictEntry *entry = value_dict_find(eval->arena, instance->attributes, value_str(eval->arena, name));
    if (entry) {
        *out = entry->value;
        return true;
    }
    if (in_class) {
        *out = bind_member(eval, object, instance->class_, member);
        return true;
    }
    if (strcmp(name, "__class__") == 0) {
        *out = class_value(instance->class_);
        return true;
    }
    if (strcmp(name, "__dict__") == 0 && !instance->layer) {
        *out = (Value){.kind = VALUE_DICT, .as.dict = instance->attributes};
        return true;
    }
    if (instance->layer && (custom_has_method(instance->layer, name) || custom_is_known(name))) {
        *found = false;
        return true;
    }
    return missing_hook(eval, object, instance, name, at, out, found);
}

/* ---- stores ---- */

/* The setter of a property; *handled where there is one, or none may be set. */
static bool store_property(Eval *eval, Value object, const char *name, Value value, SourceRange at,
                           bool *handled) {
    const Instance *instance = instance_of(object);
    Value member, ignored;
    *handled = false;
    if (!class_find(instance->class_, NULL, name, &member)) return true;
    const Config *property = wrapped(member, "builtins.property");
    if (!property) return true;
    *handled = true;
    if (property->arguments->count < 2)
        return eval_raise(eval, E302, NULL, at, "property '%s' of '%s' object has no setter", name,
                          instance->class_->name);
    const Value values[] = {object, value};
    return eval_call_values(eval, property->arguments->at[1].value, values, 2, at, &ignored);
}

bool instance_store(Eval *eval, Value object, const char *name, Value value, SourceRange at) {
    Instance *instance = instance_of(object);
    Value hook;
    bool handled;
    if (class_find(instance->class_, NULL, "__setattr__", &hook)) {
        const Value opaque = eval_opaque(eval, at, "a __setattr__ of the file is not evaluated");
        eval_spoil(eval, object, opaque.as.opaque);
        return true;
    }
    if (!store_property(eval, object, name, value, at, &handled) || handled) return handled;
    value_dict_put(eval->arena, instance->attributes, value_str(eval->arena, name), value);
    if (instance->layer) custom_track(eval, instance->layer);
    return true;
}

bool instance_delete(Eval *eval, Value object, const char *name, SourceRange at) {
    Value ignored;
    Instance *instance = instance_of(object);
    if (value_dict_remove(eval->arena, instance->attributes, value_str(eval->arena, name), &ignored))
        return true;
    return eval_raise(eval, E302, NULL, at, "'%s' object has no attribute '%s'", instance->class_->name,
                      name);
}

bool instance_special(Eval *eval, Value object, const char *name, const Value *values, size_t count,
                      SourceRange at, Value *out, bool *found) {
    const Instance *instance = instance_of(object);
    Value method;
    *found = instance && !instance->after && class_find(instance->class_, NULL, name, &method) &&
             method.kind == VALUE_FUNCTION;
    if (!*found) return true;
    return eval_call_values(eval, instance_bind(eval, object, method.as.function), values, count, at, out);
}

/* ---- property.setter, super().method ---- */

bool instance_property(Eval *eval, const Method *method, const Arguments *arguments, Value *out) {
    const Config *before = method->self.as.config;
    Argument *list = ARENA_ARRAY(eval->arena, Argument, 2);
    Arguments *all = ARENA_NEW(eval->arena, Arguments);
    Config *config = ARENA_NEW(eval->arena, Config);
    list[0] = before->arguments->at[0];
    list[1] = arguments->at[0];
    *all = (Arguments){list, strcmp(method->name, "setter") == 0 ? 2 : before->arguments->count,
                       arguments->call};
    *config = (Config){before->symbol, all};
    *out = (Value){.kind = VALUE_CONFIG, .as.config = config};
    return true;
}

bool super_method(Eval *eval, Instance *super, const char *name, const Arguments *arguments, Value *out) {
    const Instance *object = instance_of(super->self);
    bool known = false;
    *out = value_none();
    if (!object || !object->layer) {
        if (strcmp(name, "__setattr__") == 0 && arguments->count == 2 && object)
            return instance_store(eval, super->self, value_c_str(arguments->at[0].value),
                                  arguments->at[1].value, arguments->call);
        return true; /* object.__init__ */
    }
    if (!custom_method(eval, object->layer, name, arguments, out, &known)) return false;
    return known || layer_method(eval, object->layer, name, arguments, out);
}
