/* Row sinks: an .npy, or an .npz of stored entries, whose places in the file are known before the first row
 * comes. The same arrays give the same bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "data/bytes.h"
#include "data/convert.h"
#include "data/npy.h"
#include "data/rows.h"

typedef struct Sink {
    const char *name; /* of the entry */
    DType dtype, stored;
    uint64_t local, at, size; /* the local header; where the next bytes go; those of the entry */
    uint32_t crc;
} Sink;

struct RowSinks {
    Arena *arena;
    Diagnostics *diags;
    const char *path;
    BytesStream *stream;
    Sink *sinks;
    size_t count;
    bool zip;
    uint64_t directory;
    uint32_t table[256];
};

static bool has_suffix(const char *text, const char *suffix) {
    const size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

static bool report(RowSinks *s, int error) {
    return diag_report(s->diags, E002, NO_SOURCE, "cannot write \"%s\": %s", s->path, strerror(error));
}

/* ---- zip: every entry stored, dated 1980-01-01, with 64-bit sizes ---- */

static void crc_table(uint32_t *table) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int k = 0; k < 8; k++) value = value & 1 ? value >> 1 ^ 0xEDB88320u : value >> 1;
        table[i] = value;
    }
}

static uint32_t crc_add(const uint32_t *table, uint32_t crc, const unsigned char *data, size_t size) {
    crc = ~crc;
    for (size_t i = 0; i < size; i++) crc = table[(crc ^ data[i]) & 0xFF] ^ crc >> 8;
    return ~crc;
}

static void put(Text *text, uint64_t value, int width) {
    for (int i = 0; i < width; i++) text_char(text, (char)(value >> 8 * i & 0xFF));
}

enum { VERSION_64_BITS = 45, UTF8 = 1 << 11, FIRST_DATE = 1 << 5 | 1, LOCAL_EXTRA = 20, CENTRAL_EXTRA = 28 };
#define IN_EXTRA 0xFFFFFFFFu

static void put_common(Text *text, const Sink *sink) {
    put(text, VERSION_64_BITS, 2);
    put(text, UTF8, 2);
    put(text, 0, 2); /* stored */
    put(text, 0, 2);
    put(text, FIRST_DATE, 2);
    put(text, sink->crc, 4);
    put(text, IN_EXTRA, 4);
    put(text, IN_EXTRA, 4);
    put(text, strlen(sink->name), 2);
}

static void put_local(Text *text, const Sink *sink) {
    put(text, 0x04034b50, 4);
    put_common(text, sink);
    put(text, LOCAL_EXTRA, 2);
    text_add(text, sink->name);
    put(text, 1, 2); /* the extra field of 64-bit sizes */
    put(text, LOCAL_EXTRA - 4, 2);
    put(text, sink->size, 8);
    put(text, sink->size, 8);
}

static void put_central(Text *text, const Sink *sink) {
    put(text, 0x02014b50, 4);
    put(text, VERSION_64_BITS, 2);
    put_common(text, sink);
    put(text, CENTRAL_EXTRA, 2);
    put(text, 0, 2 + 2 + 2); /* comment, disk, attributes */
    put(text, 0, 4);
    put(text, IN_EXTRA, 4);
    text_add(text, sink->name);
    put(text, 1, 2);
    put(text, CENTRAL_EXTRA - 4, 2);
    put(text, sink->size, 8);
    put(text, sink->size, 8);
    put(text, sink->local, 8);
}

static void put_end(Text *text, const RowSinks *s, uint64_t size) {
    const uint64_t end = s->directory + size;
    put(text, 0x06064b50, 4);
    put(text, 44, 8);
    put(text, VERSION_64_BITS, 2);
    put(text, VERSION_64_BITS, 2);
    put(text, 0, 8); /* disks */
    put(text, s->count, 8);
    put(text, s->count, 8);
    put(text, size, 8);
    put(text, s->directory, 8);
    put(text, 0x07064b50, 4);
    put(text, 0, 4);
    put(text, end, 8);
    put(text, 1, 4);
    put(text, 0x06054b50, 4);
    put(text, 0, 4);
    put(text, s->count < 0xFFFF ? s->count : 0xFFFF, 2);
    put(text, s->count < 0xFFFF ? s->count : 0xFFFF, 2);
    put(text, IN_EXTRA, 4);
    put(text, IN_EXTRA, 4);
    put(text, 0, 2);
}

