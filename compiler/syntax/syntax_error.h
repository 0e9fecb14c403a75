/* Words for what the grammar refused. */
#ifndef LAMINA_SYNTAX_SYNTAX_ERROR_H
#define LAMINA_SYNTAX_SYNTAX_ERROR_H

#include "syntax/build.h"

enum { SYNTAX_MOST_EXPECTED = 4 };

/* What bison knows where it stops. */
typedef struct SyntaxError {
    const char *found; /* name of the token that could not be taken */
    int kind;          /* T_... of it */
    SourceRange at;
    const char *expected[SYNTAX_MOST_EXPECTED];
    size_t n_expected; /* may be more than are named */
    bool expects_expression, expects_name, expects_colon, expects_else, expects_in;
} SyntaxError;

/* Reports it and makes the lexer recover. */
void syntax_error_report(Parser *p, const SyntaxError *error);

#endif
