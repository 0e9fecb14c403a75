/* Questions that need raw tokens which are not read yet: soft keywords, and brackets that never close. */
#include <string.h>

#include "syntax/lexer.h"

bool lexer_begins_line(const Lexer *lexer, size_t i) {
    return i == 0 || lexer->raw.at[i - 1].kind == RAW_NEWLINE;
}

/* +1 for an opening bracket, -1 for a closing one. */
static int bracket_change(int kind) {
    switch (kind) {
    case T_LPAR:
    case T_LSQB:
    case T_LBRACE:
    case T_FIELD_OPEN: return 1;
    case T_RPAR:
    case T_RSQB:
    case T_RBRACE:
    case T_FIELD_CLOSE: return -1;
    default: return 0;
    }
}

static bool closes(int opener, int closer) {
    return (opener == T_LPAR && closer == T_RPAR) || (opener == T_LSQB && closer == T_RSQB) ||
           (opener == T_LBRACE && closer == T_RBRACE) || (opener == T_FIELD_OPEN && closer == T_FIELD_CLOSE);
}

/* Keywords that no line within brackets can begin with. */
static bool only_begins_statement(int kind) {
    switch (kind) {
    case T_DEF:
    case T_CLASS:
    case T_RETURN:
    case T_IMPORT:
    case T_WHILE:
    case T_TRY:
    case T_PASS:
    case T_BREAK:
    case T_CONTINUE:
    case T_DEL:
    case T_GLOBAL:
    case T_NONLOCAL:
    case T_RAISE:
    case T_ASSERT:
    case T_EXCEPT:
    case T_FINALLY:
    case T_ELIF:
    case T_WITH: return true;
    default: return false;
    }
}

bool lexer_brackets_close(const Lexer *lexer, size_t from) {
    int open[2 * MOST_BRACKETS];
    size_t n = 0;
    for (; n < lexer->n_brackets; n++) open[n] = lexer->brackets[n].kind;
    for (size_t i = from; n > 0; i++) {
        const int kind = lexer->raw.at[i].kind, change = bracket_change(kind);
        if (kind == T_END || (only_begins_statement(kind) && lexer_begins_line(lexer, i))) return false;
        if (change > 0) {
            if (n == sizeof open / sizeof *open) return false;
            open[n++] = kind;
        } else if (change < 0 && !closes(open[--n], kind)) {
            return false;
        }
    }
    return true;
}

static bool is_word(const SourceFile *source, RawToken token, const char *word) {
    return token.kind == T_NAME && token.end - token.begin == strlen(word) &&
           memcmp(source->text + token.begin, word, token.end - token.begin) == 0;
}

/* The raw index of the newline (or end of file) that ends the logical line of token `i`. */
static size_t line_end(const Lexer *lexer, size_t i) {
    size_t depth = 0;
    for (;; i++) {
        const int kind = lexer->raw.at[i].kind, change = bracket_change(kind);
        if (kind == T_END || (kind == RAW_NEWLINE && depth == 0)) return i;
        if (change > 0) depth++;
        if (change < 0 && depth > 0) depth--;
    }
}

/* `match SUBJECT:` with a colon at the end of its line. No other statement that begins with a name ends so.
 */
static bool is_match(const Lexer *lexer, size_t i) {
    const size_t end = line_end(lexer, i);
    return end > i + 2 && lexer->raw.at[end - 1].kind == T_COLON;
}

/* `type X = ...` or `type X[...] = ...`. */
static bool is_type_alias(const Lexer *lexer, size_t i) {
    return lexer->raw.at[i + 1].kind == T_NAME &&
           (lexer->raw.at[i + 2].kind == T_ASSIGN || lexer->raw.at[i + 2].kind == T_LSQB);
}

/* `with (a as b, ...)`: the parentheses are the statement's, because `as` stands directly within them. */
static bool is_with_group(const Lexer *lexer, size_t i) {
    if (lexer->raw.at[i + 1].kind != T_LPAR) return false;
    size_t depth = 0;
    do {
        const int kind = lexer->raw.at[++i].kind, change = bracket_change(kind);
        if (kind == T_END) return false;
        if (kind == T_AS && depth == 1) return true;
        if (change > 0) depth++;
        if (change < 0) depth--;
    } while (depth > 0);
    return false;
}

/* Does a statement begin at raw token `i`? */
static bool begins_statement(const Lexer *lexer, size_t i) {
    if (i == 0) return true;
    const int before = lexer->raw.at[i - 1].kind;
    return before == RAW_NEWLINE || before == T_SEMICOLON || before == T_COLON;
}

int lexer_keyword(const Lexer *lexer, const SourceFile *source, size_t i) {
    const RawToken token = lexer->raw.at[i];
    if (token.kind == T_WITH) return is_with_group(lexer, i) ? T_WITH_GROUP : T_WITH;
    if (token.kind != T_NAME || lexer->n_brackets > 0 || !begins_statement(lexer, i)) return token.kind;
    const bool begins_line = lexer_begins_line(lexer, i),
               in_match = lexer->indents[lexer->n_indents - 1].is_match;
    if (is_word(source, token, "match") && begins_line && is_match(lexer, i)) return T_MATCH;
    if (is_word(source, token, "case") && begins_line && in_match) return T_CASE;
    if (is_word(source, token, "type") && is_type_alias(lexer, i)) return T_TYPE;
    return T_NAME;
}