static bool finish_zip(RowSinks *s) {
    Text directory = text_new(s->arena);
    bool fine = true;
    for (size_t i = 0; fine && i < s->count; i++) {
        Text local = text_new(s->arena);
        put_local(&local, &s->sinks[i]);
        put_central(&directory, &s->sinks[i]);
        fine = bytes_stream_put(s->stream, s->sinks[i].local, local.data, local.length);
    }
    put_end(&directory, s, directory.length);
    return fine && bytes_stream_put(s->stream, s->directory, directory.data, directory.length);
}

/* ---- all ---- */

static bool put_bytes(RowSinks *s, Sink *sink, const void *data, size_t size) {
    if (s->zip) sink->crc = crc_add(s->table, sink->crc, data, size);
    const bool fine = bytes_stream_put(s->stream, sink->at, data, size);
    sink->at += size;
    return fine;
}

/* Place and head of one array; *end is the end of the file so far. */
static bool begin_sink(RowSinks *s, Sink *sink, const Array *array, size_t index, uint64_t *end) {
    size_t head, bytes;
    sink->dtype = array->dtype;
    sink->stored = array->dtype == DTYPE_BFLOAT16 ? DTYPE_FLOAT32 : array->dtype; /* numpy has none */
    sink->name = array->name ? arena_printf(s->arena, "%s.npy", array->name)
                             : arena_printf(s->arena, "arr_%zu.npy", index);
    const char *header = npy_make_header(s->arena, sink->stored, &array->shape, &head);
    if (!checked_mul_size(array->count, dtype_size(sink->stored), &bytes))
        return diag_report(s->diags, E552, NO_SOURCE, "output '%s' would be too large", sink->name);
    sink->local = *end;
    sink->size = (uint64_t)head + bytes;
    if (s->zip) {
        Text local = text_new(s->arena);
        put_local(&local, sink);
        *end += local.length;
    }
    sink->at = *end;
    *end += sink->size;
    return put_bytes(s, sink, header, head) || report(s, errno);
}

RowSinks *rows_create(Arena *arena, Diagnostics *diags, const char *path, const Array *arrays, size_t count) {
    RowSinks *s = ARENA_NEW(arena, RowSinks);
    *s = (RowSinks){.arena = arena, .diags = diags, .path = path, .count = count};
    s->zip = !has_suffix(path, ".npy") && (count != 1 || has_suffix(path, ".npz"));
    if (!s->zip && count != 1) {
        diag_report(diags, E506, NO_SOURCE, "\"%s\" can hold one array, not %zu: name an .npz file", path,
                    count);
        return NULL;
    }
    crc_table(s->table);
    s->stream = bytes_stream_open(arena, diags, path);
    if (!s->stream) return NULL;
    s->sinks = ARENA_ARRAY(arena, Sink, count);
    for (size_t i = 0; i < count; i++)
        if (!begin_sink(s, &s->sinks[i], &arrays[i], i, &s->directory)) {
            rows_cancel(s);
            return NULL;
        }
    return s;
}

/* Little-endian, as numpy's default is; converted where numpy lacks the type. */
static const void *as_stored(const Sink *sink, const void *data, size_t count, void **made) {
    const uint16_t one = 1;
    const bool little = *(const unsigned char *)&one == 1;
    if (little && sink->dtype == sink->stored) return data;
    *made = malloc(count * dtype_size(sink->stored) + 1);
    if (!*made) return NULL;
    convert_array(sink->dtype, data, sink->stored, *made, count);
    npy_native(sink->stored, false, *made, count); /* swaps where the machine is not little-endian */
    return *made;
}

bool rows_write(RowSinks *s, size_t index, const void *data, size_t count, RowsFailure *failure) {
    Sink *sink = &s->sinks[index];
    void *made = NULL;
    errno = ENOMEM;
    const void *stored = as_stored(sink, data, count, &made);
    const bool fine = stored && put_bytes(s, sink, stored, count * dtype_size(sink->stored));
    const int error = errno;
    free(made);
    return fine || rows_fail(failure, E002, "cannot write \"%s\": %s", s->path, strerror(error));
}

bool rows_finish(RowSinks *s) {
    if (s->zip && !finish_zip(s)) {
        report(s, errno);
        rows_cancel(s);
        return false;
    }
    return bytes_stream_finish(s->stream);
}

void rows_cancel(RowSinks *s) {
    bytes_stream_cancel(s->stream);
}
