/* Opening an HDF5 file from memory, finding groups by hard links, listing them. */
#include "weights/hdf5/h5.h"

#include <string.h>

enum { MAX_CHILDREN = 1 << 20 };

bool h5_damaged(H5File *file, const char *what) {
    if (!file->damaged)
        diag_report(file->diags, E401, NO_SOURCE, "\"%s\" is damaged: %s cannot be read", file->path,
                    bytes_printable(file->arena, what));
    file->damaged = true;
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

bool h5_open(H5File *file, Arena *arena, Diagnostics *diags, const Bytes *bytes) {
    *file = (H5File){.arena = arena, .diags = diags, .path = bytes->path, .id = -1};
    H5dont_atexit(); /* what failed allocations leave of the library would crash there; only the first call
                        counts */
    H5Eget_auto2(H5E_DEFAULT, &file->old_print, &file->old_context);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0); /* a file must not name code to be loaded */
    const hid_t access = image_access(bytes);
    if (access >= 0) {
        /* libhdf5 wants the name of an image to be of no file. */
        file->id = H5Fopen("/dev/null/weights", H5F_ACC_RDONLY, access);
        H5Pclose(access);
    }
    if (file->id >= 0) return true;
    h5_damaged(file, "its HDF5 structure");
    h5_close(file);
    return false;
}

void h5_close(H5File *file) {
    if (file->id >= 0) H5Fclose(file->id);
    H5Eset_auto2(H5E_DEFAULT, file->old_print, file->old_context);
}

static bool is_hard_link(H5File *file, hid_t group, const char *path) {
    H5L_info_t info;
    const htri_t exists = H5Lexists(group, path, H5P_DEFAULT);
    if (exists < 0) return h5_damaged(file, path);
    return exists && H5Lget_info(group, path, &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD;
}

/* Each part of the path is checked before the next is looked at: a soft or external link is never followed.
 */
bool h5_has(H5File *file, hid_t group, const char *path) {
    char part[1024];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof part || path[0] == '/' || path[length - 1] == '/') return false;
    for (size_t i = 0; i <= length; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            part[i] = '\0';
            if (path[i] == '/' && path[i + 1] == '/') return false;
            if (!is_hard_link(file, group, part)) return false;
        }
        part[i] = path[i];
    }
    return true;
}

hid_t h5_group(H5File *file, hid_t group, const char *path) {
    if (!h5_has(file, group, path)) return -1;
    const hid_t object = H5Oopen(group, path, H5P_DEFAULT);
    if (object >= 0 && H5Iget_type(object) != H5I_GROUP) {
        H5Oclose(object);
        return -1;
    }
    return object;
}

bool h5_list(H5File *file, hid_t group, H5Names *out) {
    H5G_info_t info;
    *out = (H5Names){0};
    if (H5Gget_info(group, &info) < 0 || info.nlinks > MAX_CHILDREN)
        return h5_damaged(file, "a group's list of names");
    for (hsize_t i = 0; i < info.nlinks; i++) {
        const ssize_t length =
            H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
        if (length <= 0 || length > 4096) return h5_damaged(file, "a name in a group");
        char *name = arena_alloc(file->arena, (size_t)length + 1);
        if (H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, (size_t)length + 1,
                               H5P_DEFAULT) < 0)
            return h5_damaged(file, "a name in a group");
        vec_push(file->arena, out, name);
    }
    return true;
}
