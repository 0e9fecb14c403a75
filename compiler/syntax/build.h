/* The actions of grammar/model.y: each makes one node of syntax/ast.h, or reports what its production
 * forbids.
 *
 * In:  parts already built, and the range that the production covers.
 * Out: a node in the parser's arena. Reports go through parser_report(), which also marks the parse as
 * failed.
 */
#ifndef LAMINA_SYNTAX_BUILD_H
#define LAMINA_SYNTAX_BUILD_H

#include "base/diag.h"
#include "base/vec.h"
#include "syntax/ast.h"
#include "syntax/pattern.h"

typedef struct Parser {
    Arena *arena;
    const Sources *sources;
    const SourceFile *source;
    uint32_t file;
    Diagnostics *diags;
    struct Lexer *lexer;
    Module *module;   /* result of parse_module */
    Expr *expression; /* result of parse_expression */
    bool failed;      /* a syntax error was found: */
    SourceRange last_error;
    bool lost_block; /* an error of indentation was among them */
} Parser;

/* Lists under construction; the tree takes over their arrays. */
typedef VEC(Expr *) ExprVec;
typedef VEC(Stmt *) StmtVec;
typedef VEC(Name) NameVec;
typedef VEC(Parameter) ParameterVec;
typedef VEC(Comprehension) ComprehensionVec;
typedef VEC(FormatPiece) PieceVec;
typedef VEC(ImportAlias) AliasVec;
typedef VEC(ExceptHandler) HandlerVec;
typedef VEC(WithItem) WithItemVec;
typedef VEC(MatchCase) CaseVec;
typedef struct ArgumentVec {
    CallArgument *at;
    size_t count, capacity;
    bool trailing_comma;
} ArgumentVec;
typedef struct DictItem {
    Expr *key, *value; /* key NULL: `**value` */
} DictItem;
typedef VEC(DictItem) DictItems;

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void parser_report(Parser *p, DiagCode code, SourceRange at, const char *format, ...);
/* "function call", "literal": as CPython's messages name it. */
const char *expr_describe(const Expr *expr);
SourceRange parser_range(const Parser *p, uint32_t begin, uint32_t end);

/* ---- build.c: expressions ---- */
Expr *build_expr(Parser *p, ExprKind kind, SourceRange at);
Expr *build_value(Parser *p, ExprKind kind, Expr *value, SourceRange at);
Expr *build_name(Parser *p, Name name);
Expr *build_elements(Parser *p, ExprKind kind, const ExprVec *elements, SourceRange at);
Expr *build_targets(Parser *p, const ExprVec *targets, bool tuple,
                    SourceRange at); /* one without a comma is itself */
Expr *build_parenthesized(Expr *expr);
Expr *build_group(Parser *p, const ExprVec *items, SourceRange at); /* `(a)` or `(a, b)` */
Expr *build_dict(Parser *p, const DictItems *items, SourceRange at);
Expr *build_unary(Parser *p, UnaryOperator op, Expr *operand, SourceRange at);
Expr *build_binary(Parser *p, BinaryOperator op, Expr *left, Expr *right, SourceRange op_at, SourceRange at);
Expr *build_bool_op(Parser *p, bool is_or, Expr *left, Expr *right, SourceRange at);
Expr *build_compare(Parser *p, Expr *left, CompareOperator op, Expr *right, SourceRange at);
Expr *build_ternary(Parser *p, Expr *condition, Expr *then, Expr *otherwise, SourceRange at);
Expr *build_walrus(Parser *p, Expr *target, Expr *value, SourceRange at);
Expr *build_attribute(Parser *p, Expr *object, Name name, SourceRange at);
Expr *build_subscript(Parser *p, Expr *object, Expr *index, SourceRange at);
Expr *build_slice(Parser *p, Expr *start, Expr *stop, Expr *step, SourceRange at);
Expr *build_lambda(Parser *p, ParameterList parameters, Expr *body, SourceRange at);
Expr *build_comprehension(Parser *p, ExprKind kind, Expr *element, Expr *dict_value,
                          const ComprehensionVec *clauses, SourceRange at);
void build_condition(Parser *p, ComprehensionVec *clauses, Expr *condition);

/* ---- build_call.c: arguments and parameters ---- */
Expr *build_call(Parser *p, Expr *callee, const ArgumentVec *arguments, SourceRange parentheses,
                 SourceRange at);
CallArgument build_keyword(Parser *p, Expr *name, Expr *value, SourceRange at);
void build_check_arguments(Parser *p,
                           const ArgumentVec *arguments); /* those of a call or of a class's bases */
/* A `*` or `/` that stands alone is a parameter without a name until build_parameters(). */
Parameter build_parameter(int kind, Name name, Expr *annotation, Expr *fallback);
ParameterList build_parameters(Parser *p, const ParameterVec *written);

