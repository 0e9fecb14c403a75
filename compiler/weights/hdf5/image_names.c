/* Attributes that hold strings: one, or a list, of fixed or variable length. */
#include <string.h>

#include "weights/hdf5/image.h"

enum { MAX_NAMES = 1 << 20, MAX_NAME_BYTES = 1 << 26 };

/* The strings of an attribute of variable-length strings. */
static bool read_variable(Image *image, hid_t attribute, hid_t type, hid_t space, size_t count,
                          ImageNames *out) {
    char **texts = ARENA_ARRAY(image->arena, char *, count);
    const hid_t memory = H5Tcopy(H5T_C_S1);
    bool fine = memory >= 0 && H5Tset_size(memory, H5T_VARIABLE) >= 0 &&
                H5Tset_cset(memory, H5Tget_cset(type)) >= 0 && H5Aread(attribute, memory, texts) >= 0;
    for (size_t i = 0; fine && i < count; i++)
        vec_push(image->arena, out, arena_strdup(image->arena, texts[i] ? texts[i] : ""));
    if (fine) H5Dvlen_reclaim(memory, space, H5P_DEFAULT, texts);
    if (memory >= 0) H5Tclose(memory);
    return fine;
}

/* Of fixed length: padded by NULs, or by spaces in Fortran's manner. */
static bool read_fixed(Image *image, hid_t attribute, hid_t type, size_t count, ImageNames *out) {
    const size_t width = H5Tget_size(type);
    if (width == 0 || width > MAX_NAME_BYTES / count) return false;
    char *texts = arena_alloc(image->arena, width * count);
    if (H5Aread(attribute, type, texts) < 0) return false;
    for (size_t i = 0; i < count; i++) {
        const char *text = texts + i * width;
        size_t length = 0;
        while (length < width && text[length]) length++;
        while (H5Tget_strpad(type) == H5T_STR_SPACEPAD && length && text[length - 1] == ' ') length--;
        vec_push(image->arena, out, arena_strndup(image->arena, text, length));
    }
    return true;
}

static bool read_attribute(Image *image, hid_t attribute, ImageNames *out) {
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const hssize_t count = space >= 0 ? H5Sget_simple_extent_npoints(space) : -1;
    bool fine = type >= 0 && count >= 0 && count <= MAX_NAMES;
    /* An empty list has numpy's default type, float64. */
    if (fine && count > 0) {
        fine = H5Tget_class(type) == H5T_STRING;
        if (fine)
            fine = H5Tis_variable_str(type) > 0
                       ? read_variable(image, attribute, type, space, (size_t)count, out)
                       : read_fixed(image, attribute, type, (size_t)count, out);
    }
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return fine;
}

static bool read_names(Image *image, hid_t object, const char *name, ImageNames *out) {
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const bool fine = attribute >= 0 && read_attribute(image, attribute, out);
    if (attribute >= 0) H5Aclose(attribute);
    return fine || image_damaged(image, arena_printf(image->arena, "its attribute %s", name));
}

static const char *chunk_name(char *buffer, size_t size, const char *name, unsigned chunk) {
    snprintf(buffer, size, "%s%u", name, chunk);
    return buffer;
}

bool image_has_names(hid_t object, const char *name) {
    char first[64];
    return H5Aexists(object, name) > 0 || H5Aexists(object, chunk_name(first, sizeof first, name, 0)) > 0;
}

bool image_names(Image *image, hid_t object, const char *name, ImageNames *out) {
    char chunk[64];
    *out = (ImageNames){0};
    if (H5Aexists(object, name) > 0) return read_names(image, object, name, out);
    for (unsigned i = 0; i < MAX_NAMES && H5Aexists(object, chunk_name(chunk, sizeof chunk, name, i)) > 0;
         i++)
        if (!read_names(image, object, chunk, out)) return false;
    return true;
}

const char *image_text(Image *image, hid_t object, const char *name) {
    ImageNames names = {0};
    if (H5Aexists(object, name) <= 0) return NULL;
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const bool fine = attribute >= 0 && read_attribute(image, attribute, &names);
    if (attribute >= 0) H5Aclose(attribute);
    return fine && names.count == 1 ? names.at[0] : NULL;
}
