/* Arena: a chain of blocks, each twice the size of the one before up to a limit; large requests get their
 * own. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_SANITIZED 1
#endif
#endif

enum { FIRST_BLOCK = 16 * 1024, LARGEST_BLOCK = 8 * 1024 * 1024 };

typedef struct Block Block;
struct Block {
    Block *next;
    size_t used, size;
    max_align_t data[];
};

/* What is to be called when the arena is freed. */
typedef struct Ending Ending;
struct Ending {
    Ending *before;
    void (*end)(void *what);
    void *what;
};

struct Arena {
    Arena *parent, *children, *next, *previous; /* children of one parent are a list */
    Block *blocks;
    Ending *endings;
    size_t next_size;
    ArenaOutOfMemory *hook;
    void *hook_context;
};

static void exit_out_of_memory(void *context, size_t size) {
    (void)context;
    fprintf(stderr, "lamina: error: out of memory (a request of %zu bytes failed)\n", size);
    exit(1);
}

Arena *arena_new(void) {
    return arena_new_with_hook(exit_out_of_memory, NULL);
}

Arena *arena_new_with_hook(ArenaOutOfMemory *hook, void *context) {
    Arena *arena = malloc(sizeof *arena);
    if (!arena) {
        hook(context, sizeof *arena);
        return NULL;
    }
    *arena = (Arena){.next_size = FIRST_BLOCK, .hook = hook, .hook_context = context};
    return arena;
}

Arena *arena_new_child(Arena *parent) {
    Arena *child = arena_new_with_hook(parent->hook, parent->hook_context);
    if (!child) return NULL;
    child->parent = parent;
    child->next = parent->children;
    if (child->next) child->next->previous = child;
    parent->children = child;
    return child;
}

static void leave_parent(Arena *arena) {
    if (arena->next) arena->next->previous = arena->previous;
    if (arena->previous)
        arena->previous->next = arena->next;
    else if (arena->parent)
        arena->parent->children = arena->next;
}

void arena_free(Arena *arena) {
    if (!arena) return;
    while (arena->children) arena_free(arena->children);
    for (const Ending *ending = arena->endings; ending; ending = ending->before) ending->end(ending->what);
    leave_parent(arena);
    for (Block *block = arena->blocks; block;) {
        Block *next = block->next;
        pages_give(block, sizeof *block + block->size);
        block = next;
    }
    free(arena);
}

void arena_at_free(Arena *arena, void (*end)(void *what), void *what) {
    Ending *ending = ARENA_NEW(arena, Ending);
    *ending = (Ending){arena->endings, end, what};
    arena->endings = ending;
}

/* A block with room for `size` bytes; under AddressSanitizer each request is a block, so that overruns are
 * seen. */
static Block *add_block(Arena *arena, size_t size) {
    size_t capacity = size;
#ifndef ARENA_SANITIZED
    if (size <= arena->next_size / 4) {
        capacity = arena->next_size;
        if (arena->next_size < LARGEST_BLOCK) arena->next_size *= 2;
    }
#endif
    Block *block = capacity <= SIZE_MAX - sizeof *block ? pages_take(sizeof *block + capacity) : NULL;
    if (!block) {
        arena->hook(arena->hook_context, size);
        return NULL;
    }
    block->size = capacity;
    block->used = 0;
    /* A block filled by one large request goes behind the current one, which may still have room. */
    if (arena->blocks && capacity == size) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *arena_alloc(Arena *arena, size_t size) {
    const size_t align = sizeof(max_align_t);
    if (size > SIZE_MAX - align) {
        arena->hook(arena->hook_context, size);
        return NULL;
    }
#ifdef ARENA_SANITIZED
    const size_t rounded = size ? size : 1;
    Block *block = NULL;
#else
    const size_t rounded = size ? (size + align - 1) / align * align : align;
    Block *block = arena->blocks;
#endif
    if (!block || block->size - block->used < rounded) block = add_block(arena, rounded);
    char *memory = (char *)block->data + block->used; /* still zero, as the block came */
    block->used += rounded;
    return memory;
}

void *arena_alloc_array(Arena *arena, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) {
        arena->hook(arena->hook_context, SIZE_MAX);
        return NULL;
    }
    return arena_alloc(arena, count * size);
}

void *arena_grow_array(Arena *arena, const void *old, size_t old_count, size_t new_count, size_t size) {
    void *grown = arena_alloc_array(arena, new_count, size);
    if (old_count) memcpy(grown, old, old_count * size);
    return grown;
}

char *arena_strdup(Arena *arena, const char *text) {
    return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(Arena *arena, const char *text, size_t length) {
    char *copy = arena_alloc(arena, length + 1);
    if (length) memcpy(copy, text, length);
    return copy;
}

char *arena_vprintf(Arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(arena, length < 0 ? 1 : (size_t)length + 1);
    if (length > 0) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(Arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
