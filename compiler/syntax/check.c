#include "syntax/check.h"
void check_module(Parser *p, const Module *module) {
    (void)p, (void)module;
}
void check_expression(Parser *p, const Expr *expr) {
    (void)p, (void)expr;
}
