/* Reads a whole file into memory, never more than it holds and never more than a limit. */
#include "data/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static bool report_limit(Diagnostics *diags, const char *path, size_t limit) {
    return diag_report(diags, E505, NO_SOURCE, "\"%s\" holds more than %zu bytes, the most that is read",
                       path, limit);
}

static bool report_errno(Diagnostics *diags, const char *path, int error) {
    return diag_report(diags, E001, NO_SOURCE, "cannot read \"%s\": %s", path, strerror(error));
}

/* Reads until `wanted` bytes or the end of the file; the number read, or -1 with errno. */
static ssize_t read_fully(int fd, unsigned char *data, size_t wanted) {
    size_t got = 0;
    while (got < wanted) {
        const ssize_t n = read(fd, data + got, wanted - got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

enum { STREAM_LIMIT = 1 << 30 };

/* A pipe or device: its length is known at its end only, and may be endless. */
static bool read_stream(Arena *arena, Diagnostics *diags, int fd, size_t limit, Bytes *out) {
    size_t capacity = 0;
    if (limit > STREAM_LIMIT) limit = STREAM_LIMIT;
    for (;;) {
        const size_t grown = capacity ? capacity * 2 : 65536;
        out->data = arena_grow_array(arena, out->data, out->size, grown, 1);
        capacity = grown;
        const ssize_t n = read_fully(fd, out->data + out->size, capacity - out->size);
        if (n < 0) return report_errno(diags, out->path, errno);
        out->size += (size_t)n;
        if (out->size > limit) return report_limit(diags, out->path, limit);
        if (out->size < capacity) return true;
    }
}

static bool read_open(Arena *arena, Diagnostics *diags, int fd, size_t limit, Bytes *out) {
    struct stat status;
    if (fstat(fd, &status) != 0) return report_errno(diags, out->path, errno);
    if (S_ISDIR(status.st_mode)) return report_errno(diags, out->path, EISDIR);
    if (!S_ISREG(status.st_mode)) return read_stream(arena, diags, fd, limit, out);
    if (status.st_size < 0 || (uintmax_t)status.st_size > limit) return report_limit(diags, out->path, limit);
    out->data = arena_alloc(arena, (size_t)status.st_size);
    const ssize_t n = read_fully(fd, out->data, (size_t)status.st_size);
    if (n < 0) return report_errno(diags, out->path, errno);
    out->size = (size_t)n;
    return true;
}

bool bytes_read(Arena *arena, Diagnostics *diags, const char *path, size_t limit_bytes, Bytes *out) {
    *out = (Bytes){.path = path};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return report_errno(diags, path, errno);
    const bool fine = read_open(arena, diags, fd, limit_bytes, out);
    close(fd);
    return fine;
}

enum { LONGEST_SHOWN = 160 };

/* The length of the UTF-8 sequence at `p`, or 0 where there is none that can be shown. */
static size_t sequence_length(const unsigned char *p) {
    if (p[0] >= 0x20 && p[0] < 0x7F) return 1;
    const size_t length = text_sequence((const char *)p, strnlen((const char *)p, 4));
    if (length == 1) return 0;                                /* a control character */
    if (length == 2 && p[0] == 0xC2 && p[1] < 0xA0) return 0; /* C1 control characters */
    return length;
}

const char *bytes_printable(Arena *arena, const char *text) {
    Text shown = text_new(arena);
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        if (shown.length > LONGEST_SHOWN) {
            text_add(&shown, "...");
            break;
        }
        const size_t length = sequence_length(p);
        if (length)
            text_add_n(&shown, (const char *)p, length);
        else
            text_printf(&shown, "\\x%02x", *p);
        p += length ? length : 1;
    }
    return shown.data;
}
