/* Builtins on numbers: abs, divmod, pow, round, bin/oct/hex, chr/ord. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "elaborate/format.h"
#include "elaborate/native.h"
#include "layers/operators.h"

__extension__ typedef unsigned __int128 Wide;

bool builtin_abs(NativeCall *call, Value *out) {
    const Value x = call->value[0];
    int64_t i, negated;
    if (x.kind == VALUE_TENSOR) {
        const DiagMark mark = diag_mark(call->eval->diags);
        return operator_abs(call->eval->graph, x, call->at, out) || eval_raised(call->eval, mark);
    }
    if (x.kind == VALUE_FLOAT) {
        *out = value_float(fabs(x.as.real));
        return true;
    }
    if (!value_as_int(x, &i)) {
        return RAISE_TYPE(call->eval, call->at, "bad operand type for abs(): '%s'", value_class_name(x));
    }
    if (!checked_sub(0, i, &negated)) return number_too_large(call->eval, call->at, out);
    *out = value_int(i < 0 ? negated : i);
    return true;
}

bool builtin_divmod(NativeCall *call, Value *out) {
    Value parts[2];
    const Value a = call->value[0], b = call->value[1];
    if (!value_is_number(a) || !value_is_number(b)) {
        return RAISE_TYPE(call->eval, call->at, "unsupported operand type(s) for divmod(): '%s' and '%s'",
                          value_class_name(a), value_class_name(b));
    }
    if (!value_binary(call->eval, BINARY_FLOORDIV, a, b, call->at, &parts[0])) return false;
    if (!value_binary(call->eval, BINARY_MOD, a, b, call->at, &parts[1])) return false;
    *out = value_list_new(call->arena, VALUE_TUPLE);
    value_list_push(call->arena, *out, parts[0]);
    value_list_push(call->arena, *out, parts[1]);
    return true;
}

static uint64_t power_modulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
    Wide result = 1 % modulus, square = base % modulus;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) result = result * square % modulus;
        square = square * square % modulus;
    }
    return (uint64_t)result;
}

bool builtin_pow(NativeCall *call, Value *out) {
    int64_t base, exponent, modulus;
    if (!call->given[2] || call->value[2].kind == VALUE_NONE) {
        return value_binary(call->eval, BINARY_POW, call->value[0], call->value[1], call->at, out);
    }
    if (!value_as_int(call->value[0], &base) || !value_as_int(call->value[1], &exponent) ||
        !value_as_int(call->value[2], &modulus)) {
        return RAISE_TYPE(call->eval, call->at,
                          "pow() 3rd argument not allowed unless all arguments are integers");
    }
    if (modulus == 0) return RAISE_VALUE(call->eval, call->at, "pow() 3rd argument cannot be 0");
    if (exponent < 0 || modulus < 0) {
        return native_not_evaluated(call, "pow() modulo with negative arguments is not evaluated", out);
    }
    const int64_t reduced = base % modulus < 0 ? base % modulus + modulus : base % modulus;
    *out = value_int((int64_t)power_modulo((uint64_t)reduced, (uint64_t)exponent, (uint64_t)modulus));
    return true;
}

/* ---- round ---- */

/* To a multiple of 10^-digits, digits < 0, half to even; exact because the decimal digits are. */
static double round_left(double x, int64_t digits) {
    char text[400];
    snprintf(text, sizeof text, "%.0f", floor(fabs(x)));
    const int64_t length = (int64_t)strlen(text), kept = length + digits;
    if (kept < 0) return copysign(0, x);
    bool up = kept < length && text[kept] > '5';
    if (kept < length && text[kept] == '5') {
        const bool more =
            strspn(text + kept + 1, "0") < (size_t)(length - kept - 1) || floor(fabs(x)) != fabs(x);
        up = more || (kept > 0 && (text[kept - 1] - '0') % 2 == 1);
    }
    char rounded[420];
    snprintf(rounded, sizeof rounded, "%.*se%lld", kept > 0 ? (int)kept : 1, kept > 0 ? text : "0",
             -(long long)digits);
    if (up) { /* one more in the last kept place; carries are the library's */
        char carry[32];
        snprintf(carry, sizeof carry, "1e%lld", -(long long)digits);
        return copysign(strtod(rounded, NULL) + strtod(carry, NULL), x);
    }
    return copysign(strtod(rounded, NULL), x);
}

