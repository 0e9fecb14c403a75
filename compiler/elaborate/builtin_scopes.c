/* exec, eval, globals, locals and vars: what reaches names by their text is not evaluated. It may change any
 * name of the module, so those become unknown: at once where text is run, or when something is stored into
 * the dict.
 */
#include <string.h>

#include "elaborate/eval_parts.h"
#include "elaborate/native.h"

/* An unknown value, a part of which is every name of the module. */
static Value module_part(NativeCall *call) {
    const char *reason = arena_printf(call->arena, "Python's %s is not evaluated", call->name);
    const Value result = eval_opaque(call->eval, call->at, reason);
    Opaque *opaque = ARENA_NEW(call->arena, Opaque);
    Value *part_of = ARENA_NEW(call->arena, Value);
    *part_of = (Value){.kind = VALUE_NAMESPACE, .as.space = scope_module(eval_scope(call->eval))->space};
    *opaque = *result.as.opaque;
    opaque->part_of = part_of;
    return eval_value_of(opaque);
}

bool builtin_globals(NativeCall *call, Value *out) {
    *out = module_part(call);
    return true;
}

bool builtin_vars(NativeCall *call, Value *out) {
    if (call->arguments->count == 0) return builtin_globals(call, out);
    *out = eval_opaque_package(call->eval, call->at, "Python's vars is not evaluated");
    return true;
}

/* Text without calls and assignments changes nothing. */
static bool is_plain(Value text) {
    const char *code = value_c_str(text);
    return code && !strpbrk(code, "(=");
}

bool builtin_exec(NativeCall *call, Value *out) {
    const Arguments *arguments = call->arguments;
    *out = module_part(call);
    if (strcmp(call->name, "eval") == 0 && arguments->count && is_plain(arguments->at[0].value)) return true;
    eval_spoil(call->eval, *out, out->as.opaque);
    return true;
}
