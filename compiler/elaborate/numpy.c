/* See numpy.h. The results are float64 or int64, as numpy's own are for Python's numbers, and computed by its
 * formulas; what is not such a number, or has more than one axis, is opaque as all of numpy is.
 */
#include "elaborate/numpy.h"

#include <math.h>
#include <string.h>

#include "elaborate/value_ops_parts.h"

static const char ARRAY[] = "ndarray";
enum { MAX_ITEMS = 1 << 20 };

bool numpy_is_array(Value value) {
    return value.kind == VALUE_LIST && value.as.list->type && strcmp(value.as.list->type, ARRAY) == 0;
}

static bool unknown(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Opaque *cause = eval_arguments_opaque(arguments);
    *out = cause ? eval_opaque_from(eval, cause)
                 : eval_opaque_package(eval, arguments->call, "%s is not evaluated", self->name);
    return true;
}

static Value new_array(Eval *eval) {
    const Value array = value_list_new(eval->arena, VALUE_LIST);
    array.as.list->type = ARRAY;
    return array;
}

/* Only positional arguments and these keywords, none of them unknown. */
static const Argument *find(const Arguments *arguments, size_t place, const char *keyword) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *given = arguments->at[i].keyword;
        if (given ? strcmp(given, keyword) == 0 : i == place) return &arguments->at[i];
    }
    return NULL;
}

static bool only(const Arguments *arguments, size_t n_positional, const char *keywords) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *given = arguments->at[i].keyword;
        if (given ? !strstr(keywords, given) : i >= n_positional) return false;
    }
    return !eval_arguments_opaque(arguments);
}

/* The numbers of a flat list, tuple, range or array; false where it is something else. */
static bool numbers(Eval *eval, Value value, List **out) {
    List *items;
    const bool flat =
        value.kind == VALUE_TUPLE || value.kind == VALUE_RANGE ||
        (value.kind == VALUE_LIST && !value.as.list->once && (!value.as.list->type || numpy_is_array(value)));
    if (!flat || !eval_iterate(eval, value, NO_SOURCE, &items) || items->opaque) return false;
    for (size_t i = 0; i < items->items.count; i++)
        if (!value_is_number(items->items.at[i]) || items->items.at[i].kind == VALUE_BOOL) return false;
    *out = items;
    return true;
}

/* ---- arrays ---- */

static bool call_linspace(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const Argument *from = find(arguments, 0, "start"), *to = find(arguments, 1, "stop");
    const Argument *count = find(arguments, 2, "num"), *end = find(arguments, 3, "endpoint");
    double start, stop;
    int64_t num = 50;
    if (!only(arguments, 4, "start stop num endpoint") || !from || !to ||
        !value_as_float(from->value, &start) || !value_as_float(to->value, &stop) ||
        (count && !value_as_int(count->value, &num)) || (end && end->value.kind != VALUE_BOOL) || num < 0 ||
        num > MAX_ITEMS)
        return unknown(eval, self, arguments, out);
    const bool endpoint = !end || end->value.as.boolean;
    const int64_t parts = endpoint ? num - 1 : num;
    const double delta = stop - start, step = parts > 0 ? delta / (double)parts : 0;
    *out = new_array(eval);
    for (int64_t i = 0; i < num; i++) {
        double y = (double)i * (parts > 0 && step != 0 ? step : delta);
        if (parts > 0 && step == 0) y = (double)i / (double)parts * delta;
        y += start;
        if (endpoint && num > 1 && i == num - 1) y = stop;
        value_list_push(eval->arena, *out, value_float(y));
    }
    return eval_charge(eval, arguments->call, (uint64_t)num);
}

static bool call_arange(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    Value at[3] = {value_int(0), value_none(), value_int(1)};
    const size_t n = arguments->count;
    if (n < 1 || !only(arguments, 3, "")) return unknown(eval, self, arguments, out);
    for (size_t i = 0; i < n; i++) at[n == 1 ? 1 : i] = arguments->at[i].value;
    double start, stop, step;
    int64_t ints[3];
    bool whole = true;
    for (size_t i = 0; i < 3; i++) whole = value_as_int(at[i], &ints[i]) && whole;
    if (!value_as_float(at[0], &start) || !value_as_float(at[1], &stop) || !value_as_float(at[2], &step) ||
        step == 0)
        return unknown(eval, self, arguments, out);
    const double length = ceil((stop - start) / step);
    if (!(length <= MAX_ITEMS)) return unknown(eval, self, arguments, out);
    const double delta = start + step - start;
    *out = new_array(eval);
    for (int64_t i = 0; (double)i < length; i++)
        value_list_push(eval->arena, *out,
                        whole ? value_int(ints[0] + i * ints[2]) : value_float(start + (double)i * delta));
    return eval_charge(eval, arguments->call, length > 0 ? (uint64_t)length : 0);
}

