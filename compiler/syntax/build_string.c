/* Adjacent literals become one, and f-strings their pieces. */
#include <string.h>

#include "base/text.h"
#include "syntax/build.h"

static bool is_known_text(const FormatPiece *piece) {
    return piece->text != NULL;
}

/* Adds literal text; text next to text becomes one piece. */
static void add_text(Parser *p, PieceVec *pieces, const char *data, size_t length) {
    FormatPiece *last = pieces->count ? &pieces->at[pieces->count - 1] : NULL;
    if (length == 0) return;
    if (!last || !is_known_text(last)) {
        vec_push(p->arena, pieces, ((FormatPiece){.text = data, .length = length}));
        return;
    }
    Text text = text_new(p->arena);
    text_add_n(&text, last->text, last->length);
    text_add_n(&text, data, length);
    last->text = text.data;
    last->length = text.length;
}

void build_literal_piece(Parser *p, PieceVec *pieces, Expr *text) {
    if (text->as.string.unknown)
        vec_push(p->arena, pieces, ((FormatPiece){.value = text})); /* as if it were a field */
    else
        add_text(p, pieces, text->as.string.data, text->as.string.length);
}

/* `{x=}` is the text "x=" and then `{x!r}`, as in Python's own tree: build_field_piece() left the text in
 * debug_text. */
void build_field(Parser *p, PieceVec *pieces, FormatPiece field) {
    if (field.debug_text) add_text(p, pieces, field.debug_text, strlen(field.debug_text));
    field.debug_text = NULL;
    vec_push(p->arena, pieces, field);
}

FormatPiece build_field_piece(Parser *p, Expr *value, SourceRange open, int debug_end, int conversion,
                              Expr *format) {
    FormatPiece piece = {.value = value, .conversion = (char)conversion, .format = format};
    if (!debug_end) return piece;
    const char *text = p->source->text;
    uint32_t end = (uint32_t)debug_end;
    while (text[end] == ' ' || text[end] == '\t' || text[end] == '\n' || text[end] == '\r') end++;
    piece.debug_text = arena_strndup(p->arena, text + open.end, end - open.end);
    if (!conversion && !format) piece.conversion = 'r';
    return piece;
}

int build_conversion(Parser *p, Name letter) {
    if (strcmp(letter.text, "s") == 0 || strcmp(letter.text, "r") == 0 || strcmp(letter.text, "a") == 0)
        return letter.text[0];
    parser_report(p, E118, letter.at,
                  "f-string: invalid conversion character '%s': expected 's', 'r', or 'a'", letter.text);
    return 0;
}

Expr *build_formatted(Parser *p, const PieceVec *pieces, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_FORMATTED, at);
    expr->as.pieces.at = pieces->at;
    expr->as.pieces.count = pieces->count;
    return expr;
}

static Expr *join_plain(Parser *p, const ExprVec *parts, SourceRange at) {
    Text text = text_new(p->arena);
    Expr *expr = build_expr(p, parts->at[0]->kind, at);
    for (size_t i = 0; i < parts->count; i++) {
        text_add_n(&text, parts->at[i]->as.string.data, parts->at[i]->as.string.length);
        expr->as.string.unknown |= parts->at[i]->as.string.unknown;
    }
    expr->as.string.data = text.data;
    expr->as.string.length = text.length;
    return expr;
}

static Expr *join_formatted(Parser *p, const ExprVec *parts, SourceRange at) {
    PieceVec pieces = {0};
    for (size_t i = 0; i < parts->count; i++) {
        const Expr *part = parts->at[i];
        if (part->kind != EXPR_FORMATTED) {
            build_literal_piece(p, &pieces, parts->at[i]);
            continue;
        }
        for (size_t k = 0; k < part->as.pieces.count; k++) {
            const FormatPiece *piece = &part->as.pieces.at[k];
            if (is_known_text(piece))
                add_text(p, &pieces, piece->text, piece->length);
            else
                vec_push(p->arena, &pieces, *piece);
        }
    }
    return build_formatted(p, &pieces, at);
}

Expr *build_strings(Parser *p, const ExprVec *parts, SourceRange at) {
    size_t n_bytes = 0, n_formatted = 0;
    for (size_t i = 0; i < parts->count; i++) {
        n_bytes += parts->at[i]->kind == EXPR_BYTES;
        n_formatted += parts->at[i]->kind == EXPR_FORMATTED;
    }
    if (n_bytes && n_bytes < parts->count) {
        parser_report(p, E117, at, "cannot mix bytes and nonbytes literals");
        return parts->at[0];
    }
    if (parts->count == 1) return parts->at[0];
    return n_formatted ? join_formatted(p, parts, at) : join_plain(p, parts, at);
}
