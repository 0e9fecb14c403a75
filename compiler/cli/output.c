#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_is_device(const char *path) {
    struct stat status;
    /* /dev/stdout may lead to a regular file: that one is written through, its name is not replaced. */
    if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0) return true;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static bool report(Diagnostics *diags, const char *path, int error) {
    return diag_report(diags, E002, NO_SOURCE, "cannot write '%s': %s", path, strerror(error ? error : EIO));
}

/* Writes the data to a new file (or device); errno tells what went wrong. */
static bool write_to(const char *path, const void *data, size_t size) {
    errno = 0;
    FILE *stream = fopen(path, "wb");
    if (!stream) return false;
    const bool written = fwrite(data, 1, size, stream) == size && fflush(stream) == 0;
    const int error = errno;
    const bool closed = fclose(stream) == 0;
    if (!written) errno = error;
    return written && closed;
}

/* Where a path leads: a symbolic link is kept, and its target replaced. */
static const char *final_path(Arena *arena, const char *path) {
    char *resolved = realpath(path, NULL);
    if (!resolved) return path;
    const char *copy = arena_strdup(arena, resolved);
    free(resolved);
    return copy;
}

static const char *temporary_name(Arena *arena, const char *path) {
    return arena_printf(arena, "%s.%ld.tmp", final_path(arena, path), (long)getpid());
}

/* All regular files to their temporary names; on a failure what was written is removed again. */
static bool write_temporaries(Arena *arena, Diagnostics *diags, const OutputFile *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (output_is_device(files[i].path)) continue;
        if (write_to(temporary_name(arena, files[i].path), files[i].data, files[i].size)) continue;
        report(diags, files[i].path, errno);
        for (size_t j = 0; j <= i; j++)
            if (!output_is_device(files[j].path)) unlink(temporary_name(arena, files[j].path));
        return false;
    }
    return true;
}

bool output_write(Arena *arena, Diagnostics *diags, const OutputFile *files, size_t count) {
    if (!write_temporaries(arena, diags, files, count)) return false;
    for (size_t i = 0; i < count; i++) {
        const bool done = output_is_device(files[i].path)
                              ? write_to(files[i].path, files[i].data, files[i].size)
                              : rename(temporary_name(arena, files[i].path), final_path(arena, files[i].path)) == 0;
        if (done) continue;
        report(diags, files[i].path, errno);
        for (size_t j = i; j < count; j++)
            if (!output_is_device(files[j].path)) unlink(temporary_name(arena, files[j].path));
        return false;
    }
    return true;
}
