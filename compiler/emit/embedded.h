/* The runtime's sources as data (made by cmake/Embed.cmake), with paths relative to runtime/. */
#ifndef LAMINA_EMIT_EMBEDDED_H
#define LAMINA_EMIT_EMBEDDED_H

#include <stddef.h>

typedef struct EmbeddedFile {
    const char *path;         /* "kernels/dense.c" */
    const char *const *lines; /* each with its newline; ended by NULL */
} EmbeddedFile;

extern const EmbeddedFile embedded_runtime[];
extern const size_t embedded_runtime_count;

#endif
