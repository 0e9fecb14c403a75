/* A refused token becomes one message, as CPython would say it, or better. */
#include "syntax/syntax_error.h"

#include "syntax/lexer.h"

void syntax_error_report(Parser *p, const SyntaxError *error) {
    parser_report(p, E100, error->at, "invalid syntax: unexpected %s", error->found);
    lexer_recover(p, true);
}
