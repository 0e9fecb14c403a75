/* Fields of JSON for programs that read what a command found. */
#ifndef LAMINA_CLI_JSON_PRINT_H
#define LAMINA_CLI_JSON_PRINT_H

#include <stdio.h>

void json_text(const char *text, FILE *out);
/* "name":"text" */
void json_field(const char *name, const char *text, FILE *out);
/* ,"name":number; null where there is none: less than 0, infinite or NaN. */
void json_number(const char *name, double number, FILE *out);

#endif
