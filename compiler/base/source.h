/* Source files, and ranges in them. A SourceRange is what every token, AST node, layer and tensor carries. */
#ifndef LAMINA_BASE_SOURCE_H
#define LAMINA_BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Bytes [begin, end) of file number `file` (1-based; 0 means "no place": command line, weights, internal). */
typedef struct SourceRange {
    uint32_t file, begin, end;
} SourceRange;

#define NO_SOURCE ((SourceRange){0, 0, 0})

typedef struct SourceFile {
    const char *name; /* as the user gave it; "<stdin>" for "-" */
    const char *text; /* NUL-terminated */
    size_t length;
    const uint32_t *line_starts; /* byte offset of each line */
    uint32_t n_lines;
} SourceFile;

typedef struct Sources {
    Arena *arena;
    SourceFile *files;
    uint32_t count, capacity;
} Sources;

/* Line and column from 1; columns in code points. */
typedef struct SourcePosition {
    uint32_t line, column;
} SourcePosition;

Sources sources_new(Arena *arena);
/* Adds a copy of the text; returns its file number. A leading UTF-8 byte order mark is dropped.
 * `length` must be below 2^32 - 1. */
uint32_t sources_add(Sources *sources, const char *name, const char *text, size_t length);
/* Reads a whole file ("-" is standard input) and adds it: its number, or 0 with *error set to a text
 * (errno's, or a limit's). */
uint32_t sources_read(Sources *sources, const char *path, const char **error);
const SourceFile *sources_get(const Sources *sources, uint32_t file);
SourcePosition sources_position(const Sources *sources, uint32_t file, uint32_t offset);

/* The last part of a path: "dir/mlp.lam" -> "mlp.lam". What goes into generated files, whose bytes must not
 * depend on the folder in which the compiler ran. */
const char *source_base_name(const char *path);

static inline SourceRange source_join(SourceRange a, SourceRange b) {
    if (a.file == 0) return b;
    if (b.file != a.file) return a;
    return (SourceRange){a.file, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

#endif
