#include "base/text.h"

#include <ctype.h>
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

enum { LONGEST_NAME = 64, WHOLE_LETTER = 2 };

/* Costs are in half letters, so that a change of case is cheaper than any other. */
static int letter_cost(char a, char b) {
    if (a == b) return 0;
    return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : WHOLE_LETTER;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, changes, and swaps of neighbours. */
static int distance(const char *a, size_t n, const char *b, size_t m) {
    int rows[3][LONGEST_NAME + 1];
    for (size_t j = 0; j <= m; j++) rows[0][j] = (int)j * WHOLE_LETTER;
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3];
        const int *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = (int)i * WHOLE_LETTER;
        for (size_t j = 1; j <= m; j++) {
            int best = smaller(last[j], row[j - 1]) + WHOLE_LETTER;
            best = smaller(best, last[j - 1] + letter_cost(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, before[j - 2] + WHOLE_LETTER);
            row[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *text_nearest(const char *wanted, const char *const *names, size_t count) {
    const size_t n = strlen(wanted);
    if (n == 0 || n > LONGEST_NAME) return NULL;
    const int limit = n == 1 ? 1 : n < 6 ? WHOLE_LETTER : (int)(n / 3) * WHOLE_LETTER;
    int best = limit + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t m = strlen(names[i]);
        if (m > LONGEST_NAME) continue;
        const int d = distance(wanted, n, names[i], m);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
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
