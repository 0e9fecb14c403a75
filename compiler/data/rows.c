/* Row sources: an .npy by pread, an entry of an .npz by libzip, an array in memory. */
#include "data/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "data/npy.h"
#include "data/zip.h"

struct RowSource {
    Array array;
    const char *label; /* for messages */
    NpyHeader header;
    size_t next, row_elements, row_bytes;
    int fd;            /* of an .npy, or -1 */
    ZipStream *zip;    /* of an entry, or NULL */
    ZipArchive *owner; /* closed with the last of its sources */
};

enum { LONGEST_HEAD = 1 << 20 };

bool rows_fail(RowsFailure *failure, DiagCode code, const char *format, ...) {
    va_list args;
    if (failure->set) return false;
    failure->set = true;
    failure->code = code;
    va_start(args, format);
    vsnprintf(failure->text, sizeof failure->text, format, args);
    va_end(args);
    return false;
}

const Array *rows_array(const RowSource *source) {
    return &source->array;
}

/* The head is known: what follows from it. */
static void describe(RowSource *source, const char *name) {
    const NpyHeader *header = &source->header;
    const size_t rows = header->shape.rank ? (size_t)header->shape.dim[0] : 1;
    source->array =
        (Array){.name = name, .dtype = header->dtype, .shape = header->shape, .count = header->elements};
    source->row_elements = rows ? header->elements / rows : 0;
    source->row_bytes = source->row_elements * dtype_size(header->dtype);
}

static RowSource *new_source(Arena *arena, RowSourceList *out, const char *label) {
    RowSource *source = ARENA_NEW(arena, RowSource);
    *source = (RowSource){.label = label, .fd = -1};
    out->at = arena_grow_array(arena, out->at, out->count, out->count + 1, sizeof(RowSource *));
    out->at[out->count++] = source;
    return source;
}

/* ---- in memory ---- */

static bool open_whole(Arena *arena, Diagnostics *diags, const char *path, size_t limit, RowSourceList *out) {
    ArrayList list;
    if (!data_read(arena, diags, path, limit, &list)) return false;
    for (size_t i = 0; i < list.count; i++) {
        RowSource *source = new_source(arena, out, path);
        source->header =
            (NpyHeader){.dtype = list.at[i].dtype, .shape = list.at[i].shape, .elements = list.at[i].count};
        describe(source, list.at[i].name);
        source->array.data = list.at[i].data;
    }
    return true;
}

/* ---- .npy ---- */

