/* The "%" operator of strings: "%s has %5.2f%%" % (name, share). */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "elaborate/format.h"

/* One formatting under way. */
typedef struct Percent {
    Eval *eval;
    SourceRange at;
    const Str *format;
    size_t place;
    Value operand; /* a tuple gives its items, anything else itself */
    size_t used;
    Text text;
    const Opaque *unknown; /* set once an unknown value goes into the text */
} Percent;

static bool next_argument(Percent *p, Value *out) {
    const bool tuple = p->operand.kind == VALUE_TUPLE;
    const size_t count = tuple ? p->operand.as.list->items.count : 1;
    if (p->used >= count) return RAISE_TYPE(p->eval, p->at, "not enough arguments for format string");
    *out = tuple ? p->operand.as.list->items.at[p->used] : p->operand;
    p->used++;
    return true;
}

/* "(name)" behind the percent sign. */
static bool keyed_argument(Percent *p, Value *out) {
    const char *data = p->format->data;
    if (p->operand.kind != VALUE_DICT) return RAISE_TYPE(p->eval, p->at, "format requires a mapping");
    const size_t begin = ++p->place;
    for (int depth = 1; p->place < p->format->length; p->place++) {
        if (data[p->place] == '(') depth++;
        if (data[p->place] == ')' && --depth == 0) break;
    }
    if (p->place >= p->format->length) return RAISE_VALUE(p->eval, p->at, "incomplete format key");
    const Value key = value_str_n(p->eval->arena, data + begin, p->place - begin);
    p->place++;
    return value_subscript(p->eval, p->operand, key, p->at, out);
}

static bool parse_count(Percent *p, int64_t *out) {
    const char *data = p->format->data;
    *out = 0;
    if (data[p->place] == '*') {
        Value value;
        p->place++;
        if (!next_argument(p, &value)) return false;
        if (!value_as_int(value, out)) return RAISE_TYPE(p->eval, p->at, "* wants int");
        if (*out > INT_MAX || *out < -INT_MAX) return RAISE_VALUE(p->eval, p->at, "width too big");
        return true;
    }
    for (; data[p->place] >= '0' && data[p->place] <= '9'; p->place++) {
        *out = *out * 10 + (data[p->place] - '0');
        if (*out > INT_MAX) return RAISE_VALUE(p->eval, p->at, "width too big");
    }
    return true;
}

static bool parse_flags(Percent *p, FormatSpec *spec, bool *zero) {
    bool left = false;
    *spec = (FormatSpec){.precision = -1};
    *zero = false;
    for (;; p->place++) {
        const char c = p->format->data[p->place];
        if (c == '-')
            left = true;
        else if (c == '+')
            spec->sign = '+';
        else if (c == ' ' && spec->sign != '+')
            spec->sign = ' ';
        else if (c == '#')
            spec->alternate = true;
        else if (c == '0')
            *zero = true;
        else if (c != ' ')
            break;
    }
    if (!parse_count(p, &spec->width)) return false;
    if (spec->width < 0) {
        left = true;
        spec->width = -spec->width;
    }
    if (p->format->data[p->place] == '.') {
        p->place++;
        if (!parse_count(p, &spec->precision)) return false;
        if (spec->precision < 0) spec->precision = 0;
    }
    spec->align = left ? '<' : 0;
    while (p->format->data[p->place] && strchr("hlL", p->format->data[p->place])) p->place++;
    return eval_charge(p->eval, p->at,
                       (uint64_t)(spec->width + (spec->precision > 0 ? spec->precision : 0)) / 16);
}

static bool add_text(Percent *p, Value value, char conversion, const FormatSpec *spec) {
    Value text;
    if (!value_to_text(p->eval, value, conversion, p->at, &text)) return false;
    if (text.kind == VALUE_OPAQUE)
        p->unknown = text.as.opaque;
    else
        format_add_aligned(&p->text, text.as.str->data, format_cut(text.as.str, spec->precision), spec, '>');
    return true;
}

static void add_number(Percent *p, NumberText number, FormatSpec *spec, bool zero) {
    spec->zero_pad = zero && !spec->align;
    spec->grouping = 0;
    format_add_number(&p->text, &number, spec);
}

