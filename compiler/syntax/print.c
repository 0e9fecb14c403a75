#include "syntax/parser.h"
void ast_print(const Module *module, const Sources *sources, FILE *out) {
    (void)module, (void)sources, (void)out;
}
