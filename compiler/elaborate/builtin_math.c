/* Module math: its names, and the functions on floats. Errors are those of CPython: "math domain error" where
 * C gives a NaN or a pole, "math range error" on overflow.
 */
#include "elaborate/builtin_math.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846, E = 2.7182818284590452354;

bool math_domain_error(NativeCall *call) {
    return RAISE_VALUE(call->eval, call->at, "math domain error");
}

static bool range_error(NativeCall *call) {
    return eval_raise(call->eval, E356, NULL, call->at, "math range error");
}

bool math_number(NativeCall *call, Value value, double *out) {
    if (value_as_float(value, out)) return true;
    return RAISE_TYPE(call->eval, call->at, "must be real number, not %s", value_class_name(value));
}

/* The result of finite or infinite arguments, judged; `finite`: all of them were finite. */
static bool give(NativeCall *call, double result, bool nan_given, bool finite, bool overflows, Value *out) {
    if (isnan(result) && !nan_given) return math_domain_error(call);
    if (isinf(result) && finite) return overflows ? range_error(call) : math_domain_error(call);
    *out = value_float(result);
    return true;
}

bool math_real(NativeCall *call, Value *out) {
    double x;
    const MathReal *real = call->data;
    if (!math_number(call, call->value[0], &x)) return false;
    return give(call, real->function(x), isnan(x), isfinite(x), real->overflows, out);
}

/* gamma, lgamma */
bool math_gamma(NativeCall *call, Value *out) {
    double x;
    if (!math_number(call, call->value[0], &x)) return false;
    if (isfinite(x) && x <= 0 && x == floor(x)) return math_domain_error(call);
    const double result = call->name[0] == 'g' ? tgamma(x) : lgamma(x);
    return give(call, result, isnan(x), isfinite(x), true, out);
}

static bool natural_log(NativeCall *call, Value value, double *out) {
    double x;
    if (!math_number(call, value, &x)) return false;
    if (x <= 0) return math_domain_error(call);
    *out = log(x);
    return true;
}

bool math_log(NativeCall *call, Value *out) {
    double x = 0, base = 1;
    if (!natural_log(call, call->value[0], &x)) return false;
    if (call->given[1]) {
        if (!natural_log(call, call->value[1], &base)) return false;
        if (base == 0) return eval_raise(call->eval, E353, NULL, call->at, "float division by zero");
    }
    *out = value_float(x / base);
    return true;
}

bool math_pow(NativeCall *call, Value *out) {
    double x, y;
    if (!math_number(call, call->value[0], &x) || !math_number(call, call->value[1], &y)) return false;
    if (x == 0 && y < 0 && isfinite(y)) return math_domain_error(call);
    return give(call, pow(x, y), isnan(x) || isnan(y), isfinite(x) && isfinite(y), true, out);
}

/* fmod, remainder, atan2, copysign */
bool math_two(NativeCall *call, Value *out) {
    double x, y, result;
    if (!math_number(call, call->value[0], &x) || !math_number(call, call->value[1], &y)) return false;
    switch (call->name[0]) {
    case 'f': result = fmod(x, y); break;
    case 'r': result = remainder(x, y); break;
    case 'a': result = atan2(x, y); break;
    default: result = copysign(x, y); break;
    }
    const bool nan_given = isnan(x) || (isnan(y) && call->name[0] != 'c');
    return give(call, result, nan_given, isfinite(x) && isfinite(y), true, out);
}

bool math_ldexp(NativeCall *call, Value *out) {
    double x;
    int64_t exponent;
    if (!math_number(call, call->value[0], &x)) return false;
    if (!value_as_int(call->value[1], &exponent)) {
        return RAISE_TYPE(call->eval, call->at, "Expected an int as second argument to ldexp.");
    }
    if (exponent > 5000) exponent = 5000;
    if (exponent < -5000) exponent = -5000;
    return give(call, ldexp(x, (int)exponent), isnan(x), isfinite(x), true, out);
}

static bool give_pair(NativeCall *call, Value first, Value second, Value *out) {
    *out = value_list_new(call->arena, VALUE_TUPLE);
    value_list_push(call->arena, *out, first);
    value_list_push(call->arena, *out, second);
    return true;
}

bool math_modf(NativeCall *call, Value *out) {
    double x, whole;
    if (!math_number(call, call->value[0], &x)) return false;
    const double fraction = modf(x, &whole);
    return give_pair(call, value_float(fraction), value_float(whole), out);
}

bool math_frexp(NativeCall *call, Value *out) {
    double x;
    int exponent = 0;
    if (!math_number(call, call->value[0], &x)) return false;
    const double mantissa = isfinite(x) ? frexp(x, &exponent) : x;
    return give_pair(call, value_float(mantissa), value_int(exponent), out);
}

/* degrees, radians */
bool math_angle(NativeCall *call, Value *out) {
    double x;
    if (!math_number(call, call->value[0], &x)) return false;
    *out = value_float(x * (call->name[0] == 'd' ? 180 / PI : PI / 180));
    return true;
}

