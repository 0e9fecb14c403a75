/* The parts of the printer: one node a line, "label: Kind details @line:column-line:column", children
 * indented. Kinds, labels and their order are those of Python's own ast. */
#ifndef LAMINA_SYNTAX_PRINT_H
#define LAMINA_SYNTAX_PRINT_H

#include <stdio.h>

#include "syntax/ast.h"

typedef struct Printer {
    FILE *out;
    const Sources *sources;
    int depth;
} Printer;

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void print_line(const Printer *printer, const char *label, SourceRange at, const char *format, ...);
void print_quoted(const Printer *printer, const char *label, SourceRange at, const char *kind,
                  const char *data, size_t length);
void print_expr(Printer *printer, const char *label, const Expr *expr); /* nothing where it is NULL */
void print_exprs(Printer *printer, const char *label, ExprList list);
void print_parameters(Printer *printer, ParameterList parameters);
void print_arguments(Printer *printer, const char *label, CallArgumentList arguments);
void print_stmts(Printer *printer, const char *label, StmtList list);
void print_pattern(Printer *printer, const char *label, const Pattern *pattern);
const char *print_binary_name(BinaryOperator op);

#endif
