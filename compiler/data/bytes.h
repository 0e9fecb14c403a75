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
/* A file that is written piece by piece: like bytes_write, it appears whole or not at all. */
typedef struct BytesStream BytesStream;
/* NULL after reporting E002. */
BytesStream *bytes_stream_open(Arena *arena, Diagnostics *diags, const char *path);
/* At any place; a device or pipe takes what comes in order. False with errno set. */
bool bytes_stream_put(BytesStream *stream, uint64_t at, const void *data, size_t size);
/* The file appears; false after reporting E002. */
bool bytes_stream_finish(BytesStream *stream);
/* There is no file; the one of before, where there was one, stays. */
void bytes_stream_cancel(BytesStream *stream);
/* True where the path is written directly: a device, pipe or socket (`-o /dev/stdout`). */
bool bytes_is_device(const char *path);
/* Text from a file, fit to be shown: control characters and bytes that are not UTF-8 become \xNN, long text
 * is cut. */
const char *bytes_printable(Arena *arena, const char *text);

#endif
