/* Methods of Python's own types: which table serves a value, and calls of bound and unbound methods. */
#include <string.h>

#include "elaborate/native.h"
#include "layers/operators.h"

enum { MAX_TABLES = 3 };

static const char *const TENSOR_METHODS[] = {"reshape", "squeeze"};

typedef struct TypeMethods {
    const char *type;
    const NativeRow *tables[MAX_TABLES];
} TypeMethods;

static const TypeMethods TYPES[] = {
    {"str", {METHODS_STR, METHODS_STR_SEARCH, METHODS_STR_SPLIT}},
    {"list", {METHODS_LIST}},
    {"tuple", {METHODS_TUPLE}},
    {"dict", {METHODS_DICT}},
    {"set", {METHODS_SET}},
    {"frozenset", {METHODS_SET}},
    {"int", {METHODS_INT}},
    {"bool", {METHODS_INT}},
    {"float", {METHODS_FLOAT}},
    {"bytes", {METHODS_BYTES}},
    {"range", {METHODS_RANGE}},
};

static const TypeMethods *methods_of(Value self) {
    const char *type;
    switch (self.kind) {
    case VALUE_BUILTIN:
        if (!self.as.builtin->is_type) return NULL;
        type = self.as.builtin->name;
        break;
    case VALUE_LIST:
        if (!value_is_list(self)) return NULL;
        type = "list";
        break;
    case VALUE_DICT: type = "dict"; break;
    case VALUE_STR:
    case VALUE_TUPLE:
    case VALUE_SET:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_BYTES:
    case VALUE_RANGE: type = value_type_name(self); break;
    default: return NULL;
    }
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (strcmp(TYPES[i].type, type) == 0) return &TYPES[i];
    }
    return NULL;
}

static const NativeRow *find_row(const TypeMethods *type, const char *name) {
    for (size_t t = 0; type && t < MAX_TABLES && type->tables[t]; t++) {
        for (const NativeRow *row = type->tables[t]; row->name; row++) {
            if (strcmp(row->name, name) == 0) return row;
        }
    }
    return NULL;
}

bool value_has_method(Value self, const char *name) {
    if (self.kind == VALUE_TENSOR) {
        return strcmp(name, TENSOR_METHODS[0]) == 0 || strcmp(name, TENSOR_METHODS[1]) == 0;
    }
    return find_row(methods_of(self), name) != NULL;
}

size_t value_method_names(Value self, const char **names, size_t capacity) {
    size_t count = 0;
    if (self.kind == VALUE_TENSOR) {
        for (; count < 2 && count < capacity; count++) names[count] = TENSOR_METHODS[count];
    }
    const TypeMethods *type = methods_of(self);
    for (size_t t = 0; type && t < MAX_TABLES && type->tables[t]; t++) {
        for (const NativeRow *row = type->tables[t]; row->name && count < capacity; row++)
            names[count++] = row->name;
    }
    return count;
}

/* str.upper("a"): the first argument is the object. */
static bool call_unbound(Eval *eval, const Builtin *type, const NativeRow *row, const Arguments *arguments,
                         Value *out) {
    if (strcmp(row->name, "fromkeys") == 0)
        return native_call(eval, row, value_builtin(type), arguments, out);
    if (arguments->count == 0 || arguments->at[0].keyword) {
        return eval_raise(eval, E355, NULL, arguments->call, "unbound method %s.%s() needs an argument",
                          type->name, row->name);
    }
    const Value self = arguments->at[0].value;
    const Opaque *cause = eval_opaque_of(self);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    bool fits = false;
    if (!builtin_is_instance(self, value_builtin(type), &fits) || !fits) {
        return RAISE_TYPE(eval, arguments->call,
                          "descriptor '%s' for '%s' objects doesn't apply to a '%s' object", row->name,
                          type->name, value_class_name(self));
    }
    const Arguments rest = {arguments->at + 1, arguments->count - 1, arguments->call};
    return native_call(eval, row, self, &rest, out);
}

bool value_method_call(Eval *eval, Value self, const char *name, const Arguments *arguments, Value *out) {
    if (self.kind == VALUE_TENSOR) {
        const DiagMark mark = diag_mark(eval->diags);
        return operator_method(eval->graph, self.as.tensor, name, arguments, out) || eval_raised(eval, mark);
    }
    const Opaque *cause = eval_opaque_of(self);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    const NativeRow *row = find_row(methods_of(self), name);
    if (!row) {
        return eval_raise(eval, E350, "AttributeError", arguments->call, "'%s' object has no attribute '%s'",
                          value_class_name(self), name);
    }
    if (self.kind == VALUE_BUILTIN) return call_unbound(eval, self.as.builtin, row, arguments, out);
    return native_call(eval, row, self, arguments, out);
}

const char *value_class_name(Value value) {
    if (value.kind == VALUE_BUILTIN && value.as.builtin->is_type) return "type";
    return value_type_name(value);
}
