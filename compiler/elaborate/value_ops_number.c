/* Arithmetic on int, bool and float with Python's exact rules. An int result past int64 is opaque, never
 * wrong. */
#include <errno.h>
#include <math.h>

#include "base/checked.h"
#include "elaborate/value_ops_parts.h"

__extension__ typedef unsigned __int128 Wide;

bool number_too_large(Eval *eval, SourceRange at, Value *out) {
    *out = eval_opaque(eval, at, "an integer here does not fit 64 bits");
    return true;
}

Value number_from_whole(Eval *eval, double whole, SourceRange at) {
    Value out;
    if (whole >= -0x1p63 && whole < 0x1p63) return value_int((int64_t)whole);
    number_too_large(eval, at, &out);
    return out;
}

static bool give_checked(Eval *eval, bool fits, int64_t result, SourceRange at, Value *out) {
    if (!fits) return number_too_large(eval, at, out);
    *out = value_int(result);
    return true;
}

static uint64_t magnitude(int64_t i) {
    return i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
}

/* a / b rounded once, also where an operand has more digits than a double. */
static double divide_exactly(int64_t a, int64_t b) {
    if (magnitude(a) <= UINT64_C(1) << 53 && magnitude(b) <= UINT64_C(1) << 53) return (double)a / (double)b;
    int shift = 0;
    Wide dividend = magnitude(a);
    while (dividend != 0 && !(dividend >> 126)) {
        dividend <<= 1;
        shift++;
    }
    Wide quotient = dividend / magnitude(b);
    bool rest = dividend % magnitude(b) != 0;
    while (quotient >>
           62) { /* the last bit stays set once anything was cut off: the double then rounds rightly */
        rest = rest || (quotient & 1);
        quotient >>= 1;
        shift--;
    }
    const double result = ldexp((double)((uint64_t)quotient | rest), -shift);
    return (a < 0) != (b < 0) ? -result : result;
}

static bool int_divide(Eval *eval, BinaryOperator op, int64_t a, int64_t b, SourceRange at, Value *out) {
    if (b == 0) {
        static const char *const WORDS[] = {[BINARY_DIV] = "division by zero",
                                            [BINARY_MOD] = "integer modulo by zero",
                                            [BINARY_FLOORDIV] = "integer division or modulo by zero"};
        return eval_raise(eval, E353, NULL, at, "%s", WORDS[op]);
    }
    if (op == BINARY_DIV) {
        *out = value_float(divide_exactly(a, b));
        return true;
    }
    if (b == -1) { /* the one quotient that may overflow */
        int64_t negated = 0;
        const bool fits = op == BINARY_MOD || checked_sub(0, a, &negated);
        return give_checked(eval, fits, negated, at, out);
    }
    int64_t quotient = a / b, rest = a % b;
    if (rest != 0 && (rest < 0) != (b < 0)) {
        quotient--;
        rest += b;
    }
    *out = value_int(op == BINARY_MOD ? rest : quotient);
    return true;
}

static bool int_power(int64_t base, int64_t exponent, int64_t *out) {
    *out = 1;
    for (int64_t left = exponent; left > 0; left >>= 1) {
        if ((left & 1) && !checked_mul(*out, base, out)) return false;
        if (left > 1 && !checked_mul(base, base, &base)) return false;
    }
    return true;
}

static bool int_shift(Eval *eval, BinaryOperator op, int64_t a, int64_t b, SourceRange at, Value *out) {
    if (b < 0) return RAISE_VALUE(eval, at, "negative shift count");
    if (op == BINARY_RSHIFT) {
        *out = value_int(b > 62 ? (a < 0 ? -1 : 0) : a >> b);
        return true;
    }
    int64_t result = 0;
    const bool fits = a == 0 || (b < 63 && checked_mul(a, INT64_C(1) << b, &result));
    return give_checked(eval, fits, result, at, out);
}

static bool float_binary(Eval *eval, BinaryOperator op, double a, double b, SourceRange at, Value *out);

static bool int_binary(Eval *eval, BinaryOperator op, int64_t a, int64_t b, SourceRange at, Value *out) {
    int64_t result = 0;
    bool fits = true;
    switch (op) {
    case BINARY_ADD: fits = checked_add(a, b, &result); break;
    case BINARY_SUB: fits = checked_sub(a, b, &result); break;
    case BINARY_MUL: fits = checked_mul(a, b, &result); break;
    case BINARY_POW:
        if (b < 0) return float_binary(eval, op, (double)a, (double)b, at, out);
        fits = int_power(a, b, &result);
        break;
    case BINARY_OR: result = a | b; break;
    case BINARY_XOR: result = a ^ b; break;
    case BINARY_AND: result = a & b; break;
    case BINARY_LSHIFT:
    case BINARY_RSHIFT: return int_shift(eval, op, a, b, at, out);
    default: return int_divide(eval, op, a, b, at, out);
    }
    return give_checked(eval, fits, result, at, out);
}

