/* A refused token becomes one message, as CPython would say it, or better.
 *
 * The cases are tried in order, the most telling first; each either reports and returns true, or leaves it to
 * the next.
 */
#include "syntax/syntax_error.h"

#include <string.h>

#include "base/text.h"
#include "syntax/lexer.h"

/* The refused token and those before it. */
typedef struct Refused {
    Parser *p;
    const SyntaxError *error;
    RawToken current, before, head; /* the refused token, its neighbour, the first of its logical line */
    bool at_head;                   /* nothing stands before it on its line */
    bool layout; /* it is a NEWLINE, INDENT, DEDENT or the end of the file, which have no raw token */
} Refused;

static SourceRange range_of(const Refused *r, RawToken token) {
    return parser_range(r->p, token.begin, token.end);
}

static bool is_word(const Refused *r, RawToken token, const char *word) {
    return token.kind == T_NAME && token.end - token.begin == strlen(word) &&
           memcmp(r->p->source->text + token.begin, word, token.end - token.begin) == 0;
}

static bool ends_expression(int kind) {
    switch (kind) {
    case T_NAME:
    case T_NUMBER:
    case T_STRING:
    case T_FSTRING_END:
    case T_RPAR:
    case T_RSQB:
    case T_RBRACE:
    case T_NONE:
    case T_TRUE:
    case T_FALSE:
    case T_ELLIPSIS: return true;
    default: return false;
    }
}

static bool begins_expression(int kind) {
    switch (kind) {
    case T_NAME:
    case T_NUMBER:
    case T_STRING:
    case T_FSTRING_START:
    case T_LPAR:
    case T_LSQB:
    case T_LBRACE:
    case T_NONE:
    case T_TRUE:
    case T_FALSE:
    case T_ELLIPSIS:
    case T_LAMBDA:
    case T_NOT:
    case T_AWAIT:
    case T_TILDE: return true;
    default: return false;
    }
}

static bool is_keyword(int kind) {
    return kind >= T_FALSE && kind <= T_YIELD && kind != T_WITH_GROUP;
}

static bool has_header(int kind) {
    switch (kind) {
    case T_IF:
    case T_ELIF:
    case T_ELSE:
    case T_WHILE:
    case T_FOR:
    case T_TRY:
    case T_EXCEPT:
    case T_FINALLY:
    case T_WITH:
    case T_DEF:
    case T_CLASS:
    case T_ASYNC: return true;
    default: return false;
    }
}

/* ---- the cases ---- */

static bool report_never_closed(Refused *r) {
    const Lexer *lexer = r->p->lexer;
    if (lexer->n_brackets == 0 && r->error->kind != T_NEWLINE) return false;
    const size_t n = lexer->n_brackets ? lexer->n_brackets : lexer->n_lost;
    if (n == 0 || (lexer->n_brackets && lexer_brackets_close(lexer, lexer->next))) return false;
    const RawToken open = lexer->raw.at[lexer->brackets[n - 1].raw];
    if (open.kind == T_FIELD_OPEN)
        parser_report(r->p, E118, range_of(r, open), "f-string: expecting '}'");
    else
        parser_report(r->p, E101, range_of(r, open), "'%c' was never closed", r->p->source->text[open.begin]);
    return true;
}

static bool report_field(Refused *r) {
    if (r->before.kind == T_FIELD_OPEN && !r->layout) {
        if (r->current.kind == T_FIELD_CLOSE)
            parser_report(r->p, E118, parser_range(r->p, r->before.begin, r->current.end),
                          "f-string: valid expression required before '}'");
        else
            parser_report(r->p, E118, r->error->at, "f-string: expecting a valid expression after '{'");
        return true;
    }
    return false;
}

static bool report_print(Refused *r) {
    const bool print = is_word(r, r->head, "print"), exec = is_word(r, r->head, "exec");
    const Lexer *lexer = r->p->lexer;
    if ((!print && !exec) || r->layout || lexer->before != lexer->head || !begins_expression(r->current.kind))
        return false;
    parser_report(r->p, E141, parser_range(r->p, r->head.begin, r->current.end),
                  "Missing parentheses in call to '%s'. Did you mean %s(...)?", print ? "print" : "exec",
                  print ? "print" : "exec");
    return true;
}

