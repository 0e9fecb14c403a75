/* `case` patterns (Python's own ast: MatchValue, MatchSequence, ...). Parsed and printed, never evaluated. */
#ifndef LAMINA_SYNTAX_PATTERN_H
#define LAMINA_SYNTAX_PATTERN_H

#include "base/vec.h"
#include "syntax/ast.h"

typedef VEC(Pattern *) PatternVec;

/* `key: pattern` or `**name` of a mapping; `pattern` or `name=pattern` of a class. */
typedef struct PatternItem {
    Expr *key;        /* mapping: NULL for `**name` */
    Name name;        /* text NULL where there is none */
    Pattern *pattern; /* NULL for `**name` */
} PatternItem;
typedef VEC(PatternItem) PatternItemVec;

typedef enum PatternKind {
    PATTERN_VALUE,     /* value: a literal or a dotted name */
    PATTERN_SINGLETON, /* value: None, True, False */
    PATTERN_SEQUENCE,  /* parts */
    PATTERN_MAPPING,   /* items */
    PATTERN_CLASS,     /* value: the class; items */
    PATTERN_STAR,      /* name; text NULL for `*_` */
    PATTERN_AS,        /* name; text NULL for the wildcard `_`; inner or NULL */
    PATTERN_OR         /* parts */
} PatternKind;

struct Pattern {
    PatternKind kind;
    bool parenthesized; /* written in parentheses of its own */
    SourceRange at;
    Expr *value;
    Name name;
    Pattern *inner;
    PatternVec parts;
    PatternItemVec items;
};

#endif
