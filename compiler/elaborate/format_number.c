/* Numbers as text: digits, separators, zeros, fill; see format.h. The C library gives correctly rounded
 * digits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "elaborate/format.h"

size_t format_cut(const Str *str, int64_t precision) {
    return precision < 0 ? str->length : str_offset(str, precision);
}

static void add_fill(Text *text, const char *fill, int64_t count) {
    for (; count > 0; count--) text_add(text, fill);
}

void format_add_aligned(Text *text, const char *data, size_t length, const FormatSpec *spec,
                        char fallback_align) {
    const int64_t missing = spec->width - (int64_t)text_code_points(data, length);
    const char align = spec->align ? spec->align : fallback_align;
    const char *fill = spec->fill[0] ? spec->fill : " ";
    const int64_t before = missing <= 0 || align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    add_fill(text, fill, before);
    text_add_n(text, data, length);
    add_fill(text, fill, missing - before);
}

/* Digits with separators, and zeros in front until they are `least` characters wide. */
static const char *group_digits(Arena *arena, const char *digits, char separator, size_t group,
                                int64_t least) {
    const size_t n = strlen(digits);
    if (n == 0 ||
        !(digits[0] >= '0' && digits[0] <= '9')) { /* hexadecimal letters are digits, "inf" is not */
        if (strcmp(digits, "inf") == 0 || strcmp(digits, "nan") == 0) return digits;
        if (strcmp(digits, "INF") == 0 || strcmp(digits, "NAN") == 0) return digits;
    }
    size_t count = n;
    while (least > 0 && count + (separator ? (count - 1) / group : 0) < (size_t)least) count++;
    Text text = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && separator && (count - i) % group == 0) text_char(&text, separator);
        text_char(&text, i < count - n ? '0' : digits[i - (count - n)]);
    }
    return text.data;
}

void format_add_number(Text *text, const NumberText *number, const FormatSpec *spec) {
    const bool zeros = spec->zero_pad && !spec->align;
    const char align = zeros ? '=' : spec->align ? spec->align : '>';
    const char *fill = spec->fill[0] ? spec->fill : zeros ? "0" : " ";
    const bool pads_digits = align == '=' && strcmp(fill, "0") == 0;
    const int64_t around = (int64_t)(strlen(number->sign) + strlen(number->prefix) + strlen(number->rest));
    const size_t group = spec->type && strchr("boxX", spec->type) ? 4 : 3;
    const char *digits = group_digits(text->arena, number->digits, spec->grouping, group,
                                      pads_digits && spec->grouping ? spec->width - around : 0);
    Text body = text_new(text->arena);
    if (align == '=') {
        text_printf(&body, "%s%s", number->sign, number->prefix);
        add_fill(&body, fill, spec->width - around - (int64_t)strlen(digits));
        text_printf(&body, "%s%s", digits, number->rest);
        text_add(text, body.data);
        return;
    }
    text_printf(&body, "%s%s%s%s", number->sign, number->prefix, digits, number->rest);
    FormatSpec filled = *spec;
    memcpy(filled.fill, fill, strlen(fill) + 1);
    format_add_aligned(text, body.data, body.length, &filled, align);
}

static const char *sign_text(bool negative, char sign) {
    return negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "";
}

NumberText format_int(Arena *arena, int64_t value, const FormatSpec *spec) {
    const unsigned base = spec->type == 'b'                        ? 2
                          : spec->type == 'o'                      ? 8
                          : spec->type == 'x' || spec->type == 'X' ? 16
                                                                   : 10;
    const char *letters = spec->type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char buffer[72], *digit = buffer + sizeof buffer - 1;
    *digit = '\0';
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--digit = letters[rest % base];
        rest /= base;
    } while (rest > 0);
    const char *prefix = !spec->alternate || base == 10 ? "" : base == 2 ? "0b" : base == 8 ? "0o" : "0x";
    if (spec->type == 'X' && prefix[0]) prefix = "0X";
    return (NumberText){sign_text(value < 0, spec->sign), prefix, arena_strdup(arena, digit), ""};
}

static char *strip_zeros(char *text) { /* of a fraction; the point goes where nothing is left behind it */
    if (!strchr(text, '.')) return text;
    size_t n = strlen(text);
    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    text[n] = '\0';
    return text;
}

/* A precision without a type: as "g", but never without a digit behind the point. */
static const char *general(Arena *arena, double value, int precision, bool alternate) {
    if (precision < 1) precision = 1;
    char *text = arena_printf(arena, "%.*e", precision - 1, value);
    char *e = strchr(text, 'e');
    const int exponent = (int)strtol(e + 1, NULL, 10);
    if (exponent < -4 || exponent >= precision - (alternate ? 0 : 1)) {
        const char *tail = arena_strdup(arena, e);
        *e = '\0';
        return arena_printf(arena, "%s%s", alternate ? text : strip_zeros(text), tail);
    }
    text = arena_printf(arena, "%.*f", precision - 1 - exponent, value);
    if (!alternate) strip_zeros(text);
    return strchr(text, '.') ? text : arena_printf(arena, "%s.0", text);
}

static const char *float_magnitude(Arena *arena, double value, const FormatSpec *spec) {
    const int precision = spec->precision < 0 ? 6 : (int)spec->precision;
    const bool hash = spec->alternate;
    switch (spec->type) {
    case 'e': return arena_printf(arena, hash ? "%#.*e" : "%.*e", precision, value);
    case 'E': return arena_printf(arena, hash ? "%#.*E" : "%.*E", precision, value);
    case 'f':
    case 'F': return arena_printf(arena, hash ? "%#.*f" : "%.*f", precision, value);
    case 'g':
    case 'n': return arena_printf(arena, hash ? "%#.*g" : "%.*g", precision, value);
    case 'G': return arena_printf(arena, hash ? "%#.*G" : "%.*G", precision, value);
    case '%': return arena_printf(arena, hash ? "%#.*f%%" : "%.*f%%", precision, value * 100);
    default:
        if (spec->precision < 0) return value_float_text(arena, value);
        return general(arena, value, precision, spec->alternate);
    }
}

NumberText format_float(Arena *arena, double value, const FormatSpec *spec) {
    bool negative = signbit(value) && !isnan(value);
    const double magnitude = fabs(value);
    if (!isfinite(value)) {
        const bool upper = spec->type && strchr("EFG", spec->type);
        const char *word = isnan(value) ? (upper ? "NAN" : "nan") : upper ? "INF" : "inf";
        return (NumberText){sign_text(negative, spec->sign), "", word, spec->type == '%' ? "%" : ""};
    }
    const char *text = float_magnitude(arena, magnitude, spec);
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9') n++;
    if (spec->no_negative_zero && strspn(text, "0.%") == strlen(text)) negative = false;
    return (NumberText){sign_text(negative, spec->sign), "", arena_strndup(arena, text, n), text + n};
}