static bool add_integer(Percent *p, Value value, FormatSpec *spec, bool zero) {
    int64_t integer;
    const char type = spec->type;
    const bool decimal = type == 'd' || type == 'i' || type == 'u';
    if (!value_as_int(value, &integer)) {
        if (value.kind != VALUE_FLOAT || !decimal) {
            return RAISE_TYPE(p->eval, p->at, "%%%c format: %s is required, not %s", type,
                              decimal ? "a real number" : "an integer", value_class_name(value));
        }
        if (!isfinite(value.as.real)) {
            return isnan(value.as.real)
                       ? RAISE_VALUE(p->eval, p->at, "cannot convert float NaN to integer")
                       : eval_raise(p->eval, E356, NULL, p->at, "cannot convert float infinity to integer");
        }
        const Value whole = number_from_whole(p->eval, trunc(value.as.real), p->at);
        if (whole.kind == VALUE_OPAQUE) {
            p->unknown = whole.as.opaque;
            return true;
        }
        integer = whole.as.integer;
    }
    if (decimal) spec->type = 'd';
    NumberText number = format_int(p->eval->arena, integer, spec);
    const int64_t missing = spec->precision - (int64_t)strlen(number.digits);
    if (missing > 0) { /* the precision is the least number of digits */
        Text digits = text_new(p->eval->arena);
        for (int64_t i = 0; i < missing; i++) text_char(&digits, '0');
        text_add(&digits, number.digits);
        number.digits = digits.data;
    }
    add_number(p, number, spec, zero);
    return true;
}

static bool add_real(Percent *p, Value value, FormatSpec *spec, bool zero) {
    double real;
    if (!value_as_float(value, &real)) {
        return RAISE_TYPE(p->eval, p->at, "must be real number, not %s", value_class_name(value));
    }
    if (spec->precision < 0) spec->precision = 6;
    add_number(p, format_float(p->eval->arena, real, spec), spec, zero);
    return true;
}

static bool add_character(Percent *p, Value value, const FormatSpec *spec) {
    int64_t code;
    Text character = text_new(p->eval->arena);
    if (value_as_int(value, &code)) {
        if (code < 0 || code > 0x10ffff) {
            return eval_raise(p->eval, E356, NULL, p->at, "%%c arg not in range(0x110000)");
        }
        text_add_code_point(&character, (uint32_t)code);
    } else if (value.kind == VALUE_STR && str_length(value.as.str) == 1) {
        text_add_n(&character, value.as.str->data, value.as.str->length);
    } else {
        return RAISE_TYPE(p->eval, p->at, "%%c requires int or char");
    }
    format_add_aligned(&p->text, character.data, character.length, spec, '>');
    return true;
}

static bool convert(Percent *p, Value value, FormatSpec *spec, bool zero) {
    const Opaque *cause = eval_opaque_of(value);
    if (cause) {
        p->unknown = cause;
        return true;
    }
    switch (spec->type) {
    case 's':
    case 'r':
    case 'a': return add_text(p, value, spec->type, spec);
    case 'c': return add_character(p, value, spec);
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X': return add_integer(p, value, spec, zero);
    default: return add_real(p, value, spec, zero);
    }
}

static bool format_one(Percent *p) { /* behind the percent sign */
    FormatSpec spec;
    bool zero, keyed = false;
    Value value = {0};
    if (p->format->data[p->place] == '%') {
        p->place++;
        text_char(&p->text, '%');
        return true;
    }
    if (p->format->data[p->place] == '(') {
        keyed = true;
        if (!keyed_argument(p, &value)) return false;
    }
    if (!parse_flags(p, &spec, &zero)) return false;
    if (p->place >= p->format->length) return RAISE_VALUE(p->eval, p->at, "incomplete format");
    spec.type = p->format->data[p->place++];
    if (!keyed && !next_argument(p, &value)) return false;
    if (!spec.type || !strchr("srcdiuoxXeEfFgGa", spec.type)) {
        return RAISE_VALUE(p->eval, p->at, "unsupported format character '%c' (0x%x) at index %zu", spec.type,
                           (unsigned)(unsigned char)spec.type, p->place - 1);
    }
    if (keyed) p->used = SIZE_MAX / 2; /* a mapping is never "not all converted" */
    return convert(p, value, &spec, zero);
}

bool percent_format(Eval *eval, Value format, Value operand, SourceRange at, Value *out) {
    Percent p = {
        .eval = eval, .at = at, .format = format.as.str, .operand = operand, .text = text_new(eval->arena)};
    if (format.kind == VALUE_BYTES) {
        *out = eval_opaque(eval, at, "'%' on bytes is not evaluated");
        return true;
    }
    while (p.place < p.format->length) {
        const char c = p.format->data[p.place++];
        if (c != '%')
            text_char(&p.text, c);
        else if (!format_one(&p))
            return false;
    }
    const bool mapping = operand.kind == VALUE_DICT || value_is_list(operand);
    const size_t count = operand.kind == VALUE_TUPLE ? operand.as.list->items.count : 1;
    if (p.used < count && !mapping) {
        return RAISE_TYPE(eval, at, "not all arguments converted during string formatting");
    }
    *out = p.unknown ? eval_opaque_from(eval, p.unknown) : value_from_text(eval->arena, &p.text);
    return true;
}
