/* Writes whole files: regular ones by a temporary file beside them and a rename once all are complete, others
 * directly. */
#include "data/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool report_errno(Diagnostics *diags, const char *path, int error) {
    return diag_report(diags, E002, NO_SOURCE, "cannot write \"%s\": %s", path, strerror(error));
}

static bool write_fully(int fd, const unsigned char *data, size_t size) {
    while (size) {
        const ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

static bool write_directly(Diagnostics *diags, const char *path, const void *data, size_t size) {
    const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0) return report_errno(diags, path, errno);
    const bool fine = write_fully(fd, data, size);
    const int error = errno;
    if (close(fd) != 0 && fine) return report_errno(diags, path, errno);
    return fine || report_errno(diags, path, error);
}

/* open() with O_EXCL, not mkstemp: the file gets the permissions that the user's umask gives to any new file.
 */
static int open_temporary(Arena *arena, Temporaries *known, const char *path, const char **temporary) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        *temporary = arena_printf(arena, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        temporaries_add(known, *temporary);
        const int fd = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) return fd;
        const int error = errno;
        temporaries_drop(known, *temporary);
        errno = error;
        if (error != EEXIST) return fd;
    }
    return -1;
}

/* A file on its way: regular ones wait under a temporary name until all are complete. */
typedef struct Pending {
    const BytesFile *file;
    const char *target, *temporary; /* NULL: written directly, or renamed already */
} Pending;

static bool fill_temporary(Arena *arena, Diagnostics *diags, Pending *pending, const struct stat *old) {
    const BytesFile *file = pending->file;
    const char *temporary;
    const int fd = open_temporary(arena, diag_temporaries(diags), pending->target, &temporary);
    if (fd < 0) return report_errno(diags, file->path, errno);
    pending->temporary = temporary;
    bool fine = write_fully(fd, file->data, file->size) && (!old || fchmod(fd, old->st_mode & 0777) == 0);
    int error = errno;
    if (close(fd) != 0 && fine) {
        fine = false;
        error = errno;
    }
    return fine || report_errno(diags, file->path, error);
}

bool bytes_is_device(const char *path) {
    struct stat status;
    /* /dev/stdout may lead to a regular file: that one is written through, its name is not replaced. */
    if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0) return true;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static bool prepare(Arena *arena, Diagnostics *diags, Pending *pending) {
    struct stat status;
    const char *path = pending->file->path;
    const bool exists = stat(path, &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) return report_errno(diags, path, EISDIR);
    if (bytes_is_device(path)) return true;
    /* A link is followed, so that it stays a link and its target is replaced. */
    char *resolved = exists ? realpath(path, NULL) : NULL;
    pending->target = arena_strdup(arena, resolved ? resolved : path);
    free(resolved);
    return fill_temporary(arena, diags, pending, exists ? &status : NULL);
}

static bool finish(Diagnostics *diags, Pending *pending) {
    const BytesFile *file = pending->file;
    if (!pending->target) return write_directly(diags, file->path, file->data, file->size);
    if (rename(pending->temporary, pending->target) != 0) return report_errno(diags, file->path, errno);
    temporaries_drop(diag_temporaries(diags), pending->temporary);
    pending->temporary = NULL;
    return true;
}

bool bytes_write_all(Diagnostics *diags, const BytesFile *files, size_t count) {
    Arena *arena = arena_new_child(diag_arena(diags));
    Pending *pending = ARENA_ARRAY(arena, Pending, count);
    bool fine = true;
    for (size_t i = 0; fine && i < count; i++) {
        pending[i].file = &files[i];
        fine = prepare(arena, diags, &pending[i]);
    }
    for (size_t i = 0; fine && i < count; i++) fine = finish(diags, &pending[i]);
    for (size_t i = 0; i < count; i++) {
        if (!pending[i].temporary) continue;
        unlink(pending[i].temporary);
        temporaries_drop(diag_temporaries(diags), pending[i].temporary);
    }
    arena_free(arena);
    return fine;
}

bool bytes_write(Diagnostics *diags, const char *path, const void *data, size_t size) {
    return bytes_write_all(diags, &(BytesFile){path, data, size}, 1);
}

/* ---- piece by piece ---- */

struct BytesStream {
    Diagnostics *diags;
    const char *path, *target, *temporary; /* temporary NULL: written directly */
    int fd;
};

/* The same permissions, and through links, as files that are written at once. */
static bool open_stream(Arena *arena, BytesStream *stream) {
    struct stat status;
    const bool exists = stat(stream->path, &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return false;
    }
    if (bytes_is_device(stream->path)) {
        stream->fd = open(stream->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        return stream->fd >= 0;
    }
    char *resolved = exists ? realpath(stream->path, NULL) : NULL;
    stream->target = arena_strdup(arena, resolved ? resolved : stream->path);
    free(resolved);
    stream->fd = open_temporary(arena, diag_temporaries(stream->diags), stream->target, &stream->temporary);
    return stream->fd >= 0 && (!exists || fchmod(stream->fd, status.st_mode & 0777) == 0);
}

BytesStream *bytes_stream_open(Arena *arena, Diagnostics *diags, const char *path) {
    BytesStream *stream = ARENA_NEW(arena, BytesStream);
    *stream = (BytesStream){.diags = diags, .path = path, .fd = -1};
    if (open_stream(arena, stream)) return stream;
    report_errno(diags, path, errno);
    if (stream->fd >= 0) bytes_stream_cancel(stream);
    return NULL;
}

bool bytes_stream_put(BytesStream *stream, uint64_t at, const void *data, size_t size) {
    const unsigned char *bytes = data;
    if (!stream->temporary) return write_fully(stream->fd, bytes, size);
    while (size) {
        const ssize_t n = pwrite(stream->fd, bytes, size, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

bool bytes_stream_finish(BytesStream *stream) {
    const bool closed = close(stream->fd) == 0;
    stream->fd = -1;
    const bool fine = closed && (!stream->temporary || rename(stream->temporary, stream->target) == 0);
    if (!fine) report_errno(stream->diags, stream->path, errno);
    if (!fine) bytes_stream_cancel(stream);
    if (fine && stream->temporary) temporaries_drop(diag_temporaries(stream->diags), stream->temporary);
    return fine;
}

void bytes_stream_cancel(BytesStream *stream) {
    if (stream->fd >= 0) close(stream->fd);
    if (!stream->temporary) return;
    unlink(stream->temporary);
    temporaries_drop(diag_temporaries(stream->diags), stream->temporary);
}
