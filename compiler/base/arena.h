/* Arena: memory that is freed all at once. Every stage allocates here; nothing is freed on its own.
 *
 * Three lifetimes exist (see driver.h): the source and its AST, the graph, and scratch memory of one stage.
 * Allocation never returns NULL: when the system has no memory, the arena calls its out-of-memory hook, which
 * must not return (the default prints a message and exits; tests install their own).
 */
#ifndef LAMINA_BASE_ARENA_H
#define LAMINA_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;
typedef void ArenaOutOfMemory(void *context, size_t size);

Arena *arena_new(void);
/* The same with a hook; `hook` must not return. */
Arena *arena_new_with_hook(ArenaOutOfMemory *hook, void *context);
/* For work that needs memory for a while: the parent's hook, and freed with the parent where that comes
 * first. */
Arena *arena_new_child(Arena *parent);
void arena_free(Arena *arena);
/* Calls `end(what)` when the arena is freed, the last one first: for what is no memory but lives as long. */
void arena_at_free(Arena *arena, void (*end)(void *what), void *what);

/* Zeroed memory, aligned for any type. `size` 0 gives a valid unique pointer. */
void *arena_alloc(Arena *arena, size_t size);
/* Zeroed memory for `count` elements; the product is checked (an overflow counts as out of memory). */
void *arena_alloc_array(Arena *arena, size_t count, size_t size);
/* Grows an array: copies `old_count` elements to a new place of `new_count` elements, the rest zeroed. */
void *arena_grow_array(Arena *arena, const void *old, size_t old_count, size_t new_count, size_t size);

char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t length); /* adds the NUL */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
char *
arena_printf(Arena *arena, const char *format, ...);
char *arena_vprintf(Arena *arena, const char *format, va_list args);

#define ARENA_NEW(arena, Type) ((Type *)arena_alloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *)arena_alloc_array((arena), (count), sizeof(Type)))

#endif
