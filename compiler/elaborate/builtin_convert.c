/* The types as functions: int, float, bool, str, and repr, ascii, format. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "elaborate/native.h"

/* The text without the white space around it. */
static Str stripped(const Str *str) {
    size_t begin = 0, end = str->length;
    while (begin < end && isspace((unsigned char)str->data[begin])) begin++;
    while (end > begin && isspace((unsigned char)str->data[end - 1])) end--;
    return (Str){end - begin, str->data + begin};
}

/* ---- int ---- */

static int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

typedef enum Parsed { PARSED, PARSED_TOO_LARGE, PARSED_WRONG } Parsed;

static int prefix_base(const Str *text, size_t at) {
    if (at + 1 >= text->length || text->data[at] != '0') return 0;
    const char letter = (char)tolower((unsigned char)text->data[at + 1]);
    return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
}

static Parsed parse_int(Str text, int base, int64_t *out) {
    size_t i = 0;
    bool fits = true, digit_before = false, negative = false;
    if (text.length > 0 && (text.data[0] == '+' || text.data[0] == '-')) negative = text.data[i++] == '-';
    const int prefix = prefix_base(&text, i);
    if (prefix && (base == 0 || base == prefix)) {
        base = prefix;
        i += 2;
        digit_before = i < text.length && text.data[i] == '_'; /* 0x_ff */
    }
    const bool old_octal = base == 0 && i < text.length && text.data[i] == '0';
    if (base == 0) base = 10;
    *out = 0;
    bool any = false;
    for (; i < text.length; i++) {
        const char c = text.data[i];
        if (c == '_' && digit_before) {
            digit_before = false;
            continue;
        }
        const int digit = digit_value(c);
        if (digit >= base || (old_octal && digit != 0)) return PARSED_WRONG;
        fits = fits && checked_mul(*out, base, out) && checked_add(*out, negative ? -digit : digit, out);
        any = digit_before = true;
    }
    if (!any || !digit_before) return PARSED_WRONG;
    return fits ? PARSED : PARSED_TOO_LARGE;
}

static bool int_from_text(NativeCall *call, const Str *str, int base, Value *out) {
    int64_t result;
    const Parsed parsed = parse_int(stripped(str), base, &result);
    if (parsed == PARSED_TOO_LARGE) return number_too_large(call->eval, call->at, out);
    if (parsed == PARSED_WRONG && !str_is_ascii(str)) {
        return native_not_evaluated(call, "digits beyond ASCII are not evaluated", out);
    }
    if (parsed == PARSED_WRONG) {
        return RAISE_VALUE(call->eval, call->at, "invalid literal for int() with base %d: %s", base,
                           value_repr(call->arena, (Value){.kind = VALUE_STR, .as.str = str}));
    }
    *out = value_int(result);
    return true;
}

static bool int_from_float(NativeCall *call, double x, Value *out) {
    if (isnan(x)) return RAISE_VALUE(call->eval, call->at, "cannot convert float NaN to integer");
    if (isinf(x))
        return eval_raise(call->eval, E356, NULL, call->at, "cannot convert float infinity to integer");
    *out = number_from_whole(call->eval, trunc(x), call->at);
    return true;
}

/* What cannot become a number, but may have a method for it that we do not know. */
static bool is_unmodelled(Value x) {
    return x.kind == VALUE_INSTANCE || x.kind == VALUE_CONFIG || x.kind == VALUE_SYMBOL ||
           x.kind == VALUE_BYTES;
}

bool builtin_int(NativeCall *call, Value *out) {
    const Value x = call->value[0];
    int64_t i, base = 10;
    *out = value_int(0);
    if (call->given[1]) {
        if (!native_int(call, call->value[1], &base)) return false;
        if (base != 0 && (base < 2 || base > 36)) {
            return RAISE_VALUE(call->eval, call->at, "int() base must be >= 2 and <= 36, or 0");
        }
        if (x.kind != VALUE_STR) {
            return RAISE_TYPE(call->eval, call->at, "int() can't convert non-string with explicit base");
        }
    }
    if (!call->given[0]) return true;
    if (x.kind == VALUE_STR) return int_from_text(call, x.as.str, (int)base, out);
    if (x.kind == VALUE_FLOAT) return int_from_float(call, x.as.real, out);
    if (value_as_int(x, &i)) {
        *out = value_int(i);
        return true;
    }
    if (is_unmodelled(x)) return native_not_evaluated(call, "int() of this object is not evaluated", out);
    return RAISE_TYPE(call->eval, call->at,
                      "int() argument must be a string, a bytes-like object or a real number, not '%s'",
                      value_class_name(x));
}

/* ---- float ---- */

/* A decimal number as Python reads it, without the underscores that may stand between digits; NULL where it
 * is none. */
static const char *clean_float(Arena *arena, Str text) {
    char *clean = arena_alloc(arena, text.length + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.length; i++) {
        const char c = text.data[i];
        if (c == '_') {
            const bool between = i > 0 && i + 1 < text.length && isdigit((unsigned char)text.data[i - 1]) &&
                                 isdigit((unsigned char)text.data[i + 1]);
            if (!between) return NULL;
            continue;
        }
        clean[n++] = c;
    }
    const char *unsigned_part = clean + (clean[0] == '+' || clean[0] == '-');
    static const char *const WORDS[] = {"inf", "infinity", "nan"};
    for (size_t i = 0; i < 3; i++) {
        if (strcasecmp(unsigned_part, WORDS[i]) == 0) return clean;
    }
    return strspn(unsigned_part, "0123456789.eE+-") == strlen(unsigned_part) && n == strlen(clean) ? clean
                                                                                                   : NULL;
}

bool builtin_float(NativeCall *call, Value *out) {
    const Value x = call->value[0];
    double real = 0;
    if (x.kind == VALUE_STR) {
        char *end;
        const char *clean = clean_float(call->arena, stripped(x.as.str));
        if (clean) real = strtod(clean, &end);
        if (!clean || end == clean || *end) {
            return RAISE_VALUE(call->eval, call->at, "could not convert string to float: %s",
                               value_repr(call->arena, x));
        }
    } else if (call->given[0] && !value_as_float(x, &real)) {
        if (is_unmodelled(x))
            return native_not_evaluated(call, "float() of this object is not evaluated", out);
        return RAISE_TYPE(call->eval, call->at,
                          "float() argument must be a string or a real number, not '%s'",
                          value_class_name(x));
    }
    *out = value_float(real);
    return true;
}

/* ---- bool, str and the like ---- */

bool builtin_bool(NativeCall *call, Value *out) {
    bool truth = false;
    if (call->given[0] && !value_truth(call->eval, call->value[0], call->at, &truth)) return false;
    *out = value_bool(truth);
    return true;
}

bool builtin_str(NativeCall *call, Value *out) {
    if (!call->given[0]) {
        *out = value_str(call->arena, "");
        return true;
    }
    if (call->given[1] || call->given[2])
        return native_not_evaluated(call, "decoding by str() is not evaluated", out);
    return value_to_text(call->eval, call->value[0], 's', call->at, out);
}

/* repr, ascii */
bool builtin_repr(NativeCall *call, Value *out) {
    return value_to_text(call->eval, call->value[0], call->name[0], call->at, out);
}

bool builtin_format(NativeCall *call, Value *out) {
    const char *spec = call->given[1] ? value_c_str(call->value[1]) : "";
    if (!spec) {
        return RAISE_TYPE(call->eval, call->at, "format() argument 2 must be str, not %s",
                          value_class_name(call->value[1]));
    }
    return value_format_spec(call->eval, call->value[0], spec, call->at, out);
}
