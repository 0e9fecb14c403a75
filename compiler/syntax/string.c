/* Strings: the text between the quotes, with its escapes, as bytes of UTF-8.
 *
 * A string with \N{...} is kept, but its value is not known here: it is marked, and evaluates to something
 * opaque.
 */
#include <string.h>

#include "base/text.h"
#include "syntax/literal.h"

/* What is being decoded, and where. */
typedef struct Decoder {
    Parser *p;
    uint32_t at, end; /* offsets in the source */
    bool bytes, raw, formatted;
    bool unknown; /* a \N{...} was met */
    Text text;
} Decoder;

static void add_code_point(Text *text, uint32_t c) {
    if (c < 0x80) {
        text_char(text, (char)c);
    } else if (c < 0x800) {
        text_char(text, (char)(0xC0 | c >> 6));
        text_char(text, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        text_char(text, (char)(0xE0 | c >> 12));
        text_char(text, (char)(0x80 | (c >> 6 & 0x3F)));
        text_char(text, (char)(0x80 | (c & 0x3F)));
    } else {
        text_char(text, (char)(0xF0 | c >> 18));
        text_char(text, (char)(0x80 | (c >> 12 & 0x3F)));
        text_char(text, (char)(0x80 | (c >> 6 & 0x3F)));
        text_char(text, (char)(0x80 | (c & 0x3F)));
    }
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static SourceRange escape_range(const Decoder *d, uint32_t begin) {
    return parser_range(d->p, begin, d->at);
}

/* \xHH, \uHHHH, \UHHHHHHHH: `d->at` is at the first digit. */
static void decode_hex(Decoder *d, uint32_t begin, int n_digits, const char *form) {
    uint32_t value = 0;
    int n = 0;
    for (; n < n_digits && d->at < d->end && hex_value(d->p->source->text[d->at]) >= 0; n++, d->at++)
        value = value << 4 | (uint32_t)hex_value(d->p->source->text[d->at]);
    if (n < n_digits)
        parser_report(d->p, E114, escape_range(d, begin),
                      d->bytes ? "(value error) invalid %s escape" : "(unicode error) truncated %s escape",
                      form);
    else if (value > 0x10FFFF)
        parser_report(d->p, E114, escape_range(d, begin), "(unicode error) illegal Unicode character");
    else if (d->bytes)
        text_char(&d->text, (char)value);
    else
        add_code_point(&d->text, value);
}

static void decode_octal(Decoder *d) {
    uint32_t value = 0;
    for (int n = 0; n < 3 && d->at < d->end; n++, d->at++) {
        const char c = d->p->source->text[d->at];
        if (c < '0' || c > '7') break;
        value = value << 3 | (uint32_t)(c - '0');
    }
    if (d->bytes)
        text_char(&d->text, (char)(value & 0xFF));
    else
        add_code_point(&d->text, value);
}

/* \N{NAME}: the table of names is not part of Lamina. */
static void decode_name(Decoder *d, uint32_t begin) {
    const char *source = d->p->source->text;
    const char *close =
        d->at < d->end && source[d->at] == '{' ? memchr(source + d->at, '}', d->end - d->at) : NULL;
    if (!close || close == source + d->at + 1) {
        parser_report(d->p, E114, escape_range(d, begin), "(unicode error) malformed \\N character escape");
        return;
    }
    d->at = (uint32_t)(close + 1 - source);
    d->unknown = true;
}

/* The newline at d->at as Python sees it: one "\n", however it is written. */
static void skip_newline(Decoder *d) {
    const char *source = d->p->source->text;
    d->at += source[d->at] == '\r' && d->at + 1 < d->end && source[d->at + 1] == '\n' ? 2 : 1;
}

static void decode_escape(Decoder *d) {
    static const char LETTERS[] = "abfnrtv\\'\"", VALUES[] = "\a\b\f\n\r\t\v\\'\"";
    const uint32_t begin = d->at++;
    const char c = d->at < d->end ? d->p->source->text[d->at] : '\0';
    const char *letter = c ? strchr(LETTERS, c) : NULL;
    if (c == '\r' || c == '\n') {
        skip_newline(d);
    } else if (letter) {
        d->at++;
        text_char(&d->text, VALUES[letter - LETTERS]);
    } else if (c >= '0' && c <= '7') {
        decode_octal(d);
    } else if (c == 'x') {
        d->at++;
        decode_hex(d, begin, 2, "\\x");
    } else if (c == 'u' && !d->bytes) {
        d->at++;
        decode_hex(d, begin, 4, "\\u");
    } else if (c == 'U' && !d->bytes) {
        d->at++;
        decode_hex(d, begin, 8, "\\U");
    } else if (c == 'N' && !d->bytes) {
        d->at++;
        decode_name(d, begin);
    } else {
        text_char(&d->text, '\\'); /* an unknown escape stands for itself */
    }
}

static void decode(Decoder *d) {
    const char *source = d->p->source->text;
    while (d->at < d->end) {
        const char c = source[d->at];
        if (c == '\\' && !d->raw) {
            decode_escape(d);
        } else if (c == '\r') {
            text_char(&d->text, '\n');
            skip_newline(d);
        } else if (d->bytes && (unsigned char)c >= 0x80) {
            parser_report(d->p, E116, parser_range(d->p, d->at, d->end),
                          "bytes can only contain ASCII literal characters");
            return;
        } else {
            text_char(&d->text, c);
            d->at += d->formatted && (c == '{' || c == '}') ? 2 : 1; /* `{{` is `{` */
        }
    }
}

static Expr *finish(Decoder *d, SourceRange at) {
    Expr *expr = build_expr(d->p, d->bytes ? EXPR_BYTES : EXPR_STRING, at);
    expr->as.string.data = d->text.data;
    expr->as.string.length = d->text.length;
    expr->as.string.unknown = d->unknown;
    return expr;
}

Expr *literal_string(Parser *p, SourceRange at) {
    const char *source = p->source->text;
    Decoder d = {.p = p, .at = at.begin, .end = at.end, .text = text_new(p->arena)};
    for (; source[d.at] != '\'' && source[d.at] != '"'; d.at++) {
        d.bytes |= source[d.at] == 'b' || source[d.at] == 'B';
        d.raw |= source[d.at] == 'r' || source[d.at] == 'R';
    }
    const char quote = source[d.at];
    const bool triple = d.end - d.at >= 6 && source[d.at + 1] == quote && source[d.at + 2] == quote;
    d.at += triple ? 3 : 1;
    d.end -= triple ? 3 : 1;
    decode(&d);
    return finish(&d, at);
}

Expr *literal_middle(Parser *p, SourceRange at, bool raw) {
    Decoder d = {
        .p = p, .at = at.begin, .end = at.end, .raw = raw, .formatted = true, .text = text_new(p->arena)};
    decode(&d);
    return finish(&d, at);
}
