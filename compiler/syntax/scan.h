/* Raw tokens: a whole file at once, by flex (grammar/model.l), without layout and without values.
 *
 * In:  a source file, valid UTF-8 without NUL.
 * Out: an array of tokens that ends with T_END. What flex could not read comes as a RAW_... kind, in its
 * place, so that the lexer reports it only where it is reached.
 */
#ifndef LAMINA_SYNTAX_SCAN_H
#define LAMINA_SYNTAX_SCAN_H

#include "base/source.h"
#include "base/vec.h"
#include "model.tab.h"

enum {
    RAW_NEWLINE = -20, /* the end of a physical line */
    RAW_BAD_CONTINUATION,
    RAW_BAD_NUMBER,
    RAW_BAD_CHARACTER,
    RAW_UNTERMINATED,        /* a string ends with its line */
    RAW_UNTERMINATED_TRIPLE, /* a string ends with the file */
    RAW_FIELD_UNCLOSED,      /* an f-string ends within a field */
    RAW_SINGLE_BRACE         /* `}` in the text of an f-string */
};

typedef struct RawToken {
    int kind; /* T_... of model.tab.h, or RAW_... */
    uint32_t begin, end;
} RawToken;

typedef VEC(RawToken) RawTokens;

/* Appends the tokens of source[offset..] to `tokens`; reading starts outside any string. */
void raw_scan(Arena *arena, const SourceFile *source, uint32_t offset, RawTokens *tokens);

/* ---- for model.l ---- */

typedef struct RawFrame {
    enum { FRAME_TEXT, FRAME_FIELD, FRAME_FORMAT } kind;
    char quote;       /* FRAME_TEXT */
    bool triple, raw; /* FRAME_TEXT */
    uint32_t begin;   /* FRAME_TEXT: of the f-string */
    size_t depth;     /* FRAME_FIELD: brackets open within the field */
} RawFrame;

typedef struct RawScan {
    Arena *arena;
    uint32_t begin, end; /* of the token just read */
    VEC(RawFrame) frames;
} RawScan;

bool raw_in_text(const RawScan *scan); /* literal text or a format */
bool raw_in_format(const RawScan *scan);
bool raw_in_field(const RawScan *scan); /* directly in a field: no bracket is open */
bool raw_in_raw_text(const RawScan *scan);
bool raw_is_triple(const RawScan *scan);
void raw_begin_string(RawScan *scan, const char *opening, size_t length);
void raw_end_string(
    RawScan *scan); /* the innermost f-string, with what is open in it; the token gets its range */
bool raw_closes_string(const RawScan *scan,
                       const char *text); /* could this quote end the f-string around it? */
size_t raw_quote_length(const RawScan *scan, const char *text,
                        size_t length); /* of the closing quote, or 0 */
void raw_bracket(RawScan *scan, int change);
void raw_begin_field(RawScan *scan);
bool raw_end_field(RawScan *scan);
bool raw_begin_format(RawScan *scan);
size_t raw_number_before_keyword(const char *text, size_t length);

#endif
