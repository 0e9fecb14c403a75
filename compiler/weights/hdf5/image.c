/* Opening an HDF5 file from memory, finding groups by hard links, listing them. */
#include "weights/hdf5/image.h"

#include <string.h>

enum { MAX_CHILDREN = 1 << 20 };

bool image_damaged(Image *image, const char *what) {
    if (!image->damage) image->damage = arena_strdup(image->arena, what); /* may be a local of the caller */
    return false;
}

/* An access list for a file image in memory; closing the file closes all that is open in it. */
static hid_t image_access(const Bytes *bytes) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0) return access;
    if (H5Pset_fapl_core(access, 65536, 0) < 0 || H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        H5Pset_file_image(access, bytes->data, bytes->size) < 0) {
        H5Pclose(access);
        return -1;
    }
    return access;
}

bool image_open(Image *image, Arena *arena, const Bytes *bytes) {
    *image = (Image){.arena = arena, .id = -1};
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* what is wrong is said in our words */
    H5PLset_loading_state(0);              /* a file must not name code to be loaded */
    const hid_t access = image_access(bytes);
    if (access >= 0) {
        /* libhdf5 wants the name of an image to be of no file. */
        image->id = H5Fopen("/dev/null/weights", H5F_ACC_RDONLY, access);
        H5Pclose(access);
    }
    return image->id >= 0 || image_damaged(image, "its HDF5 structure");
}

static bool is_hard_link(Image *image, hid_t group, const char *path) {
    H5L_info_t info;
    const htri_t exists = H5Lexists(group, path, H5P_DEFAULT);
    if (exists < 0) return image_damaged(image, path);
    return exists && H5Lget_info(group, path, &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD;
}

/* Each part of the path is checked before the next is looked at: a soft or external link is never followed.
 */
bool image_has(Image *image, hid_t group, const char *path) {
    char part[1024];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof part || path[0] == '/' || path[length - 1] == '/') return false;
    for (size_t i = 0; i <= length; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            part[i] = '\0';
            if (path[i] == '/' && path[i + 1] == '/') return false;
            if (!is_hard_link(image, group, part)) return false;
        }
        part[i] = path[i];
    }
    return true;
}

hid_t image_group(Image *image, hid_t group, const char *path) {
    if (!image_has(image, group, path)) return -1;
    const hid_t object = H5Oopen(group, path, H5P_DEFAULT);
    if (object >= 0 && H5Iget_type(object) != H5I_GROUP) {
        H5Oclose(object);
        return -1;
    }
    return object;
}

bool image_list(Image *image, hid_t group, ImageNames *out) {
    H5G_info_t info;
    *out = (ImageNames){0};
    if (H5Gget_info(group, &info) < 0 || info.nlinks > MAX_CHILDREN)
        return image_damaged(image, "a group's list of names");
    for (hsize_t i = 0; i < info.nlinks; i++) {
        const ssize_t length =
            H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
        if (length <= 0 || length > 4096) return image_damaged(image, "a name in a group");
        char *name = arena_alloc(image->arena, (size_t)length + 1);
        if (H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, (size_t)length + 1,
                               H5P_DEFAULT) < 0)
            return image_damaged(image, "a name in a group");
        vec_push(image->arena, out, name);
    }
    return true;
}
