/* What flex could not read, in words. */
#include <stdint.h>

#include "syntax/identifier.h"
#include "syntax/lexer.h"
#include "syntax/literal.h"

static void report_character(Parser *p, SourceRange at) {
    const char *text = p->source->text + at.begin;
    uint32_t length;
    const uint32_t c = identifier_code_point(text, &length);
    at.end = at.begin + length;
    const bool blank =
        c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || (c >= 0x2000 && c <= 0x200F) || c == 0x3000;
    if (blank || c == 0xFEFF || (c >= 0x2028 && c <= 0x202F)) {
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
