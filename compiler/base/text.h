/* Text: a string under construction, in an arena. `Text t = text_new(arena); text_printf(&t, "%d", 3);
 * t.data`. */
#ifndef LAMINA_BASE_TEXT_H
#define LAMINA_BASE_TEXT_H

#include <stdbool.h>

#include "base/arena.h"

typedef struct Text {
    Arena *arena;
    char *data; /* NUL-terminated at all times, never NULL */
    size_t length, capacity;
} Text;

Text text_new(Arena *arena);
/* Room for so many bytes more, in one step where the length is known to become large. */
void text_reserve(Text *text, size_t more);
void text_add(Text *text, const char *more);
void text_add_n(Text *text, const char *more, size_t length);
void text_char(Text *text, char c);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void text_printf(Text *text, const char *format, ...);

/* The name nearest to `wanted` among `names` (for "did you mean"), or NULL where none is near enough: what other
 * libraries call it, else by Damerau-Levenshtein distance, where at most a third of the letters, at least one,
 * may differ. Case and underscores decide between names that are equally near. */
const char *text_nearest(const char *wanted, const char *const *names, size_t count);
/* The number of code points in `length` bytes of UTF-8; each invalid byte counts as one. */
size_t text_code_points(const char *text, size_t length);
/* The bytes of the valid UTF-8 sequence that begins the text (1 to 4), or 0 where there is none. */
size_t text_sequence(const char *text, size_t length);

#endif
