/* HDF5 files in memory, through libhdf5, with everything left out that a weights file has no need of: soft
 * and external links, external and virtual storage, plugins, types other than plain numbers and strings.
 *
 * Ids are libhdf5's; every one that is opened is closed by its user, and h5_close closes what is left.
 */
#ifndef LAMINA_WEIGHTS_H5_H
#define LAMINA_WEIGHTS_H5_H

#include <hdf5.h>

#include "weights/inventory.h"

typedef struct H5File {
    Arena *arena;
    Diagnostics *diags;
    const char *path;
    hid_t id;
    bool damaged; /* something could not be read, and was reported */
    /* libhdf5's own error printing, given back by h5_close. */
    H5E_auto2_t old_print;
    void *old_context;
} H5File;

/* Opens the file from memory. False after reporting E401. */
bool h5_open(H5File *file, Arena *arena, Diagnostics *diags, const Bytes *bytes);
void h5_close(H5File *file);
/* Reports E401 once for the file, `what` naming the part; false. */
bool h5_damaged(H5File *file, const char *what);

/* Whether `path` below `group` is reached by hard links alone. */
bool h5_has(H5File *file, hid_t group, const char *path);
/* Opens what h5_has has found as a group; negative where there is none or it is something else. */
hid_t h5_group(H5File *file, hid_t group, const char *path);

/* A list of strings. */
typedef VEC(const char *) H5Names;

/* The attribute's strings ([] where it is absent or empty); Keras cuts long lists into NAME0, NAME1, .... */
bool h5_names(H5File *file, hid_t object, const char *name, H5Names *out);
bool h5_has_names(hid_t object, const char *name);
/* The text of a single string; NULL where the attribute is absent or no string. */
const char *h5_text(H5File *file, hid_t object, const char *name);

/* Shape, type and problem of the array at `path` below `group`. */
void h5_describe(H5File *file, hid_t group, const char *path, FoundWeight *out);
/* Reads what h5_describe has described without a problem. */
bool h5_read(H5File *file, hid_t group, const char *path, const FoundWeight *found, void *out);

/* The names in a group, sorted; false after reporting. */
bool h5_list(H5File *file, hid_t group, H5Names *out);

#endif