/* `=` where an expression was complete: a comparison was meant. */
static bool report_assignment(Refused *r) {
    if (r->layout || r->current.kind != T_ASSIGN || !ends_expression(r->before.kind)) return false;
    const bool in_condition = r->head.kind == T_IF || r->head.kind == T_ELIF || r->head.kind == T_WHILE ||
                              r->head.kind == T_ASSERT || r->head.kind == T_RETURN;
    if (!in_condition && r->p->lexer->n_brackets == 0) return false;
    parser_report(r->p, E140, r->error->at, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    return true;
}

static bool report_missing_else(Refused *r) {
    if (!r->error->expects_else || r->head.kind == T_IF || r->head.kind == T_ELIF ||
        is_keyword(r->current.kind))
        return false;
    if (!r->layout && begins_expression(r->current.kind)) return false;
    parser_report(r->p, E142, r->error->at, "expected 'else' after 'if' expression");
    return true;
}

static bool report_missing_colon(Refused *r) {
    const Lexer *lexer = r->p->lexer;
    if (!r->error->expects_colon || lexer->n_brackets > 0 || r->error->kind != T_NEWLINE) return false;
    if (!has_header(r->head.kind) && !is_word(r, r->head, "match") && !is_word(r, r->head, "case"))
        return false;
    parser_report(r->p, E103, r->error->at, "expected ':'");
    diag_help(r->p->diags, parser_range(r->p, r->error->at.begin, r->error->at.begin), ":",
              "add ':' at the end of the line");
    return true;
}

static bool report_missing_comma(Refused *r) {
    const Lexer *lexer = r->p->lexer;
    if (r->layout || lexer->n_brackets == 0 || !ends_expression(r->before.kind) ||
        !begins_expression(r->current.kind))
        return false;
    const Bracket *open = &lexer->brackets[lexer->n_brackets - 1];
    if (open->kind == T_FIELD_OPEN || open->raw == lexer->current) return false;
    parser_report(r->p, E104, parser_range(r->p, r->before.begin, r->current.end),
                  "invalid syntax. Perhaps you forgot a comma?");
    diag_help(r->p->diags, parser_range(r->p, r->before.end, r->before.end), ",", "add ',' here");
    return true;
}

static bool report_keyword_as_name(Refused *r) {
    const bool assigned =
        !r->layout && r->current.kind == T_ASSIGN && r->p->lexer->before == r->p->lexer->head;
    if (assigned && is_keyword(r->head.kind)) { /* `class = 3` */
        parser_report(r->p, E100, range_of(r, r->head),
                      "invalid syntax: '%.*s' is a keyword and cannot be used as a name",
                      (int)(r->head.end - r->head.begin), r->p->source->text + r->head.begin);
        return true;
    }
    if (r->layout || !is_keyword(r->current.kind) || !r->error->expects_name || r->error->expects_expression)
        return false;
    parser_report(r->p, E100, r->error->at, "invalid syntax: '%s' is a keyword and cannot be used as a name",
                  r->error->found);
    return true;
}

/* What another language would have written. */
static bool report_foreign(Refused *r) {
    static const struct {
        int before, current;
        const char *wrong, *right;
    } PAIRS[] = {{T_AMPERSAND, T_AMPERSAND, "&&", "and"},
                 {T_BAR, T_BAR, "||", "or"},
                 {T_ELSE, T_IF, "else if", "elif"},
                 {T_LT, T_GT, "<>", "!="}};
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS && !r->layout; i++) {
        if (PAIRS[i].before != r->before.kind || PAIRS[i].current != r->current.kind) continue;
        const SourceRange at = parser_range(r->p, r->before.begin, r->current.end);
        parser_report(r->p, E100, at, "invalid syntax: '%s' is not Python", PAIRS[i].wrong);
        diag_help(r->p->diags, at, PAIRS[i].right, "did you mean '%s'?", PAIRS[i].right);
        return true;
    }
    return false;
}