/* ---- build_string.c: literals of strings ---- */
Expr *build_strings(Parser *p, const ExprVec *parts, SourceRange at); /* joins adjacent literals */
Expr *build_formatted(Parser *p, const PieceVec *pieces, SourceRange at);
void build_literal_piece(Parser *p, PieceVec *pieces, Expr *text);
void build_field(Parser *p, PieceVec *pieces, FormatPiece field);
FormatPiece build_field_piece(Parser *p, Expr *value, SourceRange open, int debug_end, int conversion,
                              Expr *format);
int build_conversion(Parser *p, Name letter);

/* ---- build_stmt.c: simple statements and whole files ---- */
void build_module(Parser *p, const StmtVec *body);
StmtVec *build_join_lines(Parser *p, StmtVec *body, const StmtVec *line);
Stmt *build_stmt(Parser *p, StmtKind kind, SourceRange at);
Stmt *build_expr_stmt(Parser *p, StmtKind kind, Expr *expr, SourceRange at);
Stmt *build_assign(Parser *p, const ExprVec *targets_and_value, SourceRange at);
Stmt *build_aug_assign(Parser *p, Expr *target, BinaryOperator op, Expr *value, SourceRange at);
Stmt *build_ann_assign(Parser *p, Expr *target, Expr *annotation, Expr *value, SourceRange at);
Stmt *build_delete(Parser *p, const ExprVec *targets, SourceRange at);
Stmt *build_names(Parser *p, StmtKind kind, const NameVec *names, SourceRange at);
Stmt *build_assert(Parser *p, Expr *test, Expr *message, SourceRange at);
Stmt *build_raise(Parser *p, Expr *exception, Expr *cause, SourceRange at);
Stmt *build_type_alias(Parser *p, Name name, Expr *value, SourceRange at);
Stmt *build_import(Parser *p, const AliasVec *modules, SourceRange at);
Stmt *build_import_from(Parser *p, int level, const char *module, const AliasVec *members, SourceRange at);
void build_trailing_comma(Parser *p, SourceRange at);

/* ---- build_compound.c: statements with blocks; `head` is up to the colon ---- */
typedef struct IfChain IfChain;
void build_unexpected_indent(Parser *p);
void build_missing_block(Parser *p);
void build_lone_decorator(Parser *p, SourceRange at);
Stmt *build_async(Stmt *stmt, SourceRange at);
Stmt *build_decorated(Parser *p, Stmt *definition, const ExprVec *decorators);
IfChain *build_if(Parser *p, IfChain *chain, Expr *test, const StmtVec *body, SourceRange head);
Stmt *build_if_end(Parser *p, IfChain *chain, const StmtVec *otherwise);
Stmt *build_while(Parser *p, Expr *test, const StmtVec *body, const StmtVec *otherwise, SourceRange head);
Stmt *build_for(Parser *p, Expr *target, Expr *iterable, const StmtVec *body, const StmtVec *otherwise,
                SourceRange head);
Stmt *build_try(Parser *p, const StmtVec *body, const HandlerVec *handlers, const StmtVec *otherwise,
                const StmtVec *finally, SourceRange head);
ExceptHandler build_handler(Parser *p, Expr *type, Name name, const StmtVec *body, SourceRange head);
ExceptHandler build_group_handler(Parser *p, Expr *type, Name name, const StmtVec *body, SourceRange head);
ExceptHandler build_bare_tuple_handler(Parser *p, SourceRange at); /* Python 2's `except A, B:` */
const WithItemVec *build_with_tuple(Parser *p, const WithItemVec *items);
Stmt *build_with(Parser *p, const WithItemVec *items, const StmtVec *body, SourceRange head);
Stmt *build_function(Parser *p, Name name, ParameterList parameters, Expr *returns, const StmtVec *body,
                     SourceRange head);
Stmt *build_class(Parser *p, Name name, const ArgumentVec *bases, const StmtVec *body, SourceRange head);
Stmt *build_match(Parser *p, Expr *subject, const CaseVec *cases, SourceRange head);
MatchCase build_case(Parser *p, Pattern *pattern, Expr *guard, const StmtVec *body);

/* ---- build_pattern.c ---- */
Pattern *build_value_pattern(Parser *p, Expr *value); /* or a capture or the wildcard, where it is a name */
Pattern *build_sequence_pattern(Parser *p, const PatternVec *parts, bool sequence, SourceRange at);
Pattern *build_star_pattern(Parser *p, Name name, SourceRange at);
Pattern *build_as_pattern(Parser *p, Pattern *inner, Name name, SourceRange at);
Pattern *build_or_pattern(Parser *p, Pattern *left, Pattern *right, SourceRange at);
Pattern *build_item_pattern(Parser *p, PatternKind kind, Expr *cls, const PatternItemVec *items,
                            SourceRange at);

#endif
