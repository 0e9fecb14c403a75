/* The abstract syntax tree: Python 3's own `ast` (names and fields as there), each node with its source
 * range.
 *
 * In:  text of a model file (syntax/parser.h).
 * Out: a Module; all of it lives in the arena given to the parser, and so do the names, which are not
 * interned. Invariant: a tree is only handed on where no syntax error was reported; no pointer documented
 * here as present is NULL.
 */
#ifndef LAMINA_SYNTAX_AST_H
#define LAMINA_SYNTAX_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

typedef struct Expr Expr;
typedef struct Stmt Stmt;
typedef struct Pattern
    Pattern; /* `case` patterns: parsed, never evaluated (a `match` statement is skipped) */

typedef struct ExprList {
    Expr **at;
    size_t count;
} ExprList;

typedef struct StmtList {
    Stmt **at;
    size_t count;
} StmtList;

typedef struct Name { /* an identifier and where it stands */
    const char *text;
    SourceRange at;
} Name;

typedef struct NameList {
    Name *at;
    size_t count;
} NameList;

/* ---- expressions ---- */

typedef enum UnaryOperator { UNARY_OP_NOT, UNARY_OP_NEGATE, UNARY_OP_PLUS, UNARY_OP_INVERT } UnaryOperator;

typedef enum BinaryOperator {
    BINARY_ADD,
    BINARY_SUB,
    BINARY_MUL,
    BINARY_MATMUL,
    BINARY_DIV,
    BINARY_MOD,
    BINARY_POW,
    BINARY_LSHIFT,
    BINARY_RSHIFT,
    BINARY_OR,
    BINARY_XOR,
    BINARY_AND,
    BINARY_FLOORDIV
} BinaryOperator;

typedef enum CompareOperator {
    COMPARE_EQ,
    COMPARE_NE,
    COMPARE_LT,
    COMPARE_LE,
    COMPARE_GT,
    COMPARE_GE,
    COMPARE_IS,
    COMPARE_IS_NOT,
    COMPARE_IN,
    COMPARE_NOT_IN
} CompareOperator;

/* One argument of a call: positional, `keyword=value`, `*value` or `**value`. */
typedef struct CallArgument {
    enum { ARGUMENT_POSITIONAL, ARGUMENT_KEYWORD, ARGUMENT_STAR, ARGUMENT_DOUBLE_STAR } kind;
    Name keyword; /* ARGUMENT_KEYWORD */
    Expr *value;
} CallArgument;

typedef struct CallArgumentList {
    CallArgument *at;
    size_t count;
} CallArgumentList;

/* One parameter of a `def` or `lambda`, in the order written. */
typedef struct Parameter {
    enum {
        PARAMETER_POSITIONAL_ONLY,
        PARAMETER_ORDINARY,
        PARAMETER_STAR,
        PARAMETER_KEYWORD_ONLY,
        PARAMETER_DOUBLE_STAR
    } kind;
    Name name;
    Expr *annotation; /* or NULL */
    Expr *fallback;   /* the default value, or NULL */
} Parameter;

typedef struct ParameterList {
    Parameter *at;
    size_t count;
} ParameterList;

/* `for target in iterable if condition ...` of a comprehension. */
typedef struct Comprehension {
    Expr *target, *iterable;
    ExprList conditions;
    bool is_async;
} Comprehension;

typedef struct ComprehensionList {
    Comprehension *at;
    size_t count;
} ComprehensionList;

/* A piece of an f-string: literal text, or `{expression!conversion:format}`. */
typedef struct FormatPiece {
    const char *text; /* literal text (decoded), or NULL for an expression */
    size_t length;
    Expr *value;
    const char *debug_text; /* NULL in a finished tree: `{x=}` is the text "x=" and then `{x!r}`, as in
                               Python's ast */
    char conversion;        /* 's', 'r', 'a' or 0 */
    struct Expr *format;    /* an EXPR_FORMATTED with the pieces of the format, or NULL */
} FormatPiece;

typedef enum ExprKind {
    EXPR_NONE,
    EXPR_TRUE,
    EXPR_FALSE,
    EXPR_ELLIPSIS,
    EXPR_INT,       /* int_value; too_large where it does not fit int64 */
    EXPR_FLOAT,     /* float_value */
    EXPR_IMAGINARY, /* 2j: parsed, opaque when evaluated */
    EXPR_STRING,    /* string; adjacent literals are joined */
    EXPR_BYTES,     /* string */
    EXPR_FORMATTED, /* f"...": pieces; adjacent literals are joined into it */
    EXPR_NAME,      /* name */
    EXPR_TUPLE,
    EXPR_LIST,
    EXPR_SET,       /* elements; may hold EXPR_STARRED */
    EXPR_DICT,      /* keys and values side by side; a NULL key is `**value` */
    EXPR_UNARY,     /* unary */
    EXPR_BINARY,    /* binary */
    EXPR_BOOL_OP,   /* bool_op: `a and b and c` is one node */
    EXPR_COMPARE,   /* compare: `a < b < c` is one node */
    EXPR_TERNARY,   /* ternary */
    EXPR_CALL,      /* call */
    EXPR_ATTRIBUTE, /* attribute */
    EXPR_SUBSCRIPT, /* subscript; `x[a, b]` has an EXPR_TUPLE index */
    EXPR_SLICE,     /* slice: only inside a subscript's index */
    EXPR_STARRED,   /* value: `*x` in a display, call-like subscript or assignment target */
    EXPR_LAMBDA,    /* lambda */
    EXPR_LIST_COMP,
    EXPR_SET_COMP,
    EXPR_GENERATOR, /* comprehension.element */
    EXPR_DICT_COMP, /* comprehension.element is the key, .dict_value the value */
    EXPR_WALRUS,    /* walrus */
    EXPR_AWAIT,
    EXPR_YIELD,
    EXPR_YIELD_FROM /* value (EXPR_YIELD: or NULL) */
} ExprKind;

