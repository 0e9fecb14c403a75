/* Zip archives with weights: .keras, which holds a .weights.h5, and numpy's .npz, whose keys are the weights'
 * own. */
#include <string.h>

#include "data/npy.h"
#include "data/zip.h"
#include "weights/inventory.h"

bool archive_sniff(const Bytes *file) {
    return zip_sniff(file->data, file->size);
}

static const ZipEntry *find_entry(const ZipArchive *archive, const char *name) {
    for (size_t i = 0; i < zip_archive_count(archive); i++)
        if (strcmp(zip_archive_entry(archive, i)->name, name) == 0) return zip_archive_entry(archive, i);
    return NULL;
}

static bool read_keras(WeightSet *set, Arena *scratch, ZipArchive *archive, const ZipEntry *entry,
                       const char *path) {
    Bytes h5;
    if (!zip_archive_read(archive, entry, WEIGHTS_LIMIT_BYTES, &h5)) return false;
    h5.path = path;
    if (hdf5_sniff(&h5)) return hdf5_read(set, scratch, &h5);
    return diag_report(set->diags, E401, NO_SOURCE, "\"%s\" is damaged: its %s is no HDF5 file", path,
                       entry->name);
}

/* ---- .npz ---- */

static bool has_suffix(const char *text, const char *suffix) {
    const size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

/* Only what the model expects is unpacked: the entry's head has the shape that it wants. */
static bool fetch_npy(Inventory *inventory, const FoundWeight *found, void *out) {
    ZipArchive *archive = inventory->context;
    Diagnostics *diags = inventory->set->diags;
    Bytes entry;
    Array array;
    if (!zip_archive_read(archive, zip_archive_entry(archive, found->where), WEIGHTS_LIMIT_BYTES, &entry) ||
        !npy_array(inventory->scratch, diags, found->path, entry.data, entry.size, &array))
        return false;
    const size_t bytes = array.count * dtype_size(array.dtype);
    if (bytes) memcpy(out, array.data, bytes);
    return true;
}

enum { MOST_HEAD = 1 << 16 }; /* numpy's are of a hundred bytes */

/* The head of an entry, or what there is of it, into the arena. False after reporting damage. */
static bool read_head(ZipArchive *archive, Inventory *inventory, const ZipEntry *entry, Bytes *head) {
    unsigned char first[NPY_LEAST_HEAD];
    const char *why = NULL;
    ZipStream *stream = zip_stream_open(archive, entry);
    if (!stream) return false;
    const size_t start = entry->size < sizeof first ? entry->size : sizeof first;
    long long got = zip_stream_read(stream, first, start, &why);
    size_t size = got == (long long)sizeof first ? npy_head_size(first, sizeof first) : 0;
    if (size < start || size > entry->size || size > MOST_HEAD) size = start;
    *head = (Bytes){entry->name, arena_alloc(inventory->scratch, size), size};
    if (start) memcpy(head->data, first, start);
    if (got >= 0 && size > start) got = zip_stream_read(stream, head->data + start, size - start, &why);
    if (why) why = bytes_printable(inventory->scratch, why); /* the stream's own, until it is closed */
    zip_stream_close(stream);
    return got >= 0 || diag_report(inventory->set->diags, E504, NO_SOURCE,
                                   "\"%s\" is damaged: its entry \"%s\" cannot be unpacked: %s",
                                   inventory->path, bytes_printable(inventory->scratch, entry->name), why);
}

/* An entry that is no array of numbers matters only where the model wants it: its report waits until then. */
static bool describe_entry(ZipArchive *archive, Inventory *inventory, const ZipEntry *entry,
                           FoundWeight *found) {
    Diagnostics *diags = inventory->set->diags;
    NpyHeader header;
    Bytes head;
    if (!read_head(archive, inventory, entry, &head)) return false;
    const DiagMark mark = diag_mark(diags);
    if (npy_head(inventory->scratch, diags, "it", head.data, head.size, entry->size - head.size, &header)) {
        found->shape = header.shape;
        found->dtype = header.dtype;
        return true;
    }
    SourceRange at;
    const char *why = diag_first_error(diags, mark, &at);
    found->problem = arena_strdup(inventory->scratch, why ? why : "it cannot be read");
    diag_rewind(diags, mark);
    return true;
}

static bool read_npz(WeightSet *set, Arena *scratch, ZipArchive *archive, const char *path) {
    const size_t count = zip_archive_count(archive);
    Inventory inventory;
    inventory_init(&inventory, set, scratch, path);
    inventory.context = archive;
    inventory.fetch = fetch_npy;
    for (size_t i = 0; i < count; i++) {
        const ZipEntry *entry = zip_archive_entry(archive, i);
        FoundWeight found = {.where = i};
        found.path = arena_strndup(scratch, entry->name,
                                   strlen(entry->name) - (has_suffix(entry->name, ".npy") ? 4 : 0));
        if (!describe_entry(archive, &inventory, entry, &found)) return false;
        vec_push(scratch, &inventory.found, found);
    }
    inventory_match_names(&inventory, weights_slot_key);
    return inventory_load(&inventory);
}

static bool report_stranger(WeightSet *set, const ZipArchive *archive, const char *path) {
    diag_report(set->diags, E400, NO_SOURCE,
                "\"%s\" is a zip archive without weights: it is neither a .keras nor an .npz file", path);
    for (size_t i = 0; i < zip_archive_count(archive); i++)
        if (has_suffix(zip_archive_entry(archive, i)->name, "data.pkl"))
            diag_help(set->diags, NO_SOURCE, NULL,
                      "it is a PyTorch file: convert it to safetensors, with Keras' names as keys");
    return false;
}

static bool read_open(WeightSet *set, Arena *scratch, ZipArchive *archive, const char *path) {
    const ZipEntry *keras = find_entry(archive, "model.weights.h5");
    if (keras) return read_keras(set, scratch, archive, keras, path);
    size_t arrays = 0;
    for (size_t i = 0; i < zip_archive_count(archive); i++)
        arrays += has_suffix(zip_archive_entry(archive, i)->name, ".npy");
    if (arrays == 0 && set->count > 0) return report_stranger(set, archive, path);
    return read_npz(set, scratch, archive, path);
}

bool archive_read(WeightSet *set, Arena *scratch, const Bytes *file) {
    ZipArchive *archive = zip_archive_open(scratch, set->diags, file);
    if (!archive) return false;
    const bool fine = read_open(set, scratch, archive, file->path);
    zip_archive_close(archive);
    return fine;
}
