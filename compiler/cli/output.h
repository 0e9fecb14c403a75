/* Output files: written whole or not at all. Regular files go to a temporary file beside them and are renamed
 * once every file of the run is complete; devices and pipes are written directly. */
#ifndef LAMINA_CLI_OUTPUT_H
#define LAMINA_CLI_OUTPUT_H

#include "base/diag.h"

typedef struct OutputFile {
    const char *path;
    const void *data;
    size_t size;
} OutputFile;

/* Writes all files, or none: false after reporting E002. */
bool output_write(Arena *arena, Diagnostics *diags, const OutputFile *files, size_t count);
/* True where the path is a device, pipe or socket that exists (`-o /dev/stdout`). */
bool output_is_device(const char *path);

#endif