static bool round_float(NativeCall *call, double x, int64_t digits, Value *out) {
    double result = x;
    if (isfinite(x) && digits < -308)
        result = copysign(0, x);
    else if (isfinite(x) && digits < 0)
        result = round_left(x, digits);
    else if (isfinite(x) && digits <= 323)
        result = strtod(arena_printf(call->arena, "%.*f", (int)digits, x), NULL);
    if (isinf(result) && isfinite(x)) {
        return eval_raise(call->eval, E356, NULL, call->at, "rounded value too large to represent");
    }
    *out = value_float(result);
    return true;
}

static bool round_int(NativeCall *call, int64_t i, int64_t digits, Value *out) {
    *out = value_int(i);
    if (digits >= 0) return true;
    *out = value_int(0);
    if (digits < -19) return true;
    Wide unit = 1;
    for (int64_t k = 0; k < -digits; k++) unit *= 10;
    const Wide size = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    const Wide below = size / unit * unit, rest = size - below;
    const bool up = rest * 2 > unit || (rest * 2 == unit && (size / unit) % 2 == 1);
    const Wide result = below + (up ? unit : 0);
    if (result > INT64_MAX) return number_too_large(call->eval, call->at, out);
    *out = value_int(i < 0 ? -(int64_t)result : (int64_t)result);
    return true;
}

bool builtin_round(NativeCall *call, Value *out) {
    const Value x = call->value[0];
    int64_t i, digits = 0;
    const bool whole = !call->given[1] || call->value[1].kind == VALUE_NONE;
    if (!value_is_number(x)) {
        return RAISE_TYPE(call->eval, call->at, "type %s doesn't define __round__ method",
                          value_class_name(x));
    }
    if (!whole && !native_int(call, call->value[1], &digits)) return false;
    if (value_as_int(x, &i)) return round_int(call, i, digits, out);
    if (!whole) return round_float(call, x.as.real, digits, out);
    if (isnan(x.as.real)) return RAISE_VALUE(call->eval, call->at, "cannot convert float NaN to integer");
    if (isinf(x.as.real)) {
        return eval_raise(call->eval, E356, NULL, call->at, "cannot convert float infinity to integer");
    }
    *out = number_from_whole(call->eval, rint(x.as.real), call->at);
    return true;
}

/* ---- text of integers ---- */

/* bin, oct, hex */
bool builtin_base(NativeCall *call, Value *out) {
    int64_t i;
    if (!native_int(call, call->value[0], &i)) return false;
    const FormatSpec spec = {.alternate = true, .type = call->name[0] == 'h' ? 'x' : call->name[0]};
    const NumberText number = format_int(call->arena, i, &spec);
    *out = value_str(call->arena,
                     arena_printf(call->arena, "%s%s%s", number.sign, number.prefix, number.digits));
    return true;
}

bool builtin_chr(NativeCall *call, Value *out) {
    int64_t i;
    if (!native_int(call, call->value[0], &i)) return false;
    if (i < 0 || i > 0x10ffff) return RAISE_VALUE(call->eval, call->at, "chr() arg not in range(0x110000)");
    Text text = text_new(call->arena);
    text_add_code_point(&text, (uint32_t)i);
    *out = value_from_text(call->arena, &text);
    return true;
}

bool builtin_ord(NativeCall *call, Value *out) {
    const Value c = call->value[0];
    if (c.kind != VALUE_STR && c.kind != VALUE_BYTES) {
        return RAISE_TYPE(call->eval, call->at, "ord() expected string of length 1, but %s found",
                          value_class_name(c));
    }
    const int64_t length = c.kind == VALUE_BYTES ? (int64_t)c.as.str->length : str_length(c.as.str);
    if (length != 1) {
        return RAISE_TYPE(call->eval, call->at, "ord() expected a character, but string of length %lld found",
                          (long long)length);
    }
    *out = value_int(c.kind == VALUE_BYTES ? (unsigned char)c.as.str->data[0]
                                           : (int64_t)str_decode(c.as.str, 0));
    return true;
}
