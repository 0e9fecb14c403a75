/* Whole files in and out: what every reader starts from, and every writer ends with. */
#ifndef LAMINA_DATA_BYTES_H
#define LAMINA_DATA_BYTES_H

#include "base/diag.h"

typedef struct Bytes {
    const char *path; /* for messages */
    unsigned char *data;
    size_t size;
} Bytes;

/* Reads a regular file, device or pipe into the arena; refuses more than `limit_bytes`. False after reporting
 * E001 (or E505 past the limit). */
bool bytes_read(Arena *arena, Diagnostics *diags, const char *path, size_t limit_bytes, Bytes *out);
/* Regular files appear whole (temporary file beside them + rename) or not at all; devices and pipes are
 * written directly. False after reporting E002. */
bool bytes_write(Diagnostics *diags, const char *path, const void *data, size_t size);

typedef struct BytesFile {
    const char *path;
    const void *data;
    size_t size;
} BytesFile;

/* The same for several files: none of the regular ones appears before all are complete. */
bool bytes_write_all(Diagnostics *diags, const BytesFile *files, size_t count);
/* True where the path is written directly: a device, pipe or socket (`-o /dev/stdout`). */
bool bytes_is_device(const char *path);
/* Text from a file, fit to be shown: control characters and bytes that are not UTF-8 become \xNN, long text
 * is cut. */
const char *bytes_printable(Arena *arena, const char *text);

#endif
