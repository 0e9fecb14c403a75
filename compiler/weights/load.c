/* weights_load: tells the formats apart and hands the file to one reader; "random[:SEED]" needs no file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/bytes.h"
#include "weights/inventory.h"

static const WeightFormat FORMATS[] = {
    {"HDF5", hdf5_sniff, hdf5_read},
    {"zip", archive_sniff, archive_read},
    {"safetensors", safetensors_sniff, safetensors_read},
};

/* Files that people try, with what to do instead. */
static const struct {
    size_t offset;
    const char *magic, *what;
} STRANGERS[] = {
    {0, "\x93NUMPY", "it is a single numpy array: save all weights by numpy.savez(path, **{key: array})"},
    {4, "TFL3", "it is a TensorFlow Lite model: save the Keras model's weights instead"},
    {0, "\x80\x02", "it is a Python pickle, as old PyTorch files are: convert it to safetensors"},
    {0, "\x80\x03", "it is a Python pickle: convert it to safetensors or .npz"},
    {0, "\x80\x04", "it is a Python pickle: convert it to safetensors or .npz"},
    {0, "\x1f\x8b", "it is packed by gzip: unpack it first"},
};

static bool report_stranger(Diagnostics *diags, const Bytes *file) {
    diag_report(diags, E400, NO_SOURCE, "\"%s\" is no weights file", file->path);
    if (file->size == 0) diag_note(diags, NO_SOURCE, "the file is empty");
    for (size_t i = 0; i < sizeof STRANGERS / sizeof *STRANGERS; i++) {
        const size_t length = strlen(STRANGERS[i].magic), offset = STRANGERS[i].offset;
        if (file->size >= offset + length && memcmp(file->data + offset, STRANGERS[i].magic, length) == 0) {
            diag_help(diags, NO_SOURCE, NULL, "%s", STRANGERS[i].what);
            return false;
        }
    }
    diag_help(diags, NO_SOURCE, NULL,
              "weights are read from .weights.h5, .keras, .h5, .npz and .safetensors");
    return false;
}

static bool has_suffix(const char *text, const char *suffix) {
    const size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

/* By content; a file that has no format's look is one of that name's format, damaged. */
static const WeightFormat *find_format(const Bytes *file) {
    static const struct {
        const char *suffix;
        size_t format;
    } NAMES[] = {{".h5", 0}, {".hdf5", 0}, {".keras", 1}, {".npz", 1}, {".safetensors", 2}};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
        if (FORMATS[i].sniff(file)) return &FORMATS[i];
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (has_suffix(file->path, NAMES[i].suffix)) return &FORMATS[NAMES[i].format];
    return NULL;
}

static bool load_bytes(WeightSet *set, Arena *scratch, const Bytes *file) {
    const WeightFormat *format = find_format(file);
    if (!format) return report_stranger(set->diags, file);
    if (!format->sniff(file))
        return diag_report(set->diags, E401, NO_SOURCE,
                           "\"%s\" is damaged: it does not begin as a %s file does", file->path, format->name);
    return format->read(set, scratch, file);
}

/* "random" or "random:SEED"; false where it is neither. A seed that is no number is reported, with *fine
 * false. */
static bool parse_random(Diagnostics *diags, const char *source, uint64_t *seed, bool *fine) {
    *seed = 0;
    *fine = true;
    if (strncmp(source, "random", 6) != 0 || (source[6] != '\0' && source[6] != ':')) return false;
    if (source[6] == '\0') return true;
    const char *digits = source + 7;
    char *end;
    errno = 0;
    *seed = strtoull(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0' || errno != 0)
        *fine = diag_report(diags, E402, NO_SOURCE, "the seed of \"%s\" is no number from 0 to 2**64 - 1",
                            source);
    return true;
}

bool weights_load(WeightSet *set, const char *source) {
    uint64_t seed;
    bool fine;
    if (parse_random(set->diags, source, &seed, &fine)) return fine && random_fill(set, seed);
    Arena *scratch = arena_new_child(set->arena);
    Bytes file;
    fine = bytes_read(scratch, set->diags, source, WEIGHTS_LIMIT_BYTES, &file) &&
           load_bytes(set, scratch, &file);
    arena_free(scratch);
    return fine;
}

bool weights_load_bytes(WeightSet *set, const Bytes *file) {
    Arena *scratch = arena_new_child(set->arena);
    const bool fine = load_bytes(set, scratch, file);
    arena_free(scratch);
    return fine;
}
