#include "base/text.h"

#include <stdio.h>
#include <string.h>

Text text_new(Arena *arena) {
    return (Text){.arena = arena, .data = arena_alloc(arena, 1), .length = 0, .capacity = 1};
}

void text_reserve(Text *text, size_t more) {
    const size_t wanted = text->length + more + 1;
    if (wanted <= text->capacity) return;
    const size_t capacity = wanted < text->capacity * 2 ? text->capacity * 2 : wanted;
    text->data = arena_grow_array(text->arena, text->data, text->length + 1, capacity, 1);
    text->capacity = capacity;
}

void text_add_n(Text *text, const char *more, size_t length) {
    text_reserve(text, length);
    if (length) memcpy(text->data + text->length, more, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(Text *text, const char *more) {
    text_add_n(text, more, strlen(more));
}

void text_char(Text *text, char c) {
    text_add_n(text, &c, 1);
}

void text_printf(Text *text, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        text_reserve(text, (size_t)length);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

size_t text_code_points(const char *text, size_t length) {
    size_t points = 0;
    for (size_t i = 0; i < length; i++) points += ((unsigned char)text[i] & 0xC0) != 0x80;
    return points;
}

size_t text_sequence(const char *text, size_t length) {
    const unsigned char *p = (const unsigned char *)text;
    if (length == 0) return 0;
    if (p[0] < 0x80) return 1;
    const size_t n = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (n > length) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90)) return 0;   /* too long a form */
    if ((p[0] == 0xED && p[1] >= 0xA0) || (p[0] == 0xF4 && p[1] >= 0x90)) return 0; /* no character */
    return n;
}
