/* The containers: a .keras archive (config.json, metadata.json), or an HDF5 file with attribute model_config.
 */
#include <stdlib.h>
#include <string.h>

#include "data/zip.h"
#include "import/parts.h"
#include "weights/hdf5_module.h"

enum { MAX_CONFIG_BYTES = 1 << 25 };

bool import_sniff(const Bytes *file) {
    return zip_sniff(file->data, file->size) || hdf5_sniff(file);
}

bool import_is_named(const char *path) {
    static const char *const SUFFIXES[] = {".keras", ".h5", ".hdf5"};
    const char *suffix = strrchr(path, '.');
    for (size_t i = 0; suffix && i < sizeof SUFFIXES / sizeof *SUFFIXES; i++)
        if (strcmp(suffix, SUFFIXES[i]) == 0) return true;
    return false;
}

static const ZipEntry *find_entry(const ZipArchive *archive, const char *name) {
    for (size_t i = 0; i < zip_archive_count(archive); i++)
        if (strcmp(zip_archive_entry(archive, i)->name, name) == 0) return zip_archive_entry(archive, i);
    return NULL;
}

static void read_version(SavedModel *out, const char *version) {
    if (!version || version[0] < '0' || version[0] > '9') return;
    out->keras = (int)strtol(version, NULL, 10);
    if (out->keras < 1) out->keras = 1;
    const int minor = version[1] == '.' ? (int)strtol(version + 2, NULL, 10) : 0;
    /* Keras 2.4 is TensorFlow's own; so are versions with "-tf". */
    out->old_resizing = out->keras == 1 || (out->keras == 2 && minor < 4 && !strstr(version, "tf"));
}

static bool read_archive(Arena *arena, Diagnostics *diags, ZipArchive *archive, const char *path,
                         SavedModel *out) {
    const ZipEntry *config = find_entry(archive, "config.json"),
                   *metadata = find_entry(archive, "metadata.json");
    Bytes text;
    Value about;
    *out = (SavedModel){.path = path, .container = "config.json", .keras = 3};
    if (!config) {
        diag_report(diags, E420, NO_SOURCE,
                    "\"%s\" is a zip archive without a config.json: it holds no model", path);
        diag_help(diags, NO_SOURCE, NULL,
                  "an archive of arrays gives the weights of a model file: pass it with -w");
        return false;
    }
    if (metadata) {
        if (!zip_archive_read(archive, metadata, MAX_CONFIG_BYTES, &text) ||
            !json_parse(arena, diags, path, "metadata.json", (const char *)text.data, text.size, &about))
            return false;
        read_version(out, config_text(about, "keras_version"));
    }
    if (!zip_archive_read(archive, config, MAX_CONFIG_BYTES, &text)) return false;
    return json_parse(arena, diags, path, "config.json", (const char *)text.data, text.size, &out->config);
}

static bool read_zip(Arena *arena, Diagnostics *diags, const Bytes *file, SavedModel *out) {
    ZipArchive *archive = zip_archive_open(arena, diags, file);
    if (!archive) return false;
    const bool fine = read_archive(arena, diags, archive, file->path, out);
    zip_archive_close(archive);
    return fine;
}

static bool read_hdf5(Arena *arena, Diagnostics *diags, const Bytes *file, SavedModel *out) {
    Hdf5Texts texts = {0};
    *out =
        (SavedModel){.path = file->path, .container = "model_config", .keras = 1}; /* which gave no version */
    if (!hdf5_texts(arena, diags, file, &texts)) return false;
    if (!texts.model_config) {
        diag_report(diags, E420, NO_SOURCE,
                    "\"%s\" has no attribute model_config: it holds weights, but no model", file->path);
        diag_help(diags, NO_SOURCE, NULL, "pass it with -w, together with the model file that it belongs to");
        return false;
    }
    read_version(out, texts.keras_version);
    out->backend = texts.backend;
    return json_parse(arena, diags, file->path, out->container, texts.model_config,
                      strlen(texts.model_config), &out->config);
}

bool saved_read(Arena *arena, Diagnostics *diags, const Bytes *file, SavedModel *out) {
    return zip_sniff(file->data, file->size) ? read_zip(arena, diags, file, out)
                                             : read_hdf5(arena, diags, file, out);
}
