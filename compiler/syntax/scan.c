/* The frames of f-strings for grammar/model.l, and the loop around flex. */
#include "syntax/scan.h"

#include <string.h>

#include "model.lex.h"
#include "syntax/literal.h"

static const RawFrame *top(const RawScan *scan) {
    return scan->frames.count ? &scan->frames.at[scan->frames.count - 1] : NULL;
}

static bool top_is(const RawScan *scan, int kind) {
    return top(scan) && (int)top(scan)->kind == kind;
}

/* The f-string that is being read; NULL where there is none. */
static const RawFrame *innermost_text(const RawScan *scan) {
    for (size_t i = scan->frames.count; i > 0; i--)
        if (scan->frames.at[i - 1].kind == FRAME_TEXT) return &scan->frames.at[i - 1];
    return NULL;
}

bool raw_in_text(const RawScan *scan) {
    return top_is(scan, FRAME_TEXT) || top_is(scan, FRAME_FORMAT);
}
bool raw_in_format(const RawScan *scan) {
    return top_is(scan, FRAME_FORMAT);
}
bool raw_in_field(const RawScan *scan) {
    return top_is(scan, FRAME_FIELD) && top(scan)->depth == 0;
}
bool raw_in_raw_text(const RawScan *scan) {
    return innermost_text(scan)->raw;
}
bool raw_is_triple(const RawScan *scan) {
    return innermost_text(scan)->triple;
}

void raw_begin_string(RawScan *scan, const char *opening, size_t length) {
    RawFrame frame = {.kind = FRAME_TEXT, .quote = opening[length - 1], .begin = scan->begin};
    frame.triple = length > 3 && opening[length - 2] == frame.quote;
    frame.raw = opening[0] == 'r' || opening[0] == 'R' || opening[1] == 'r' || opening[1] == 'R';
    vec_push(scan->arena, &scan->frames, frame);
}

void raw_end_string(RawScan *scan) {
    while (!top_is(scan, FRAME_TEXT)) scan->frames.count--;
    scan->frames.count--;
}

bool raw_closes_string(const RawScan *scan, const char *text) {
    const RawFrame *string = innermost_text(scan);
    return string && text[0] == string->quote;
}

size_t raw_quote_length(const RawScan *scan, const char *text, size_t length) {
    const RawFrame *string = innermost_text(scan);
    if (text[0] != string->quote) return 0;
    if (!string->triple) return 1;
    return length == 3 ? 3 : 0;
}

void raw_bracket(RawScan *scan, int change) {
    if (!top_is(scan, FRAME_FIELD)) return;
    size_t *depth = &scan->frames.at[scan->frames.count - 1].depth;
    if (change > 0)
        ++*depth;
    else if (*depth)
        --*depth;
}

void raw_begin_field(RawScan *scan) {
    vec_push(scan->arena, &scan->frames, (RawFrame){.kind = FRAME_FIELD});
}

/* At `}`: ends the field, with its format, if it is that field's. */
bool raw_end_field(RawScan *scan) {
    if (top_is(scan, FRAME_FORMAT)) scan->frames.count--;
    if (raw_in_field(scan)) {
        scan->frames.count--;
        return true;
    }
    raw_bracket(scan, -1);
    return false;
}

bool raw_begin_format(RawScan *scan) {
    if (!raw_in_field(scan)) return false;
    vec_push(scan->arena, &scan->frames, (RawFrame){.kind = FRAME_FORMAT});
    return true;
}

/* `1if`, `0xfor`: the length of the number where a keyword that may touch it follows, else 0. */
size_t raw_number_before_keyword(const char *text, size_t length) {
    static const char *const KEYWORDS[] = {"and", "else", "for", "if", "in", "is", "not", "or"};
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof *KEYWORDS; i++) {
        const size_t n = strlen(KEYWORDS[i]);
        if (length > n && memcmp(text + length - n, KEYWORDS[i], n) == 0 &&
            literal_is_number(text, length - n))
            return length - n;
    }
    return 0;
}

void raw_scan(Arena *arena, const SourceFile *source, uint32_t offset, RawTokens *tokens) {
    RawScan scan = {.arena = arena, .begin = offset, .end = offset};
    const size_t length = source->length - offset;
    char *text = arena_alloc(arena, length + 2); /* flex writes into it, and wants two NULs at its end */
    memcpy(text, source->text + offset, length);
    yyscan_t scanner;
    if (raw_lex_init_extra(&scan, &scanner) != 0)
        return; /* cannot fail: the arena gives memory or does not return */
    raw__scan_buffer(text, length + 2, scanner);
    int kind;
    do {
        kind = raw_lex(scanner);
        RawToken *last = tokens->count ? &tokens->at[tokens->count - 1] : NULL;
        if (kind == T_FSTRING_MIDDLE && last && last->kind == kind && last->end == scan.begin)
            last->end = scan.end; /* the pieces of one text */
        else
            vec_push(arena, tokens, ((RawToken){kind, scan.begin, scan.end}));
    } while (kind != T_END && kind != RAW_UNTERMINATED_TRIPLE);
    if (kind != T_END)
        vec_push(arena, tokens, ((RawToken){T_END, (uint32_t)source->length, (uint32_t)source->length}));
    raw_lex_destroy(scanner);
}
