/* Functions of module math that give ints: floor and the like, and number theory. Past int64 the answer is
 * opaque. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "elaborate/builtin_math.h"

__extension__ typedef unsigned __int128 Wide;

/* floor, ceil, trunc */
bool math_whole(NativeCall *call, Value *out) {
    double x;
    int64_t i;
    if (value_as_int(call->value[0], &i)) {
        *out = value_int(i);
        return true;
    }
    if (!math_number(call, call->value[0], &x)) return false;
    if (isnan(x)) return RAISE_VALUE(call->eval, call->at, "cannot convert float NaN to integer");
    if (isinf(x))
        return eval_raise(call->eval, E356, NULL, call->at, "cannot convert float infinity to integer");
    const double whole = call->name[0] == 'f' ? floor(x) : call->name[0] == 'c' ? ceil(x) : trunc(x);
    *out = number_from_whole(call->eval, whole, call->at);
    return true;
}

bool math_isqrt(NativeCall *call, Value *out) {
    int64_t n;
    if (!native_int(call, call->value[0], &n)) return false;
    if (n < 0) return RAISE_VALUE(call->eval, call->at, "isqrt() argument must be nonnegative");
    int64_t root = (int64_t)sqrt((double)n);
    while ((Wide)root * (Wide)root > (Wide)n) root--;
    while ((Wide)(root + 1) * (Wide)(root + 1) <= (Wide)n) root++;
    *out = value_int(root);
    return true;
}

bool math_factorial(NativeCall *call, Value *out) {
    int64_t n, result = 1;
    if (!native_int(call, call->value[0], &n)) return false;
    if (n < 0) return RAISE_VALUE(call->eval, call->at, "factorial() not defined for negative values");
    for (int64_t i = 2; i <= n; i++) {
        if (!checked_mul(result, i, &result)) return number_too_large(call->eval, call->at, out);
    }
    *out = value_int(result);
    return true;
}

/* comb, perm */
bool math_choose(NativeCall *call, Value *out) {
    int64_t n, k;
    const bool comb = call->name[0] == 'c';
    if (!native_int(call, call->value[0], &n)) return false;
    k = n;
    if (call->given[1] && call->value[1].kind != VALUE_NONE && !native_int(call, call->value[1], &k))
        return false;
    if (n < 0 || k < 0) {
        return RAISE_VALUE(call->eval, call->at, "%s must be a non-negative integer", n < 0 ? "n" : "k");
    }
    if (comb && k > n - k) k = k > n ? k : n - k;
    Wide result = k > n ? 0 : 1;
    for (int64_t i = 0; i < k && k <= n; i++) {
        const uint64_t factor = (uint64_t)(n - i), divisor = comb ? (uint64_t)i + 1 : 1;
        result = result * factor / divisor;
        if (result > INT64_MAX) return number_too_large(call->eval, call->at, out);
    }
    *out = value_int((int64_t)result);
    return true;
}

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* gcd, lcm: any number of ints */
bool math_gcd(NativeCall *call, Value *out) {
    const bool common_multiple = call->name[0] == 'l';
    uint64_t result = common_multiple ? 1 : 0;
    for (size_t i = 0; i < call->arguments->count; i++) {
        int64_t n;
        if (!native_int(call, call->arguments->at[i].value, &n)) return false;
        const uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
        if (!common_multiple) {
            result = gcd(result, size);
        } else if (size == 0 || result == 0) {
            result = 0;
        } else if (__builtin_mul_overflow(result / gcd(result, size), size, &result)) {
            return number_too_large(call->eval, call->at, out);
        }
    }
    if (result > INT64_MAX) return number_too_large(call->eval, call->at, out);
    *out = value_int((int64_t)result);
    return true;
}

bool math_prod(NativeCall *call, Value *out) {
    List *items;
    bool done;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    Value product = call->given[1] ? call->value[1] : value_int(1);
    for (size_t i = 0; i < items->items.count; i++) {
        if (!value_binary(call->eval, BINARY_MUL, product, items->items.at[i], call->at, &product))
            return false;
    }
    *out = product;
    return true;
}
