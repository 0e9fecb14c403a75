/* Python's builtin functions and types, by name: the table builtins.def, twice (as native rows and as
 * Builtins). */
#include "elaborate/builtin.h"

#include <string.h>

#include "elaborate/eval_parts.h"
#include "elaborate/native.h"

enum {
#define BUILTIN(name, parameters, function, flags) INDEX_##name,
#define HIDDEN_TYPE(name, function) INDEX_##name,
#include "elaborate/builtins.def"
#undef BUILTIN
#undef HIDDEN_TYPE
    INDEX_COUNT
};

static const NativeRow ROWS[INDEX_COUNT] = {
#define BUILTIN(name, parameters, function, flags) {#name, parameters, function, flags, NULL},
#define HIDDEN_TYPE(name, function) {#name, NULL, function, NATIVE_TYPE | NATIVE_TAKES_UNKNOWN, NULL},
#include "elaborate/builtins.def"
#undef BUILTIN
#undef HIDDEN_TYPE
};

static bool call_row(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    return native_call(eval, self->data, value_none(), arguments, out);
}

#define HAS(flags, flag) (((flags) & (flag)) != 0)

static const Builtin ALL[INDEX_COUNT] = {
#define BUILTIN(name, parameters, function, flags)                                                           \
    {#name, call_row, HAS(flags, NATIVE_TYPE), HAS(flags, NATIVE_TAKES_UNKNOWN), &ROWS[INDEX_##name]},
#define HIDDEN_TYPE(name, function) {#name, call_row, true, true, &ROWS[INDEX_##name]},
#include "elaborate/builtins.def"
#undef BUILTIN
#undef HIDDEN_TYPE
};

enum { VISIBLE_COUNT = INDEX_NoneType /* the first hidden one */ };

const Builtin *builtin_all(size_t *count) {
    *count = VISIBLE_COUNT;
    return ALL;
}

static const Builtin *find_among(const char *name, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ALL[i].name, name) == 0) return &ALL[i];
    }
    return NULL;
}

const Builtin *builtin_find(const char *name) {
    return find_among(name, VISIBLE_COUNT);
}
const Builtin *builtin_find_type(const char *name) {
    return find_among(name, INDEX_COUNT);
}

bool collections_find(const char *name, Value *out) {
    const bool known = strcmp(name, "OrderedDict") == 0 || strcmp(name, "defaultdict") == 0;
    if (known) *out = value_builtin(builtin_find_type(name[0] == 'O' ? "dict" : name));
    return known;
}

bool builtin_call(Eval *eval, const Builtin *builtin, const Arguments *arguments, Value *out) {
    for (size_t i = 0; i < arguments->count && !builtin->takes_unknown; i++) {
        const Opaque *cause = eval_opaque_of(arguments->at[i].value);
        if (!cause) cause = eval_known_opaque(eval, arguments->at[i].value, arguments->call);
        if (!cause) continue;
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    return builtin->call(eval, builtin, arguments, out);
}
