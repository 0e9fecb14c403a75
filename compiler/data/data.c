/* data_read and data_write: .npy and .npz told apart, archives taken apart and put together. */
#include "data/data.h"

#include <string.h>

#include "base/map.h"
#include "data/convert.h"
#include "data/npy.h"
#include "data/zip.h"

static bool has_suffix(const char *text, const char *suffix) {
    const size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

static bool read_npy(Arena *arena, Diagnostics *diags, const Bytes *bytes, ArrayList *out) {
    out->at = ARENA_NEW(arena, Array);
    out->count = 1;
    return npy_array(arena, diags, arena_printf(arena, "\"%s\"", bytes->path), bytes->data, bytes->size,
                     out->at);
}

static bool read_entry(Arena *arena, ZipArchive *archive, Diagnostics *diags, const char *path,
                       const ZipEntry *entry, size_t limit, Array *out) {
    Bytes content;
    if (!zip_archive_read(archive, entry, limit, &content)) return false;
    const char *label = arena_printf(arena, "\"%s\": entry \"%s\"", path, content.path);
    const size_t length = strlen(entry->name) - (has_suffix(entry->name, ".npy") ? 4 : 0);
    out->name = arena_strndup(arena, entry->name, length);
    return npy_array(arena, diags, label, content.data, content.size, out);
}

static bool read_npz(Arena *arena, Diagnostics *diags, const Bytes *bytes, size_t limit, ArrayList *out) {
    ZipArchive *archive = zip_archive_open(arena, diags, bytes);
    if (!archive) return false;
    const size_t count = zip_archive_count(archive);
    out->at = ARENA_ARRAY(arena, Array, count);
    bool fine = true;
    Map names = map_new(arena);
    for (size_t i = 0; i < count && fine; i++) {
        const ZipEntry *entry = zip_archive_entry(archive, i);
        fine = read_entry(arena, archive, diags, bytes->path, entry, limit, &out->at[i]);
        if (!fine) break;
        limit -= entry->size;
        if (map_has(&names, out->at[i].name))
            fine = diag_report(diags, E504, NO_SOURCE, "\"%s\" is ambiguous: it holds \"%s\" twice",
                               bytes->path, bytes_printable(arena, out->at[i].name));
        map_put(&names, out->at[i].name, &out->at[i]);
    }
    zip_archive_close(archive);
    out->count = count;
    return fine;
}

bool data_read(Arena *arena, Diagnostics *diags, const char *path, size_t limit_bytes, ArrayList *out) {
    *out = (ArrayList){0};
    Bytes bytes;
    if (!bytes_read(arena, diags, path, limit_bytes, &bytes)) return false;
    if (npy_sniff(bytes.data, bytes.size)) return read_npy(arena, diags, &bytes, out);
    if (zip_sniff(bytes.data, bytes.size)) return read_npz(arena, diags, &bytes, limit_bytes, out);
    diag_report(diags, E500, NO_SOURCE, "\"%s\" is neither an .npy nor an .npz file", path);
    if (bytes.size == 0) diag_note(diags, NO_SOURCE, "the file is empty");
    return false;
}

static Bytes make_npy(Arena *arena, const Array *array) {
    const DType dtype = array->dtype == DTYPE_BFLOAT16 ? DTYPE_FLOAT32 : array->dtype;
    const size_t width = dtype_size(dtype);
    Bytes bytes = {0};
    size_t head;
    const char *header = npy_make_header(arena, dtype, &array->shape, &head);
    bytes.size = head + array->count * width;
    bytes.data = arena_alloc(arena, bytes.size);
    memcpy(bytes.data, header, head);
    unsigned char *data = bytes.data + head;
    convert_array(array->dtype, array->data, dtype, data, array->count);
    const uint16_t one = 1;
    for (size_t i = 0; *(const unsigned char *)&one == 0 && i < array->count * width; i += width)
        for (size_t k = 0; k < width / 2; k++) { /* a big-endian host: files are little-endian everywhere */
            const unsigned char byte = data[i + k];
            data[i + k] = data[i + width - 1 - k];
            data[i + width - 1 - k] = byte;
        }
    return bytes;
}

static bool make_npz(Arena *arena, Diagnostics *diags, const Array *arrays, size_t count, Bytes *out) {
    const char **names = ARENA_ARRAY(arena, const char *, count);
    Bytes *contents = ARENA_ARRAY(arena, Bytes, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = arrays[i].name ? arena_printf(arena, "%s.npy", arrays[i].name)
                                  : arena_printf(arena, "arr_%zu.npy", i);
        contents[i] = make_npy(arena, &arrays[i]);
    }
    return zip_archive_make(arena, diags, names, contents, count, out);
}

bool data_write(Diagnostics *diags, const char *path, const Array *arrays, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (arrays[i].dtype >= DTYPE_COMPILABLE)
            return diag_report(diags, E502, NO_SOURCE,
                               "cannot write %s to \"%s\": numpy files hold numbers only",
                               dtype_name(arrays[i].dtype), path);
    const bool npy = has_suffix(path, ".npy") || (count == 1 && !has_suffix(path, ".npz"));
    if (npy && count != 1)
        return diag_report(diags, E506, NO_SOURCE, "\"%s\" can hold one array, not %zu: name an .npz file",
                           path, count);
    Arena *arena = arena_new_child(diag_arena(diags));
    Bytes bytes = {0};
    bool fine = true;
    if (npy)
        bytes = make_npy(arena, &arrays[0]);
    else
        fine = make_npz(arena, diags, arrays, count, &bytes);
    fine = fine && bytes_write(diags, path, bytes.data, bytes.size);
    arena_free(arena);
    return fine;
}

double *data_to_double(Arena *arena, const Array *array) {
    double *values = ARENA_ARRAY(arena, double, array->count);
    convert_array(array->dtype, array->data, DTYPE_FLOAT64, values, array->count);
    return values;
}
