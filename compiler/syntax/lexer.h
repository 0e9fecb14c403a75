/* Lexer: layout over the raw tokens of syntax/scan.h, for the parser of grammar/model.y.
 *
 * It turns physical newlines into NEWLINE, INDENT and DEDENT (none within brackets), tells soft keywords from
 * names, and gives literals their values. Brackets, columns and owed dents are all the state there is.
 * Invariant: INDENT and DEDENT balance, whatever the errors; after a report the rest of the statement is
 * silent.
 */
#ifndef LAMINA_SYNTAX_LEXER_H
#define LAMINA_SYNTAX_LEXER_H

#include "syntax/build.h"
#include "syntax/scan.h"

enum { MOST_BRACKETS = 200, MOST_INDENTS = 100 }; /* CPython's limits */

typedef struct Bracket {
    int kind;   /* T_LPAR, T_LSQB, T_LBRACE or T_FIELD_OPEN */
    size_t raw; /* index of its raw token */
} Bracket;

typedef struct Indent {
    uint32_t column, tabless; /* with tabs to multiples of 8, and with tabs as one blank */
    uint32_t alias;           /* column of a line that matched no level and was taken for this one */
    bool is_match;            /* the block of a `match`: its lines begin with `case` */
} Indent;

typedef struct Lexer {
    RawTokens raw;
    size_t next;          /* index of the raw token to read next */
    size_t current;       /* of the token that the parser was given last */
    size_t before;        /* of the one before that */
    size_t head;          /* of the first token of this logical line */
    size_t previous_head; /* of the line before it */
    bool in_line;         /* a token of this logical line was given */
    int start;            /* START_FILE or START_EXPRESSION, until it was given */
    int owed;             /* INDENTs to give, or, below zero, DEDENTs */
    Indent indents[MOST_INDENTS + 1];
    size_t n_indents;
    bool measured; /* the indentation of this line is known */
    Bracket brackets[MOST_BRACKETS];
    size_t n_brackets;
    size_t n_lost;         /* brackets that were open where this line ended, at the end of the file */
    VEC(bool) raw_strings; /* the open f-strings: is it a raw one? */
    bool recovering;    /* an error was reported in this statement: up to its end all is skipped silently */
    bool brackets_lost; /* while recovering: the open brackets never close, so the line ends the statement */
    bool tabs_reported;
    bool stop; /* nothing more can be read sensibly */
} Lexer;

void lexer_init(Lexer *lexer, Parser *p, int start);
int model_lex(MODEL_STYPE *value, SourceRange *at, Parser *p);

/* After a report: the rest of this statement is skipped. Where its brackets never close, it ends with its
 * line; where `before_current` is set and the current token begins a line, before that token. */
void lexer_recover(Parser *p, bool before_current);

/* ---- lookahead.c: questions about raw tokens that are not read yet ---- */

/* True where the brackets that are open now will be closed, by all signs. */
bool lexer_brackets_close(const Lexer *lexer, size_t from);
/* The kind of the raw token at `i`, which is a name or `with`: a soft keyword where it stands as one. */
int lexer_keyword(const Lexer *lexer, const SourceFile *source, size_t i);
bool lexer_begins_line(const Lexer *lexer, size_t i);

/* ---- lexical_error.c ---- */
void lexer_report_bad_token(Parser *p, RawToken token);

#endif
