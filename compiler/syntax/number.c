/* Numbers: text of a NUMBER token -> EXPR_INT, EXPR_FLOAT or EXPR_IMAGINARY. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "syntax/literal.h"

static int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

/* 16, 8, 2 for a number that starts with 0x, 0o, 0b; else 10. */
static int base_of(const char *text, size_t length) {
    if (length < 2 || text[0] != '0') return 10;
    switch (text[1]) {
    case 'x':
    case 'X': return 16;
    case 'o':
    case 'O': return 8;
    case 'b':
    case 'B': return 2;
    default: return 10;
    }
}

/* Digits of a base from `i` on, with single underscores between them; *i moves past them. */
static bool skip_digits(const char *text, size_t length, size_t *i, int base,
                        bool may_begin_with_underscore) {
    size_t digits = 0;
    bool after_digit = may_begin_with_underscore;
    for (; *i < length; ++*i) {
        if (digit_value(text[*i]) < base) {
            digits++;
            after_digit = true;
        } else if (text[*i] == '_' && after_digit) {
            after_digit = false;
        } else {
            break;
        }
    }
    return digits > 0 && after_digit;
}

bool literal_is_number(const char *text, size_t length) {
    size_t i = 0;
    const int base = base_of(text, length);
    if (base != 10) {
        i = 2;
        return skip_digits(text, length, &i, base, true) && i == length;
    }
    const bool whole = skip_digits(text, length, &i, 10, false);
    if (!whole && i > 0) return false;
    if (i < length && text[i] == '.') {
        const size_t point = i++;
        if (!skip_digits(text, length, &i, 10, false) && (!whole || i != point + 1)) return false;
    } else if (!whole) {
        return false;
    }
    if (i < length && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < length && (text[i] == '+' || text[i] == '-')) i++;
        if (!skip_digits(text, length, &i, 10, false)) return false;
    }
    if (i < length && (text[i] == 'j' || text[i] == 'J')) i++;
    return i == length;
}

static Expr *whole_number(Parser *p, const char *digits, size_t length, SourceRange at) {
    const int base = base_of(digits, length);
    Expr *expr = build_expr(p, EXPR_INT, at);
    int64_t value = 0;
    for (size_t i = base == 10 ? 0 : 2; i < length && !expr->as.integer.too_large; i++)
        if (!checked_mul(value, base, &value) || !checked_add(value, digit_value(digits[i]), &value))
            expr->as.integer.too_large = true;
    expr->as.integer.value = expr->as.integer.too_large ? INT64_MAX : value;
    if (base == 10 && digits[0] == '0' && length > 1 && strspn(digits, "0") != length)
        parser_report(p, E113, at,
                      "leading zeros in decimal integer literals are not permitted; use an 0o prefix for "
                      "octal integers");
    return expr;
}

Expr *literal_number(Parser *p, SourceRange at) {
    char *digits = arena_alloc(p->arena, at.end - at.begin + 1);
    size_t n = 0;
    for (uint32_t i = at.begin; i < at.end; i++)
        if (p->source->text[i] != '_') digits[n++] = p->source->text[i];
    const bool imaginary = digits[n - 1] == 'j' || digits[n - 1] == 'J';
    if (!imaginary && (base_of(digits, n) != 10 || !strpbrk(digits, ".eE")))
        return whole_number(p, digits, n, at);
    if (imaginary) digits[n - 1] = '\0';
    Expr *expr = build_expr(p, imaginary ? EXPR_IMAGINARY : EXPR_FLOAT, at);
    expr->as.float_value = strtod(digits, NULL);
    return expr;
}

void literal_report_bad_number(Parser *p, SourceRange at) {
    const char *text = p->source->text + at.begin;
    const size_t length = at.end - at.begin;
    const int base = base_of(text, length);
    const char *kind = base == 16 ? "hexadecimal" : base == 8 ? "octal" : base == 2 ? "binary" : "decimal";
    size_t i = base == 10 ? 0 : 2;
    skip_digits(text, length, &i, base, base != 10);
    if (i < length && text[i] >= '0' && text[i] <= '9')
        parser_report(p, E113, at, "invalid digit '%c' in %s literal", text[i], kind);
    else
        parser_report(p, E113, at, "invalid %s literal \"%.*s\"", kind, (int)(length < 40 ? length : 40),
                      text);
    if (base == 10 && i < length && text[i] != '_')
        diag_help(p->diags, at, NULL, "a name cannot begin with a digit");
}
