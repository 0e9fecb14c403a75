/* Patterns of `case`. */
#include <string.h>

#include "syntax/build.h"

static Pattern *new_pattern(Parser *p, PatternKind kind, SourceRange at) {
    Pattern *pattern = ARENA_NEW(p->arena, Pattern);
    pattern->kind = kind;
    pattern->at = at;
    return pattern;
}

/* `_` matches anything and binds nothing. */
static Name binding(Name name) {
    return strcmp(name.text, "_") == 0 ? (Name){NULL, name.at} : name;
}

Pattern *build_value_pattern(Parser *p, Expr *value) {
    const bool singleton = value->kind == EXPR_NONE || value->kind == EXPR_TRUE || value->kind == EXPR_FALSE;
    Pattern *pattern = new_pattern(p, singleton ? PATTERN_SINGLETON : PATTERN_VALUE, value->at);
    pattern->value = value;
    if (value->kind == EXPR_NAME) {
        pattern->kind = PATTERN_AS;
        pattern->name = binding((Name){value->as.name, value->at});
        pattern->value = NULL;
    } else if (value->kind == EXPR_FORMATTED) {
        parser_report(p, E144, value->at, "patterns may only match literals and attribute lookups");
    } else if (value->kind == EXPR_BINARY) {
        const Expr *left = value->as.binary.left, *right = value->as.binary.right;
        if (left->kind == EXPR_UNARY) left = left->as.unary.operand;
        if (right->kind != EXPR_IMAGINARY)
            parser_report(p, E144, right->at, "imaginary number required in complex literal");
        else if (left->kind == EXPR_IMAGINARY)
            parser_report(p, E144, left->at, "real number required in complex literal");
    }
    return pattern;
}

Pattern *build_sequence_pattern(Parser *p, const PatternVec *parts, bool sequence, SourceRange at) {
    if (parts && parts->count == 1 && !sequence && parts->at[0]->kind != PATTERN_STAR) {
        parts->at[0]->parenthesized = p->source->text[at.begin] == '(' && at.begin < parts->at[0]->at.begin;
        return parts->at[0];
    }
    Pattern *pattern = new_pattern(p, PATTERN_SEQUENCE, at);
    if (!parts) return pattern;
    pattern->parts = *parts;
    size_t n_stars = 0;
    for (size_t i = 0; i < parts->count; i++)
        if (parts->at[i]->kind == PATTERN_STAR && ++n_stars == 2)
            parser_report(p, E144, parts->at[i]->at, "multiple starred expressions in sequence pattern");
    return pattern;
}

Pattern *build_star_pattern(Parser *p, Name name, SourceRange at) {
    Pattern *pattern = new_pattern(p, PATTERN_STAR, at);
    pattern->name = binding(name);
    return pattern;
}

Pattern *build_as_pattern(Parser *p, Pattern *inner, Name name, SourceRange at) {
    Pattern *pattern = new_pattern(p, PATTERN_AS, at);
    if (strcmp(name.text, "_") == 0) parser_report(p, E144, name.at, "cannot use '_' as a target");
    pattern->inner = inner;
    pattern->name = name;
    return pattern;
}

Pattern *build_or_pattern(Parser *p, Pattern *left, Pattern *right, SourceRange at) {
    const bool extends = left->kind == PATTERN_OR && !left->parenthesized;
    Pattern *pattern = extends ? left : new_pattern(p, PATTERN_OR, at);
    if (!extends) vec_push(p->arena, &pattern->parts, left);
    vec_push(p->arena, &pattern->parts, right);
    pattern->at = at;
    return pattern;
}

Pattern *build_item_pattern(Parser *p, PatternKind kind, Expr *cls, const PatternItemVec *items,
                            SourceRange at) {
    Pattern *pattern = new_pattern(p, kind, at);
    pattern->value = cls;
    if (!items) return pattern;
    pattern->items = *items;
    bool keyword = false;
    for (size_t i = 0; i < items->count; i++) {
        const PatternItem *item = &items->at[i];
        if (kind == PATTERN_MAPPING && item->key && item->key->kind == EXPR_NAME)
            parser_report(p, E144, item->key->at,
                          "mapping pattern keys may only match literals and attribute lookups");
        if (kind == PATTERN_MAPPING && !item->key && i + 1 < items->count)
            parser_report(p, E144, item->name.at,
                          "double star pattern must be the last of a mapping pattern");
        if (kind == PATTERN_CLASS && keyword && !item->name.text)
            parser_report(p, E144, item->pattern->at, "positional patterns follow keyword patterns");
        keyword |= item->name.text != NULL;
    }
    return pattern;
}
