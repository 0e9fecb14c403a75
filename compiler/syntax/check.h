/* What Python's compiler refuses although its grammar allows it: a walk over the finished tree. */
#ifndef LAMINA_SYNTAX_CHECK_H
#define LAMINA_SYNTAX_CHECK_H

#include "syntax/build.h"

void check_module(Parser *p, const Module *module);
void check_expression(Parser *p, const Expr *expr);

#endif
