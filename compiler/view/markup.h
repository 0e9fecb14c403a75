/* Markup: text for SVG and HTML. Whatever a user has named goes through markup_text, and nothing else into
 * it. */
#ifndef LAMINA_VIEW_MARKUP_H
#define LAMINA_VIEW_MARKUP_H

#include "base/text.h"

/* Text as it reads, in an element or in a quoted attribute: what has a meaning is escaped, what may not stand
 * in XML becomes U+FFFD. */
void markup_text(Text *out, const char *text);
/* The first `most` code points, and an ellipsis where there are more. */
const char *markup_shorten(Arena *arena, const char *text, size_t most);
/* A length or place: at most one decimal, "12.5", "12". */
void markup_number(Text *out, double number);

/* Width of a line in a sans-serif font of size 1: what a wide one needs, so that in others there is room. */
double text_width(const char *text, bool bold);

#endif
