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

typedef struct NpzFile {
    ZipArchive *archive;
    Bytes *entries;
} NpzFile;

static bool has_suffix(const char *text, const char *suffix) {
    const size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

static bool fetch_npy(Inventory *inventory, const FoundWeight *found, void *out) {
    const NpzFile *npz = inventory->context;
    const Bytes *entry = &npz->entries[found->where];
    Array array;
    if (!npy_array(inventory->scratch, inventory->set->diags, found->path, entry->data, entry->size, &array))
        return false;
    const size_t bytes = array.count * dtype_size(array.dtype);
    if (bytes) memcpy(out, array.data, bytes);
    return true;
}

/* An entry that is no array of numbers matters only where the model wants it: its report waits until then. */
static void describe_entry(Inventory *inventory, const Bytes *entry, FoundWeight *found) {
    Diagnostics *diags = inventory->set->diags;
    const DiagMark mark = diag_mark(diags);
    NpyHeader header;
    if (npy_header(inventory->scratch, diags, "it", entry->data, entry->size, &header)) {
        found->shape = header.shape;
        found->dtype = header.dtype;
        return;
    }
    SourceRange at;
    const char *why = diag_first_error(diags, mark, &at);
    found->problem = arena_strdup(inventory->scratch, why ? why : "it cannot be read");
    diag_rewind(diags, mark);
}

static bool read_npz(WeightSet *set, Arena *scratch, ZipArchive *archive, const char *path) {
    const size_t count = zip_archive_count(archive);
    Inventory inventory;
    inventory_init(&inventory, set, scratch, path);
    NpzFile npz = {archive, ARENA_ARRAY(scratch, Bytes, count)};
    inventory.context = &npz;
    inventory.fetch = fetch_npy;
    size_t limit = WEIGHTS_LIMIT_BYTES;
    for (size_t i = 0; i < count; i++) {
        const ZipEntry *entry = zip_archive_entry(archive, i);
        if (!zip_archive_read(archive, entry, limit, &npz.entries[i])) return false;
        limit -= entry->size;
        FoundWeight found = {.where = i};
        found.path = arena_strndup(scratch, entry->name,
                                   strlen(entry->name) - (has_suffix(entry->name, ".npy") ? 4 : 0));
        describe_entry(&inventory, &npz.entries[i], &found);
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