static bool call_array(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    List *items;
    bool real = false;
    if (arguments->count != 1 || !only(arguments, 1, "") || !numbers(eval, arguments->at[0].value, &items))
        return unknown(eval, self, arguments, out);
    for (size_t i = 0; i < items->items.count; i++) real |= items->items.at[i].kind == VALUE_FLOAT;
    *out = new_array(eval);
    for (size_t i = 0; i < items->items.count; i++) {
        double number = 0;
        (void)value_as_float(items->items.at[i], &number);
        value_list_push(eval->arena, *out, real ? value_float(number) : items->items.at[i]);
    }
    return true;
}

/* ---- reductions ---- */

/* prod, sum: by Python's own operators, whose integers do not wrap around but become unknown. */
static bool call_fold(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const bool product = strcmp(self->name, "numpy.prod") == 0;
    List *items;
    if (arguments->count != 1 || !only(arguments, 1, "a")) return unknown(eval, self, arguments, out);
    const Value given = arguments->at[0].value;
    *out = given;
    if (value_is_number(given) && given.kind != VALUE_BOOL) return true;
    if (!numbers(eval, given, &items) || items->items.count == 0 || (!product && items->items.count > 8))
        return unknown(eval, self, arguments, out); /* numpy adds longer ones in pairs */
    *out = items->items.at[0];
    for (size_t i = 1; i < items->items.count && !value_is_opaque(*out); i++)
        if (!value_binary(eval, product ? BINARY_MUL : BINARY_ADD, *out, items->items.at[i], arguments->call,
                          out))
            return false;
    return true;
}

static bool call_extreme(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    const bool greatest = strstr(self->name, "max") != NULL;
    List *items;
    if (arguments->count != 1 || !only(arguments, 1, "a") || !numbers(eval, arguments->at[0].value, &items) ||
        items->items.count == 0)
        return unknown(eval, self, arguments, out);
    *out = items->items.at[0];
    for (size_t i = 1; i < items->items.count; i++) {
        const int order = number_order(items->items.at[i], *out);
        if (order == 2) return unknown(eval, self, arguments, out);
        if (greatest ? order > 0 : order < 0) *out = items->items.at[i];
    }
    return true;
}

/* ---- functions of one number ---- */

typedef double Real(double);

static double round_even(double x) {
    return nearbyint(x);
}

static const struct {
    const char *name;
    Real *function;
} REALS[] = {{"numpy.sqrt", sqrt}, {"numpy.log", log},   {"numpy.log2", log2},   {"numpy.log10", log10},
             {"numpy.exp", exp},   {"numpy.ceil", ceil}, {"numpy.floor", floor}, {"numpy.rint", round_even},
             {"numpy.sin", sin},   {"numpy.cos", cos},   {"numpy.tanh", tanh}};
enum { REAL_COUNT = sizeof REALS / sizeof REALS[0] };

static bool call_real(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    Real *function = NULL;
    double x;
    List *items;
    for (size_t i = 0; i < REAL_COUNT; i++)
        if (strcmp(REALS[i].name, self->name) == 0) function = REALS[i].function;
    if (!function || arguments->count != 1 || !only(arguments, 1, ""))
        return unknown(eval, self, arguments, out);
    const Value given = arguments->at[0].value;
    if (value_is_number(given) && value_as_float(given, &x)) {
        *out = value_float(function(x));
        return true;
    }
    if (!numbers(eval, given, &items)) return unknown(eval, self, arguments, out);
    *out = new_array(eval);
    for (size_t i = 0; i < items->items.count; i++) {
        (void)value_as_float(items->items.at[i], &x);
        value_list_push(eval->arena, *out, value_float(function(x)));
    }
    return true;
}

/* ---- operators ---- */

static bool is_simple(BinaryOperator op) {
    return op == BINARY_ADD || op == BINARY_SUB || op == BINARY_MUL || op == BINARY_DIV;
}

