/* The values of literals: numbers, and the text that strings stand for. */
#ifndef LAMINA_SYNTAX_LITERAL_H
#define LAMINA_SYNTAX_LITERAL_H

#include "syntax/build.h"

bool literal_is_number(const char *text, size_t length);
Expr *literal_number(Parser *p, SourceRange at);
/* Reports what is wrong with a token that begins as a number. */
void literal_report_bad_number(Parser *p, SourceRange at);

/* A whole literal with its prefix and quotes. */
Expr *literal_string(Parser *p, SourceRange at);
/* Literal text of an f-string, which may be a raw one. */
Expr *literal_middle(Parser *p, SourceRange at, bool raw);

#endif