/* CPython's float_divmod. */
static void float_divmod(double a, double b, double *quotient, double *rest) {
    *rest = fmod(a, b);
    double div = (a - *rest) / b;
    if (*rest != 0) {
        if ((b < 0) != (*rest < 0)) {
            *rest += b;
            div -= 1;
        }
    } else {
        *rest = copysign(0, b);
    }
    *quotient = copysign(0, a / b);
    if (div != 0) {
        *quotient = floor(div);
        if (div - *quotient > 0.5) *quotient += 1;
    }
}

static bool float_divide(Eval *eval, BinaryOperator op, double a, double b, SourceRange at, Value *out) {
    if (b == 0) {
        static const char *const WORDS[] = {[BINARY_DIV] = "float division by zero",
                                            [BINARY_MOD] = "float modulo",
                                            [BINARY_FLOORDIV] = "float floor division by zero"};
        return eval_raise(eval, E353, NULL, at, "%s", WORDS[op]);
    }
    double quotient, rest;
    float_divmod(a, b, &quotient, &rest);
    *out = value_float(op == BINARY_DIV ? a / b : op == BINARY_MOD ? rest : quotient);
    return true;
}

static bool float_power(Eval *eval, double a, double b, SourceRange at, Value *out) {
    if (a == 0 && b < 0) return eval_raise(eval, E353, NULL, at, "0.0 cannot be raised to a negative power");
    if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b)) {
        *out = eval_opaque(eval, at, "complex numbers are not evaluated");
        return true;
    }
    const double result = pow(a, b);
    if (isinf(result) && isfinite(a) && isfinite(b)) {
        return eval_raise(eval, E356, NULL, at, "(34, 'Numerical result out of range')");
    }
    *out = value_float(result);
    return true;
}

static bool float_binary(Eval *eval, BinaryOperator op, double a, double b, SourceRange at, Value *out) {
    switch (op) {
    case BINARY_ADD: *out = value_float(a + b); return true;
    case BINARY_SUB: *out = value_float(a - b); return true;
    case BINARY_MUL: *out = value_float(a * b); return true;
    case BINARY_POW: return float_power(eval, a, b, at, out);
    default: return float_divide(eval, op, a, b, at, out);
    }
}

bool number_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out) {
    if (left.kind == VALUE_BOOL && right.kind == VALUE_BOOL) {
        const bool a = left.as.boolean, b = right.as.boolean;
        if (op == BINARY_AND || op == BINARY_OR || op == BINARY_XOR) {
            *out = value_bool(op == BINARY_AND ? a && b : op == BINARY_OR ? a || b : a != b);
            return true;
        }
    }
    int64_t a = 0, b = 0;
    if (value_as_int(left, &a) && value_as_int(right, &b)) return int_binary(eval, op, a, b, at, out);
    double x = 0, y = 0;
    value_as_float(left, &x);
    value_as_float(right, &y);
    return float_binary(eval, op, x, y, at, out);
}

bool number_unary(Eval *eval, UnaryOperator op, Value operand, SourceRange at, Value *out) {
    if (operand.kind == VALUE_FLOAT) {
        *out = value_float(op == UNARY_OP_NEGATE ? -operand.as.real : operand.as.real);
        return true;
    }
    int64_t i = 0, result = 0;
    value_as_int(operand, &i);
    if (op == UNARY_OP_NEGATE) {
        const bool fits = checked_sub(0, i, &result);
        return give_checked(eval, fits, result, at, out);
    }
    *out = value_int(op == UNARY_OP_INVERT ? ~i : i);
    return true;
}

static int order_int_float(int64_t i, double d) {
    if (isnan(d)) return 2;
    if (d >= 0x1p63) return -1;
    if (d < -0x1p63) return 1;
    const int64_t whole = (int64_t)d; /* towards zero; what is cut off decides between equal ones */
    if (i != whole) return i < whole ? -1 : 1;
    const double rest = d - (double)whole;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

int number_order(Value left, Value right) {
    int64_t a = 0, b = 0;
    const bool int_left = value_as_int(left, &a), int_right = value_as_int(right, &b);
    if (int_left && int_right) return a < b ? -1 : a > b;
    if (int_left) return order_int_float(a, right.as.real);
    if (int_right) {
        const int order = order_int_float(b, left.as.real);
        return order == 2 ? 2 : -order;
    }
    const double x = left.as.real, y = right.as.real;
    return isnan(x) || isnan(y) ? 2 : x < y ? -1 : x > y;
}
