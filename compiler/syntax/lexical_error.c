/* What flex could not read, in words. */
#include <stdint.h>

#include "syntax/lexer.h"
#include "syntax/literal.h"

/* The code point at `text`, valid UTF-8; its bytes in *length. */
static uint32_t code_point_at(const char *text, uint32_t *length) {
    const unsigned char lead = (unsigned char)text[0];
    *length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t c = lead < 0x80 ? lead : lead & (0xFFu >> (*length + 1));
    for (uint32_t i = 1; i < *length; i++) c = c << 6 | ((unsigned char)text[i] & 0x3F);
    return c;
}

static void report_character(Parser *p, SourceRange at) {
    const char *text = p->source->text + at.begin;
    uint32_t length;
    const uint32_t c = code_point_at(text, &length);
    at.end = at.begin + length;
    if (c < 0x20 || c == 0x7F) {
        parser_report(p, E111, at, "invalid non-printable character U+%04X", c);
        return;
    }
    parser_report(p, E111, at, "invalid character '%.*s' (U+%04X)", (int)length, text, c);
    if (c == '!') diag_help(p->diags, at, "not ", "use 'not' for negation");
    if (c == 0x201C || c == 0x201D) diag_help(p->diags, at, "\"", "use a plain '\"'");
    if (c == 0x2018 || c == 0x2019) diag_help(p->diags, at, "'", "use a plain \"'\"");
}

static uint32_t line_of(const Parser *p, uint32_t offset) {
    return sources_position(p->sources, p->file, offset).line;
}

void lexer_report_bad_token(Parser *p, RawToken token) {
    const SourceRange at = parser_range(p, token.begin, token.end);
    switch (token.kind) {
    case RAW_BAD_CONTINUATION:
        if (token.end == p->source->length)
            parser_report(p, E112, at, "unexpected end of file after line continuation character");
        else
            parser_report(p, E112, at, "unexpected character after line continuation character");
        break;
    case RAW_BAD_NUMBER: literal_report_bad_number(p, at); break;
    case RAW_UNTERMINATED:
        parser_report(p, E109, at, "unterminated string literal (detected at line %u)",
                      line_of(p, token.end));
        break;
    case RAW_UNTERMINATED_TRIPLE:
        parser_report(p, E110, at, "unterminated triple-quoted string literal (detected at line %u)",
                      line_of(p, (uint32_t)p->source->length));
        break;
    case RAW_FIELD_UNCLOSED: parser_report(p, E118, at, "f-string: expecting '}'"); break;
    case RAW_SINGLE_BRACE: parser_report(p, E118, at, "f-string: single '}' is not allowed"); break;
    default: report_character(p, at); break;
    }
}
