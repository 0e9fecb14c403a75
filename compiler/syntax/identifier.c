/* Which characters beyond ASCII may stand in a name: a binary search in identifier.def. */
#include "syntax/identifier.h"

#include <stddef.h>

static const struct {
    uint32_t first, last;
} RANGES[] = {
#define RANGE(first, last) {first, last},
#include "syntax/identifier.def"
#undef RANGE
};

uint32_t identifier_code_point(const char *text, uint32_t *length) {
    const unsigned char lead = (unsigned char)text[0];
    *length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t c = lead < 0x80 ? lead : lead & (0xFFu >> (*length + 1));
    for (uint32_t i = 1; i < *length; i++) c = c << 6 | ((unsigned char)text[i] & 0x3F);
    return c;
}

static bool is_name_character(uint32_t c) {
    if (c < 0x80) return true; /* flex has seen to these */
    size_t low = 0, high = sizeof RANGES / sizeof *RANGES;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (c > RANGES[middle].last)
            low = middle + 1;
        else if (c < RANGES[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

uint32_t identifier_first_bad(const char *text, uint32_t begin, uint32_t end) {
    for (uint32_t i = begin, length; i < end; i += length)
        if (!is_name_character(identifier_code_point(text + i, &length))) return i;
    return end;
}
