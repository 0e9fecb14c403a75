/* How wide text is. In: a line of UTF-8. Out: its width in a wide sans-serif font (DejaVu Sans) of size 1,
 * since no one knows which font a viewer has; what is drawn around it has room for all common ones.
 */
#include <string.h>

#include "view/markup.h"

/* Hundredths of the font's size, from the space to the tilde. */
static const unsigned char REGULAR[] = {
    32, 41, 46, 84, 64, 96, 78, 28, 40,  40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 77, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69,  62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64,  64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84};
static const unsigned char BOLD[] = {
    35, 46, 53, 84, 70, 101, 88, 31,  46,  46, 53, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70,  70, 70,
    70, 70, 40, 40, 84, 84,  84, 58,  100, 78, 77, 74, 83, 69, 69, 83, 84, 38, 38, 78, 64, 100, 84, 85,
    74, 85, 77, 73, 69, 82,  78, 111, 78,  73, 73, 46, 37, 46, 84, 50, 50, 68, 72, 60, 72, 68,  44, 72,
    72, 35, 35, 67, 35, 105, 72, 69,  72,  72, 50, 60, 48, 72, 66, 93, 65, 66, 59, 72, 37, 72,  84};
/* Beyond ASCII: Latin, Greek and Cyrillic; and all that may be as wide as it is high. */
enum { NARROW = 85, WIDE = 115 };

double text_width(const char *text, bool bold) {
    const unsigned char *widths = bold ? BOLD : REGULAR;
    const size_t size = strlen(text);
    double sum = 0;
    for (size_t i = 0; i < size;) {
        const size_t length = text_sequence(text + i, size - i);
        const unsigned char c = (unsigned char)text[i];
        sum += length == 1 && c >= ' ' && c <= '~' ? widths[c - ' '] : length == 2 ? NARROW : WIDE;
        i += length ? length : 1;
    }
    return sum / 100;
}
