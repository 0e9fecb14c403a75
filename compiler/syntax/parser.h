/* Parser: source text in, Module out. flex gives raw tokens, lexer.c the layout, bison the tree. */
#ifndef LAMINA_SYNTAX_PARSER_H
#define LAMINA_SYNTAX_PARSER_H

#include "base/diag.h"
#include "syntax/ast.h"

/* Parses file number `file` of `sources`. Every syntax error of the file is reported (E1xx); returns NULL
 * where there was one. The tree lives in `arena` and points into the source's text nowhere. */
Module *parse_module(Arena *arena, const Sources *sources, uint32_t file, Diagnostics *diags);

/* Parses a single expression, such as the argument of --call or -D ("NAME(a, b=2)"). `file` holds only that
 * text. */
Expr *parse_expression(Arena *arena, const Sources *sources, uint32_t file, Diagnostics *diags);

/* Prints the tree as an indented listing, one node a line (`--print-after=parse`). */
void ast_print(const Module *module, const Sources *sources, FILE *out);

#endif