/* isnan, isinf, isfinite */
bool math_test(NativeCall *call, Value *out) {
    double x;
    if (!math_number(call, call->value[0], &x)) return false;
    *out = value_bool(strcmp(call->name, "isnan") == 0 ? isnan(x)
                      : call->name[2] == 'i'           ? isinf(x)
                                                       : isfinite(x));
    return true;
}

bool math_isclose(NativeCall *call, Value *out) {
    double a, b, relative = 1e-9, absolute = 0;
    if (!math_number(call, call->value[0], &a) || !math_number(call, call->value[1], &b)) return false;
    if (call->given[2] && !math_number(call, call->value[2], &relative)) return false;
    if (call->given[3] && !math_number(call, call->value[3], &absolute)) return false;
    if (relative < 0 || absolute < 0)
        return RAISE_VALUE(call->eval, call->at, "tolerances must be non-negative");
    const double difference = fabs(a - b);
    const bool close =
        a == b ||
        (!isinf(a) && !isinf(b) &&
         (difference <= fabs(relative * b) || difference <= fabs(relative * a) || difference <= absolute));
    *out = value_bool(close);
    return true;
}

bool math_hypot(NativeCall *call, Value *out) {
    double result = 0;
    for (size_t i = 0; i < call->arguments->count; i++) {
        double x;
        if (!math_number(call, call->arguments->at[i].value, &x)) return false;
        result = hypot(result, x);
    }
    *out = value_float(result);
    return true;
}

/* Shewchuk's exact sum: `parts` never overlap, and add up to the sum so far. */
static size_t add_exactly(double *parts, size_t count, double x) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        double y = parts[i];
        if (fabs(x) < fabs(y)) {
            const double other = x;
            x = y;
            y = other;
        }
        const volatile double high = x + y;
        const volatile double low = y - (high - x);
        if (low != 0) parts[kept++] = low;
        x = high;
    }
    parts[kept++] = x;
    return kept;
}

/* The parts rounded once: half a unit is decided by the sign of the next part. */
static double round_parts(const double *parts, size_t count) {
    if (count == 0) return 0;
    double high = parts[--count], low = 0;
    while (count > 0) {
        const double x = high, y = parts[--count];
        high = x + y;
        low = y - (high - x);
        if (low != 0) break;
    }
    if (count > 0 && ((low < 0 && parts[count - 1] < 0) || (low > 0 && parts[count - 1] > 0))) {
        const volatile double twice = low * 2, moved = high + twice;
        if (twice == moved - high) high = moved;
    }
    return high;
}

bool math_fsum(NativeCall *call, Value *out) {
    List *items;
    bool done;
    double special = 0;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    double *parts = ARENA_ARRAY(call->arena, double, items->items.count + 2);
    size_t count = 0;
    for (size_t i = 0; i < items->items.count; i++) {
        double x;
        const Opaque *cause = eval_opaque_of(items->items.at[i]);
        if (cause) return native_opaque(call, cause, out);
        if (!math_number(call, items->items.at[i], &x)) return false;
        if (isfinite(x))
            count = add_exactly(parts, count, x);
        else
            special += x;
    }
    *out = value_float(special != 0 ? special : round_parts(parts, count));
    return true;
}

/* ---- the names ---- */

#define REAL(name, kind) static const MathReal REAL_##name = {name, kind};
#define MATH(name, parameters, function, data)
#define POLE false
#define RANGE true
#include "elaborate/math.def"
#undef REAL
#undef MATH

#define REAL(name, kind) MATH(name, "x /", math_real, &REAL_##name)
enum {
#define MATH(name, parameters, function, data) INDEX_##name,
#include "elaborate/math.def"
#undef MATH
    INDEX_COUNT
};

static const NativeRow ROWS[INDEX_COUNT] = {
#define MATH(name, parameters, function, data) {"math." #name, parameters, function, 0, data},
#include "elaborate/math.def"
#undef MATH
};

static bool call_row(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    return native_call(eval, self->data, value_none(), arguments, out);
}

static const Builtin FUNCTIONS[INDEX_COUNT] = {
#define MATH(name, parameters, function, data) {"math." #name, call_row, false, false, &ROWS[INDEX_##name]},
#include "elaborate/math.def"
#undef MATH
};

bool math_find(const char *name, Value *out) {
    const struct {
        const char *name;
        double value;
    } constants[] = {{"pi", PI}, {"e", E}, {"tau", 2 * PI}, {"inf", INFINITY}, {"nan", (double)NAN}};
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (strcmp(constants[i].name, name) != 0) continue;
        *out = value_float(constants[i].value);
        return true;
    }
    for (size_t i = 0; i < INDEX_COUNT; i++) {
        if (strcmp(FUNCTIONS[i].name + strlen("math."), name) != 0) continue;
        *out = value_builtin(&FUNCTIONS[i]);
        return true;
    }
    return false;
}
