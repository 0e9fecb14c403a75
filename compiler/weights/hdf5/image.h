/* HDF5 files in memory, through libhdf5, with everything left out that a weights file has no need of: soft
 * and external links, external and virtual storage, plugins, types other than plain numbers and strings. For
 * the child process alone (h5_server.c).
 *
 * Ids are libhdf5's. Nothing is given back but what is opened many times: the process ends with the file.
 */
#ifndef LAMINA_WEIGHTS_HDF5_IMAGE_H
#define LAMINA_WEIGHTS_HDF5_IMAGE_H

#include <hdf5.h>

#include "weights/inventory.h"

typedef struct Image {
    Arena *arena; /* of the question that is being answered */
    hid_t id;
    const char *damage; /* the first part that could not be read, or NULL */
} Image;

/* Opens the file from memory; false where it is no HDF5 file. */
bool image_open(Image *image, Arena *arena, const Bytes *bytes);
/* Notes the part that cannot be read; false. */
bool image_damaged(Image *image, const char *what);

/* Whether `path` below `group` is reached by hard links alone. */
bool image_has(Image *image, hid_t group, const char *path);
/* Opens what image_has has found as a group; negative where there is none or it is something else. */
hid_t image_group(Image *image, hid_t group, const char *path);

typedef VEC(const char *) ImageNames;

/* The names in a group, sorted. */
bool image_list(Image *image, hid_t group, ImageNames *out);
/* The attribute's strings ([] where it is absent or empty); Keras cuts long lists into NAME0, NAME1, .... */
bool image_names(Image *image, hid_t object, const char *name, ImageNames *out);
bool image_has_names(hid_t object, const char *name);
/* The text of a single string; NULL where the attribute is absent or no string. */
const char *image_text(Image *image, hid_t object, const char *name);

/* Shape, type and problem of the array at `path` below `group`. */
void image_describe(Image *image, hid_t group, const char *path, FoundWeight *out);

/* Elements and the bytes of each. */
typedef struct ImageSize {
    size_t count, width;
} ImageSize;

/* Reads what image_describe has described without a problem, if it is of that size. */
bool image_read(Image *image, hid_t group, const char *path, const ImageSize *size, void *out);

#endif