static const char *quoted(const Refused *r, const char *name) {
    return strchr(name, ' ') ? name : arena_printf(r->p->arena, "'%s'", name);
}

/* "NAME 'x'" rather than "a name", where the text is short. */
static const char *found(const Refused *r) {
    const uint32_t length = r->current.end - r->current.begin;
    if (r->layout || (r->current.kind != T_NAME && r->current.kind != T_NUMBER) || length > 40)
        return quoted(r, r->error->found);
    return arena_printf(r->p->arena, "'%.*s'", (int)length, r->p->source->text + r->current.begin);
}

/* "expected ')' or ','", or NULL where too much could stand there. */
static const char *expectation(const Refused *r) {
    const SyntaxError *error = r->error;
    if (error->expects_expression) return "expected an expression";
    if (error->n_expected == 0 || error->n_expected > SYNTAX_MOST_EXPECTED) {
        if (error->expects_in && r->head.kind == T_FOR) return "expected 'in'";
        return NULL;
    }
    Text text = text_new(r->p->arena);
    for (size_t i = 0; i < error->n_expected; i++)
        text_printf(&text, "%s%s",
                    i == 0                       ? "expected "
                    : i + 1 == error->n_expected ? " or "
                                                 : ", ",
                    quoted(r, error->expected[i]));
    return text.data;
}

/* A misspelt keyword is a name that begins the line, with something beside it that a name cannot have. */
static void suggest_keyword(const Refused *r) {
    static const char *const KEYWORDS[] = {
        "assert",   "async",  "await",   "break",  "class", "continue", "def",  "del",    "elif",
        "else",     "except", "finally", "from",   "for",   "global",   "if",   "import", "lambda",
        "nonlocal", "pass",   "raise",   "return", "try",   "while",    "with", "yield"};
    static const char *const INNER[] = {"import", "in", "and", "or", "not", "is", "if", "else", "as", "for"};
    const bool at_start = r->p->lexer->before == r->p->lexer->head && r->head.kind == T_NAME && !r->at_head;
    const RawToken token = at_start ? r->head : r->current;
    if (token.kind != T_NAME || (r->layout && !at_start)) return;
    const char *word = arena_strndup(r->p->arena, r->p->source->text + token.begin, token.end - token.begin);
    const char *nearest = at_start ? text_nearest(word, KEYWORDS, sizeof KEYWORDS / sizeof *KEYWORDS)
                                   : text_nearest(word, INNER, sizeof INNER / sizeof *INNER);
    if (nearest && strcmp(nearest, word) != 0)
        diag_help(r->p->diags, range_of(r, token), nearest, "did you mean '%s'?", nearest);
}

static void report_generic(Refused *r) {
    const char *expected = expectation(r);
    if (expected)
        parser_report(r->p, E100, r->error->at, "invalid syntax: unexpected %s, %s", found(r), expected);
    else
        parser_report(r->p, E100, r->error->at, "invalid syntax: unexpected %s", found(r));
    suggest_keyword(r);
}

void syntax_error_report(Parser *p, const SyntaxError *error) {
    static bool (*const CASES[])(Refused *) = {
        report_never_closed,  report_field,         report_print,
        report_foreign,       report_missing_colon, report_assignment,
        report_missing_comma, report_missing_else,  report_keyword_as_name};
    const Lexer *lexer = p->lexer;
    if (lexer->stop) return; /* the lexer has said why it gave up */
    Refused r = {.p = p, .error = error};
    r.layout = error->kind == T_NEWLINE || error->kind == T_INDENT || error->kind == T_DEDENT ||
               error->kind == T_END;
    const size_t current = lexer->current;
    r.current = lexer->raw.at[current];
    r.before = lexer->raw.at[r.layout ? current : lexer->before];
    r.head = lexer->raw.at[lexer->in_line ? lexer->head : lexer->previous_head];
    r.at_head = !r.layout && current == lexer->head;
    bool reported = false;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES && !reported; i++) reported = CASES[i](&r);
    if (!reported) report_generic(&r);
    lexer_recover(p, true);
}
