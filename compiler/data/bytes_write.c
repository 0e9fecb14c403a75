/* Writes a whole file: a regular one by a temporary file beside it and a rename, anything else directly. */
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
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return report_errno(diags, path, errno);
    const bool fine = write_fully(fd, data, size);
    const int error = errno;
    if (close(fd) != 0 && fine) return report_errno(diags, path, errno);
    return fine || report_errno(diags, path, error);
}

/* open() with O_EXCL, not mkstemp: the file gets the permissions that the user's umask gives to any new file.
 */
static int open_temporary(Arena *arena, const char *path, const char **temporary) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        *temporary = arena_printf(arena, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        const int fd = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

static bool write_renamed(Arena *arena, Diagnostics *diags, const char *shown, const char *path,
                          const struct stat *old, const void *data, size_t size) {
    const char *temporary;
    const int fd = open_temporary(arena, path, &temporary);
    if (fd < 0) return report_errno(diags, shown, errno);
    bool fine = write_fully(fd, data, size) && (!old || fchmod(fd, old->st_mode & 0777) == 0);
    int error = errno;
    if (close(fd) != 0 && fine) {
        fine = false;
        error = errno;
    }
    if (fine && rename(temporary, path) != 0) {
        fine = false;
        error = errno;
    }
    if (fine) return true;
    unlink(temporary);
    return report_errno(diags, shown, error);
}

bool bytes_write(Diagnostics *diags, const char *path, const void *data, size_t size) {
    struct stat status;
    const bool exists = stat(path, &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) return report_errno(diags, path, EISDIR);
    if (exists && !S_ISREG(status.st_mode)) return write_directly(diags, path, data, size);
    /* A link is followed, so that it stays a link and its target is replaced. */
    char *resolved = exists ? realpath(path, NULL) : NULL;
    Arena *arena = arena_new();
    const bool fine =
        write_renamed(arena, diags, path, resolved ? resolved : path, exists ? &status : NULL, data, size);
    arena_free(arena);
    free(resolved);
    return fine;
}
