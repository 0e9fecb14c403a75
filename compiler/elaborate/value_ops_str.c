/* Strings by code points: length, positions, decoding. The text is UTF-8; an invalid byte counts as one code
 * point. */
#include <string.h>

#include "elaborate/value_ops_parts.h"

bool str_is_ascii(const Str *str) {
    for (size_t i = 0; i < str->length; i++) {
        if ((unsigned char)str->data[i] >= 0x80) return false;
    }
    return true;
}

size_t str_step(const Str *str, size_t offset) {
    const unsigned char lead = (unsigned char)str->data[offset];
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (length > str->length - offset) return 1;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)str->data[offset + i] & 0xc0) != 0x80) return 1;
    }
    return length;
}

int64_t str_length(const Str *str) {
    int64_t count = 0;
    for (size_t i = 0; i < str->length; i += str_step(str, i)) count++;
    return count;
}

size_t str_offset(const Str *str, int64_t index) {
    size_t offset = 0;
    for (; index > 0 && offset < str->length; index--) offset += str_step(str, offset);
    return offset;
}

size_t str_find(const Str *text, const Str *part, size_t from) {
    if (part->length == 0) return from <= text->length ? from : SIZE_MAX;
    while (from < text->length && part->length <= text->length - from) {
        const char *at = memchr(text->data + from, part->data[0], text->length - from - part->length + 1);
        if (!at) break;
        if (memcmp(at, part->data, part->length) == 0) return (size_t)(at - text->data);
        from = (size_t)(at - text->data) + 1;
    }
    return SIZE_MAX;
}

uint32_t str_decode(const Str *str, size_t offset) {
    const size_t length = str_step(str, offset);
    const unsigned char *at = (const unsigned char *)str->data + offset;
    if (length == 1) return at[0];
    uint32_t code = at[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) code = code << 6 | (at[i] & 0x3fu);
    return code;
}

void text_add_code_point(Text *text, uint32_t code) {
    if (code < 0x80) {
        text_char(text, (char)code);
        return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char LEAD[] = {0, 0xc0, 0xe0, 0xf0};
    text_char(text, (char)(LEAD[more] | code >> (6 * more)));
    for (int i = more - 1; i >= 0; i--) text_char(text, (char)(0x80 | (code >> (6 * i) & 0x3f)));
}

Value value_from_text(Arena *arena, const Text *text) {
    return value_str_n(arena, text->data, text->length);
}
