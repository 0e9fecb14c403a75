/* Inventory: what a weights file holds, matched with what the model expects. One interface for all formats.
 *
 * A format's reader lists the file's arrays (`found`) without reading them, matches each slot with one of
 * them, and calls inventory_load, which reports every mismatch and, only where there is none, fetches the
 * values.
 */
#ifndef LAMINA_WEIGHTS_INVENTORY_H
#define LAMINA_WEIGHTS_INVENTORY_H

#include "base/vec.h"
#include "data/bytes.h"
#include "weights/weights.h"

/* The largest weights file that is read: 16 GiB. */
#define WEIGHTS_LIMIT_BYTES ((size_t)1 << (sizeof(size_t) > 4 ? 34 : 31))

typedef struct FoundWeight {
    const char *path; /* as the file names it; not yet fit to be shown */
    Shape shape;
    DType dtype;
    const char *problem; /* NULL, or why it cannot be read: "it holds strings" */
    size_t where;        /* for the format's own use */
    bool taken;          /* some slot is matched with it */
} FoundWeight;

#define NOT_FOUND SIZE_MAX

typedef struct Inventory Inventory;
struct Inventory {
    WeightSet *set;
    Arena *scratch;   /* freed when the file is closed */
    const char *path; /* the file's, for messages */
    VEC(FoundWeight) found;
    size_t *match; /* for each slot: index into found, or NOT_FOUND */
    /* Writes the array's elements, row-major and in native byte order; false after reporting. */
    bool (*fetch)(Inventory *inventory, const FoundWeight *found, void *out);
    void *context;
};

/* An inventory without matches; the first to be called. */
void inventory_init(Inventory *inventory, WeightSet *set, Arena *scratch, const char *path);
/* Matches each slot with the array whose path is the slot's name by `name_of` (its key, or its h5 path). */
void inventory_match_names(Inventory *inventory, const char *(*name_of)(const WeightSlot *slot));
/* name_of for formats with keys of our own. */
const char *weights_slot_key(const WeightSlot *slot);
/* Reports every mismatch; where there is none, fetches and converts the values into the set. */
bool inventory_load(Inventory *inventory);

/* Whether values of `from` may fill a weight of `to`: numbers may become floats, but no float becomes an
 * integer. */
bool inventory_converts(DType from, DType to);
/* The reports, in report.c: true where all slots are matched and fit. Arrays without a slot are warned of. */
bool inventory_report(Inventory *inventory);

/* A file format: `sniff` looks at content only. */
typedef struct WeightFormat {
    const char *name;
    bool (*sniff)(const Bytes *file);
    bool (*read)(WeightSet *set, Arena *scratch, const Bytes *file);
} WeightFormat;

bool hdf5_sniff(const Bytes *file);
bool hdf5_read(WeightSet *set, Arena *scratch, const Bytes *file);
bool archive_sniff(const Bytes *file);
bool archive_read(WeightSet *set, Arena *scratch, const Bytes *file); /* .keras and .npz */
bool safetensors_sniff(const Bytes *file);
bool safetensors_read(WeightSet *set, Arena *scratch, const Bytes *file);

/* Keras' initial distributions, each weight by its own initializer, key and the seed. */
bool random_fill(WeightSet *set, uint64_t seed);

#endif