bool numpy_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out) {
    const bool a = numpy_is_array(left), b = numpy_is_array(right);
    const size_t n = a ? left.as.list->items.count : right.as.list->items.count;
    const bool fits = is_simple(op) && (a || value_is_number(left)) && (b || value_is_number(right)) &&
                      (!a || !b || left.as.list->items.count == right.as.list->items.count);
    *out = eval_opaque_package(eval, at, "this operation on an array of numpy is not evaluated");
    if (!fits) return true;
    const Value result = new_array(eval);
    for (size_t i = 0; i < n; i++) {
        const Value x = a ? left.as.list->items.at[i] : left, y = b ? right.as.list->items.at[i] : right;
        double divisor;
        Value item;
        if (op == BINARY_DIV && value_as_float(y, &divisor) && divisor == 0) return true;
        if (!value_binary(eval, op, x, y, at, &item)) return false;
        if (value_is_opaque(item)) return true;
        value_list_push(eval->arena, result, item);
    }
    *out = result;
    return true;
}

bool numpy_item(Eval *eval, Value array, Value index, SourceRange at, Value *out) {
    const int64_t count = (int64_t)array.as.list->items.count;
    *out = eval_opaque_package(eval, at, "parts of arrays are not evaluated");
    if (index.kind != VALUE_INT) return true;
    const int64_t place = index.as.integer < 0 ? index.as.integer + count : index.as.integer;
    if (place < 0 || place >= count)
        return eval_raise(eval, E351, NULL, at, "index %lld is out of bounds for axis 0 with size %lld",
                          (long long)index.as.integer, (long long)count);
    *out = array.as.list->items.at[place];
    return true;
}

Value numpy_attribute(Eval *eval, Value array, const char *name, SourceRange at) {
    const int64_t count = (int64_t)array.as.list->items.count;
    if (strcmp(name, "size") == 0) return value_int(count);
    if (strcmp(name, "ndim") == 0) return value_int(1);
    if (strcmp(name, "shape") != 0) { /* a method that may change the array */
        Value *part_of = ARENA_NEW(eval->arena, Value);
        Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
        *part_of = array;
        *opaque = (Opaque){.reason = eval_str(eval, "the attribute %s of an array is not evaluated", name),
                           .at = at,
                           .part_of = part_of};
        return eval_opaque_from(eval, opaque);
    }
    const Value shape = value_list_new(eval->arena, VALUE_TUPLE);
    value_list_push(eval->arena, shape, value_int(count));
    return shape;
}

/* ---- names ---- */

const Builtin *numpy_function(const char *path) {
    static const Builtin FUNCTIONS[] = {
        {.name = "numpy.linspace", .call = call_linspace, .takes_unknown = true},
        {.name = "numpy.arange", .call = call_arange, .takes_unknown = true},
        {.name = "numpy.array", .call = call_array, .takes_unknown = true},
        {.name = "numpy.asarray", .call = call_array, .takes_unknown = true},
        {.name = "numpy.prod", .call = call_fold, .takes_unknown = true},
        {.name = "numpy.sum", .call = call_fold, .takes_unknown = true},
        {.name = "numpy.max", .call = call_extreme, .takes_unknown = true},
        {.name = "numpy.min", .call = call_extreme, .takes_unknown = true},
        {.name = "numpy.amax", .call = call_extreme, .takes_unknown = true},
        {.name = "numpy.amin", .call = call_extreme, .takes_unknown = true},
#define REAL(name_) {.name = "numpy." #name_, .call = call_real, .takes_unknown = true}
        REAL(sqrt),
        REAL(log),
        REAL(log2),
        REAL(log10),
        REAL(exp),
        REAL(ceil),
        REAL(floor),
        REAL(rint),
        REAL(sin),
        REAL(cos),
        REAL(tanh)
#undef REAL
    };
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; i++)
        if (strcmp(FUNCTIONS[i].name, path) == 0) return &FUNCTIONS[i];
    return NULL;
}

bool numpy_constant(const char *name, Value *out) {
    static const struct {
        const char *name;
        double value;
    } CONSTANTS[] = {{"pi", 3.14159265358979323846}, {"e", 2.7182818284590452354}, {"inf", HUGE_VAL}};
    for (size_t i = 0; i < sizeof CONSTANTS / sizeof CONSTANTS[0]; i++) {
        if (strcmp(CONSTANTS[i].name, name) != 0) continue;
        *out = value_float(CONSTANTS[i].value);
        return true;
    }
    return false;
}
