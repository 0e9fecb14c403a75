/* Text and numbers in SVG and HTML. In: anything, from model files too. Out: characters that no parser takes
 * for markup, in valid UTF-8.
 */
#include "view/markup.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char REPLACEMENT[] = "\xEF\xBF\xBD";

/* XML 1.0 forbids control characters, surrogates (no valid UTF-8) and two more; others read badly. */
static bool is_allowed(const unsigned char *c, size_t length) {
    if (length == 1) return (*c >= 0x20 && *c != 0x7F) || *c == '\n' || *c == '\t';
    if (length == 2) return !(c[0] == 0xC2 && c[1] < 0xA0);
    return !(length == 3 && c[0] == 0xEF && c[1] == 0xBF && c[2] >= 0xBE);
}

void markup_text(Text *out, const char *text) {
    const size_t size = strlen(text);
    for (size_t i = 0; i < size;) {
        const size_t length = text_sequence(text + i, size - i);
        if (length == 0 || !is_allowed((const unsigned char *)text + i, length))
            text_add(out, REPLACEMENT);
        else if (text[i] == '&')
            text_add(out, "&amp;");
        else if (text[i] == '<')
            text_add(out, "&lt;");
        else if (text[i] == '>')
            text_add(out, "&gt;");
        else if (text[i] == '"')
            text_add(out, "&quot;");
        else if (text[i] == '\'')
            text_add(out, "&#39;");
        else
            text_add_n(out, text + i, length);
        i += length ? length : 1;
    }
}

const char *markup_shorten(Arena *arena, const char *text, size_t most) {
    const size_t size = strlen(text);
    size_t at = 0, count = 0;
    for (; at < size && count < most; count++) {
        const size_t length = text_sequence(text + at, size - at);
        at += length ? length : 1;
    }
    return at == size ? text : arena_printf(arena, "%.*s…", (int)at, text);
}

/* By whole numbers: the same in every locale. */
void markup_number(Text *out, double number) {
    const int64_t tenths = (int64_t)llround(number * 10), size = tenths < 0 ? -tenths : tenths;
    if (tenths < 0) text_char(out, '-');
    text_printf(out, "%" PRId64, size / 10);
    if (size % 10) text_printf(out, ".%" PRId64, size % 10);
}