static bool read_at(int fd, uint64_t at, void *out, size_t size, size_t *got) {
    unsigned char *bytes = out;
    *got = 0;
    while (*got < size) {
        const ssize_t n = pread(fd, bytes + *got, size - *got, (off_t)(at + *got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) break;
        *got += (size_t)n;
    }
    return true;
}

static bool open_npy(Arena *arena, Diagnostics *diags, RowSource *source, size_t size) {
    unsigned char first[NPY_LEAST_HEAD];
    size_t got;
    if (!read_at(source->fd, 0, first, sizeof first, &got))
        return diag_report(diags, E001, NO_SOURCE, "cannot read %s: %s", source->label, strerror(errno));
    size_t head = npy_head_size(first, got);
    if (head == 0 || head > LONGEST_HEAD || head > size) head = size < LONGEST_HEAD ? size : LONGEST_HEAD;
    unsigned char *bytes = arena_alloc(arena, head);
    if (!read_at(source->fd, 0, bytes, head, &got))
        return diag_report(diags, E001, NO_SOURCE, "cannot read %s: %s", source->label, strerror(errno));
    if (!npy_head(arena, diags, source->label, bytes, got, size - got, &source->header)) return false;
    describe(source, NULL);
    return true;
}

static bool ended(const RowSource *source, size_t row, RowsFailure *failure) {
    return rows_fail(failure, E503, "%s was cut short while it was read: it ends in row %zu", source->label,
                     row);
}

static bool read_c_order(RowSource *source, size_t count, void *out, RowsFailure *failure) {
    size_t got;
    const uint64_t at = source->header.data_offset + (uint64_t)source->next * source->row_bytes;
    if (!read_at(source->fd, at, out, count * source->row_bytes, &got))
        return rows_fail(failure, E001, "cannot read %s, row %zu: %s", source->label, source->next,
                         strerror(errno));
    return got == count * source->row_bytes || ended(source, source->next + got / source->row_bytes, failure);
}

/* Where element `column` of a row in Fortran order has its place in the row. */
static size_t place_in_row(const Shape *shape, size_t column) {
    size_t place = 0, index[SHAPE_MAX_RANK] = {0};
    for (int i = 1; i < shape->rank; i++) {
        index[i] = column % (size_t)shape->dim[i];
        column /= (size_t)shape->dim[i];
    }
    for (int i = 1; i < shape->rank; i++) place = place * (size_t)shape->dim[i] + index[i];
    return place;
}

/* Column by column: each has its rows side by side in the file. */
static bool read_fortran_order(RowSource *source, size_t count, void *out, RowsFailure *failure) {
    const size_t width = dtype_size(source->header.dtype), rows = (size_t)source->header.shape.dim[0];
    unsigned char *column = malloc(count * width), *bytes = out;
    if (!column) return rows_fail(failure, E001, "cannot read %s: %s", source->label, strerror(ENOMEM));
    bool fine = true;
    for (size_t k = 0; fine && k < source->row_elements; k++) {
        const uint64_t at = source->header.data_offset + ((uint64_t)k * rows + source->next) * width;
        const size_t place = place_in_row(&source->header.shape, k);
        size_t got = 0;
        fine = read_at(source->fd, at, column, count * width, &got) && got == count * width;
        for (size_t i = 0; fine && i < count; i++)
            memcpy(bytes + (i * source->row_elements + place) * width, column + i * width, width);
    }
    free(column);
    return fine || ended(source, source->next, failure);
}

/* ---- .npz ---- */

static bool has_suffix(const char *text, const char *suffix) {
    const size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

static bool damaged(Diagnostics *diags, const RowSource *source, const char *why) {
    return diag_report(diags, E504, NO_SOURCE, "%s is damaged: it cannot be unpacked: %s", source->label,
                       why ? why : "its size is not the one declared");
}

static bool open_entry(Arena *arena, Diagnostics *diags, RowSource *source, ZipArchive *archive,
                       const ZipEntry *entry) {
    unsigned char first[NPY_LEAST_HEAD];
    const char *why = NULL;
    source->zip = zip_stream_open(archive, entry);
    if (!source->zip) return false;
    long long n = zip_stream_read(source->zip, first, sizeof first, &why);
    if (n < 0) return damaged(diags, source, why);
    const size_t got = (size_t)n;
    size_t head = npy_head_size(first, got);
    if (head < got || head > LONGEST_HEAD || head > entry->size) head = got;
    unsigned char *bytes = arena_alloc(arena, head + 1);
    memcpy(bytes, first, got);
    n = head > got ? zip_stream_read(source->zip, bytes + got, head - got, &why) : 0;
    if (n < 0) return damaged(diags, source, why);
    if (!npy_head(arena, diags, source->label, bytes, got + (size_t)n, entry->size - got - (size_t)n,
                  &source->header))
        return false;
    const size_t length = strlen(entry->name) - (has_suffix(entry->name, ".npy") ? 4 : 0);
    describe(source, arena_strndup(arena, entry->name, length));
    return true;
}

static bool open_npz(Arena *arena, Diagnostics *diags, const char *path, size_t limit, RowSourceList *out) {
    ZipArchive *archive = zip_archive_open_file(arena, diags, path);
    if (!archive) return false;
    bool fine = true, whole = false;
    const size_t count = zip_archive_count(archive);
    for (size_t i = 0; fine && i < count; i++) {
        const ZipEntry *entry = zip_archive_entry(archive, i);
        RowSource *source = new_source(
            arena, out,
            arena_printf(arena, "\"%s\": entry \"%s\"", path, bytes_printable(arena, entry->name)));
        fine = open_entry(arena, diags, source, archive, entry);
        whole |= source->header.fortran_order && source->header.shape.rank > 1;
        for (size_t k = 0; fine && k + 1 < out->count; k++)
            if (strcmp(out->at[k]->array.name, source->array.name) == 0)
                fine = diag_report(diags, E504, NO_SOURCE, "\"%s\" is ambiguous: it holds \"%s\" twice", path,
                                   bytes_printable(arena, source->array.name));
    }
    if (out->count)
        out->at[out->count - 1]->owner = archive;
    else
        zip_archive_close(archive);
    if (!fine || !whole) return fine;
    rows_close_all(out); /* elements in another order than they are unpacked in */
    *out = (RowSourceList){0};
    return open_whole(arena, diags, path, limit, out);
}

static bool read_entry(RowSource *source, size_t count, void *out, RowsFailure *failure) {
    const char *why = NULL;
    const long long n = zip_stream_read(source->zip, out, count * source->row_bytes, &why);
    if (n >= 0 && (size_t)n == count * source->row_bytes) return true;
    if (n >= 0) return ended(source, source->next + (size_t)n / source->row_bytes, failure);
    return rows_fail(failure, E504, "%s is damaged in or after row %zu: it cannot be unpacked: %s",
                     source->label, source->next, why);
}

/* ---- all ---- */

static bool open_file(Arena *arena, Diagnostics *diags, const char *path, size_t limit, RowSourceList *out) {
    struct stat status;
    unsigned char first[8] = {0};
    size_t got = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool regular = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                         read_at(fd, 0, first, sizeof first, &got);
    if (regular && npy_sniff(first, got)) {
        RowSource *source = new_source(arena, out, arena_printf(arena, "\"%s\"", path));
        source->fd = fd;
        return open_npy(arena, diags, source, (size_t)status.st_size);
    }
    if (fd >= 0) close(fd);
    if (regular && zip_sniff(first, got)) return open_npz(arena, diags, path, limit, out);
    return open_whole(arena, diags, path, limit, out);
}

bool rows_open(Arena *arena, Diagnostics *diags, const char *path, size_t limit_bytes, RowSourceList *out) {
    *out = (RowSourceList){0};
    const bool fine = open_file(arena, diags, path, limit_bytes, out);
    if (!fine) rows_close_all(out);
    return fine;
}

void rows_close_all(RowSourceList *list) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i]->fd >= 0) close(list->at[i]->fd);
        if (list->at[i]->zip) zip_stream_close(list->at[i]->zip);
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i]->owner) zip_archive_close(list->at[i]->owner);
    list->count = 0;
}

bool rows_read(RowSource *source, size_t count, void *out, RowsFailure *failure) {
    if (count == 0 || source->row_bytes == 0) return true;
    const bool fortran = source->header.fortran_order && source->header.shape.rank > 1;
    if (source->array.data)
        memcpy(out, (const char *)source->array.data + source->next * source->row_bytes,
               count * source->row_bytes);
    else if (!(source->zip ? read_entry(source, count, out, failure)
               : fortran   ? read_fortran_order(source, count, out, failure)
                           : read_c_order(source, count, out, failure)))
        return false;
    source->next += count;
    if (!source->array.data)
        npy_native(source->header.dtype, source->header.big_endian, out, count * source->row_elements);
    return true;
}
