/* Builtins that class bodies and methods use: object, property, staticmethod, classmethod, super. */
#include <string.h>

#include "elaborate/classes.h"
#include "elaborate/native.h"

bool builtin_object(NativeCall *call, Value *out) {
    Instance *instance = ARENA_NEW(call->arena, Instance);
    instance->class_ = class_new(call->eval, "object", call->at);
    instance->attributes = value_dict_new(call->arena).as.dict;
    *out = (Value){.kind = VALUE_INSTANCE, .as.instance = instance};
    return true;
}

/* The function inside is found again where the attribute is read. */
bool builtin_wrap(NativeCall *call, Value *out) {
    if (call->arguments->count == 0)
        return RAISE_TYPE(call->eval, call->at, "%s expected at least 1 argument, got 0", call->name);
    Config *config = ARENA_NEW(call->arena, Config);
    *config = (Config){arena_printf(call->arena, "builtins.%s", call->name), call->arguments};
    *out = (Value){.kind = VALUE_CONFIG, .as.config = config};
    return true;
}

/* The innermost method under way, and its first argument. */
static bool find_method(NativeCall *call, Class **owner, Value *self) {
    const Frame *frame = call->eval->frame;
    while (frame && !(frame->function && frame->function->owner)) frame = frame->caller;
    if (!frame || frame->function->parameters->count == 0) return false;
    const char *name = frame->function->parameters->at[0].name.text;
    const Cell *cell = name ? map_get(&frame->scope->cells, name) : NULL;
    if (!cell || !cell->bound) return false;
    *owner = frame->function->owner;
    *self = cell->value;
    return true;
}

bool builtin_super(NativeCall *call, Value *out) {
    Class *owner = NULL;
    Value self = value_none();
    const Arguments *arguments = call->arguments;
    if (arguments->count == 0) {
        if (!find_method(call, &owner, &self))
            return eval_raise(call->eval, E323, "RuntimeError", call->at, "super(): no arguments");
    } else if (arguments->count == 2 && arguments->at[0].value.kind == VALUE_CLASS) {
        owner = arguments->at[0].value.as.class_;
        self = arguments->at[1].value;
    }
    const Opaque *cause = eval_opaque_of(self);
    if (cause && self.kind != VALUE_LAYER) return native_opaque(call, cause, out);
    if (!owner || (!instance_of(self) && self.kind != VALUE_CLASS))
        return native_not_evaluated(call, "this super() is not evaluated", out);
    Instance *super = ARENA_NEW(call->arena, Instance);
    *super = (Instance){.class_ = owner, .self = self, .after = owner};
    super->attributes = value_dict_new(call->arena).as.dict;
    *out = (Value){.kind = VALUE_INSTANCE, .as.instance = super};
    return true;
}