struct Expr {
    ExprKind kind;
    bool parenthesized; /* `(x)`: written in parentheses of its own */
    SourceRange at;
    union {
        struct {
            int64_t value;
            bool too_large;
        } integer;
        double float_value;
        /* decoded; UTF-8; may hold NUL. unknown: it holds a \N{...}, so its value is opaque */
        struct {
            const char *data;
            size_t length;
            bool unknown;
        } string;
        struct {
            FormatPiece *at;
            size_t count;
        } pieces;
        const char *name;
        ExprList elements;
        struct {
            ExprList keys, values;
        } dict;
        struct {
            UnaryOperator op;
            Expr *operand;
        } unary;
        struct {
            BinaryOperator op;
            Expr *left, *right;
            SourceRange op_at;
        } binary;
        struct {
            bool is_or;
            ExprList operands;
        } bool_op;
        struct {
            Expr *left;
            CompareOperator *ops;
            ExprList comparators;
        } compare; /* ops: comparators.count */
        struct {
            Expr *condition, *then, *otherwise;
        } ternary;
        struct {
            Expr *callee;
            CallArgumentList arguments;
        } call;
        struct {
            Expr *object;
            Name name;
        } attribute;
        struct {
            Expr *object, *index;
        } subscript;
        struct {
            Expr *start, *stop, *step;
        } slice; /* each may be NULL */
        struct {
            ParameterList parameters;
            Expr *body;
        } lambda;
        struct {
            Expr *element, *dict_value;
            ComprehensionList clauses;
        } comprehension;
        struct {
            Name name;
            Expr *value;
        } walrus;
        Expr *value;
    } as;
};

/* ---- statements ---- */

typedef struct WithItem {
    Expr *context, *target; /* target may be NULL */
} WithItem;

typedef struct ExceptHandler {
    Expr *type; /* NULL: bare except */
    Name name;  /* text NULL: no `as` */
    StmtList body;
    SourceRange at;
    bool is_group; /* except* */
} ExceptHandler;

typedef struct ImportAlias {
    const char *dotted_name; /* "keras.layers", "Dense", or "*" in `from m import *` */
    Name alias;              /* text NULL: no `as` */
    SourceRange at;
} ImportAlias;

typedef struct MatchCase {
    Pattern *pattern; /* opaque to all but the parser and printer */
    Expr *guard;      /* or NULL */
    StmtList body;
} MatchCase;

typedef enum StmtKind {
    STMT_EXPR,       /* expr */
    STMT_ASSIGN,     /* assign: `a = b = value` has two targets */
    STMT_AUG_ASSIGN, /* aug_assign */
    STMT_ANN_ASSIGN, /* ann_assign */
    STMT_RETURN,     /* expr, or NULL */
    STMT_DELETE,     /* targets */
    STMT_PASS,
    STMT_BREAK,
    STMT_CONTINUE,
    STMT_GLOBAL,
    STMT_NONLOCAL,    /* names */
    STMT_IMPORT,      /* import */
    STMT_IMPORT_FROM, /* import */
    STMT_ASSERT,      /* assertion */
    STMT_RAISE,       /* raise */
    STMT_IF,          /* branch; `elif` is an STMT_IF alone in otherwise */
    STMT_WHILE,       /* branch: otherwise is the else clause */
    STMT_FOR,         /* loop */
    STMT_TRY,         /* try_ */
    STMT_WITH,        /* with */
    STMT_FUNCTION,    /* function */
    STMT_CLASS,       /* class_ */
    STMT_MATCH,       /* match: parsed, not evaluated */
    STMT_TYPE_ALIAS   /* `type X = ...`: parsed, ignored */
} StmtKind;

struct Stmt {
    StmtKind kind;
    bool is_async;    /* async def / for / with */
    SourceRange at;   /* the whole statement, its body included */
    SourceRange head; /* compound statements: up to the colon; else the same as `at` */
    union {
        Expr *expr;
        struct {
            ExprList targets;
            Expr *value;
        } assign;
        struct {
            Expr *target;
            BinaryOperator op;
            Expr *value;
        } aug_assign;
        struct {
            Expr *target, *annotation, *value;
        } ann_assign; /* value may be NULL */
        ExprList targets;
        NameList names;
        struct {
            const char *module;
            int level;
            ImportAlias *at;
            size_t count;
        } import; /* from: module may be "" */
        struct {
            Expr *test, *message;
        } assertion; /* message may be NULL */
        struct {
            Expr *exception, *cause;
        } raise; /* each may be NULL */
        struct {
            Expr *test;
            StmtList body, otherwise;
        } branch;
        struct {
            Expr *target, *iterable;
            StmtList body, otherwise;
        } loop;
        struct {
            StmtList body;
            ExceptHandler *handlers;
            size_t n_handlers;
            StmtList otherwise, finally;
        } try_;
        struct {
            WithItem *items;
            size_t n_items;
            StmtList body;
        } with;
        struct {
            Name name;
            ParameterList parameters;
            Expr *returns;
            ExprList decorators;
            StmtList body;
        } function;
        struct {
            Name name;
            CallArgumentList bases;
            ExprList decorators;
            StmtList body;
        } class_;
        struct {
            Expr *subject;
            MatchCase *cases;
            size_t n_cases;
        } match;
        struct {
            Name name;
            Expr *value;
        } type_alias;
    } as;
};

typedef struct Module {
    uint32_t file;
    StmtList body;
} Module;

#endif
