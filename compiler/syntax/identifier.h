/* Characters of names. */
#ifndef LAMINA_SYNTAX_IDENTIFIER_H
#define LAMINA_SYNTAX_IDENTIFIER_H

#include <stdbool.h>
#include <stdint.h>

/* The code point at `text`, valid UTF-8; its bytes in *length. */
uint32_t identifier_code_point(const char *text, uint32_t *length);
/* The offset of the first character of text[begin..end) that no name may hold; `end` where all are good. */
uint32_t identifier_first_bad(const char *text, uint32_t begin, uint32_t end);

#endif
