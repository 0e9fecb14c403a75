/* Arrays of an HDF5 file: what they are, before anything of their size is allocated, and their values. */
#include <string.h>

#include "base/checked.h"
#include "weights/hdf5/image.h"

enum { MAX_CHUNK_BYTES = 1 << 26 };

/* IEEE's layouts: sign, exponent and mantissa by position and width. */
static const struct {
    size_t size, sign, exponent, exponent_bits, mantissa_bits, bias;
    DType dtype;
} FLOATS[] = {
    {4, 31, 23, 8, 23, 127, DTYPE_FLOAT32},
    {8, 63, 52, 11, 52, 1023, DTYPE_FLOAT64},
    {2, 15, 10, 5, 10, 15, DTYPE_FLOAT16},
    {2, 15, 7, 8, 7, 127, DTYPE_BFLOAT16},
};

static bool float_dtype(hid_t type, DType *out) {
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    if (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) < 0) return false;
    if (H5Tget_norm(type) != H5T_NORM_IMPLIED || mantissa != 0) return false;
    for (size_t i = 0; i < sizeof FLOATS / sizeof *FLOATS; i++)
        if (FLOATS[i].size == H5Tget_size(type) && FLOATS[i].sign == sign && FLOATS[i].exponent == exponent &&
            FLOATS[i].exponent_bits == exponent_bits && FLOATS[i].mantissa_bits == mantissa_bits &&
            FLOATS[i].bias == H5Tget_ebias(type)) {
            *out = FLOATS[i].dtype;
            return true;
        }
    return false;
}

static bool integer_dtype(hid_t type, DType *out) {
    static const DType SIGNED[] = {DTYPE_INT8, DTYPE_INT16, DTYPE_INT32, DTYPE_INT64};
    static const DType UNSIGNED[] = {DTYPE_UINT8, DTYPE_UINT16, DTYPE_UINT32, DTYPE_UINT64};
    for (size_t i = 0; i < 4; i++)
        if (H5Tget_size(type) == (size_t)1 << i) {
            *out = H5Tget_sign(type) == H5T_SGN_2 ? SIGNED[i] : UNSIGNED[i];
            return true;
        }
    return false;
}

/* h5py has no bfloat16: Keras writes two opaque bytes and says so in an attribute. */
static bool is_bfloat16(Image *image, hid_t dataset, hid_t type) {
    if (H5Tget_class(type) != H5T_OPAQUE || H5Tget_size(type) != 2) return false;
    const char *said = image_text(image, dataset, "dtype");
    return said && strcmp(said, "bfloat16") == 0;
}

static bool plain_number(hid_t type) {
    const H5T_order_t order = H5Tget_order(type);
    return (order == H5T_ORDER_LE || order == H5T_ORDER_BE) && H5Tget_offset(type) == 0 &&
           H5Tget_precision(type) == H5Tget_size(type) * 8;
}

static const char *describe_type(Image *image, hid_t dataset, hid_t type, DType *out) {
    switch (H5Tget_class(type)) {
    case H5T_FLOAT:
        if (plain_number(type) && float_dtype(type, out)) return NULL;
        return "it holds floats of an unusual form";
    case H5T_INTEGER:
        if (plain_number(type) && integer_dtype(type, out)) return NULL;
        return "it holds integers of an unusual form";
    case H5T_OPAQUE:
        if (!is_bfloat16(image, dataset, type)) return "it holds raw bytes";
        *out = DTYPE_BFLOAT16;
        return NULL;
    case H5T_STRING: return "it holds strings";
    case H5T_COMPOUND: return "it holds structures";
    default: return "it holds no plain numbers";
    }
}

static const char *describe_space(hid_t dataset, Shape *out) {
    const hid_t space = H5Dget_space(dataset);
    if (space < 0) return "its shape cannot be read";
    hsize_t extents[H5S_MAX_RANK];
    const H5S_class_t form = H5Sget_simple_extent_type(space);
    const int rank = form == H5S_NULL ? -1 : H5Sget_simple_extent_dims(space, extents, NULL);
    H5Sclose(space);
    if (form == H5S_NULL) return "it holds nothing";
    if (rank < 0) return "its shape cannot be read";
    if (rank > SHAPE_MAX_RANK) return "it has more than 8 dimensions";
    out->rank = rank;
    for (int i = 0; i < rank; i++) {
        if (extents[i] > INT64_MAX) return "its shape is too large";
        out->dim[i] = (int64_t)extents[i];
    }
    return NULL;
}

/* A chunk is unpacked as a whole, whatever the array's own size. */
static const char *describe_chunks(hid_t created, size_t width) {
    hsize_t extents[H5S_MAX_RANK];
    const int rank = H5Pget_chunk(created, H5S_MAX_RANK, extents);
    size_t bytes = width;
    for (int i = 0; i < rank; i++)
        if (extents[i] > MAX_CHUNK_BYTES || !checked_mul_size(bytes, (size_t)extents[i], &bytes) ||
            bytes > MAX_CHUNK_BYTES)
            return "its chunks are larger than 64 MiB";
    const int filters = H5Pget_nfilters(created);
    for (int i = 0; i < filters; i++) {
        unsigned flags, config;
        size_t n_values = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(created, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);
        if (filter < 0 || H5Zfilter_avail(filter) <= 0) return "it is packed by a filter that is not at hand";
    }
    return rank < 0 || filters < 0 ? "its storage cannot be read" : NULL;
}

static const char *describe_storage(hid_t dataset, size_t width) {
    const hid_t created = H5Dget_create_plist(dataset);
    if (created < 0) return "its storage cannot be read";
    const char *problem = NULL;
    const H5D_layout_t layout = H5Pget_layout(created);
    if (layout == H5D_VIRTUAL || H5Pget_external_count(created) != 0)
        problem = "its values are kept in another file";
    else if (layout == H5D_CHUNKED)
        problem = describe_chunks(created, width);
    H5Pclose(created);
    return problem;
}

/* False where no value was ever stored, and only a fill value would be read. */
static bool is_written(hid_t dataset) {
    H5D_space_status_t status;
    return H5Dget_space_status(dataset, &status) >= 0 && status != H5D_SPACE_STATUS_NOT_ALLOCATED;
}

static const char *describe_dataset(Image *image, hid_t dataset, FoundWeight *out) {
    const hid_t type = H5Dget_type(dataset);
    if (type < 0) return "its type cannot be read";
    const size_t width = H5Tget_size(type);
    const char *problem = describe_type(image, dataset, type, &out->dtype);
    H5Tclose(type);
    if (!problem) problem = describe_space(dataset, &out->shape);
    if (!problem) problem = describe_storage(dataset, width);
    int64_t count;
    if (!problem && shape_count(&out->shape, 0, &count) && count > 0 && !is_written(dataset))
        problem = "its values were never written";
    return problem;
}

void image_describe(Image *image, hid_t group, const char *path, FoundWeight *out) {
    out->problem = "it is missing, or only a link";
    if (!image_has(image, group, path)) return;
    const hid_t dataset = H5Oopen(group, path, H5P_DEFAULT);
    if (dataset < 0) {
        out->problem = "it cannot be read";
        image_damaged(image, path);
        return;
    }
    out->problem =
        H5Iget_type(dataset) == H5I_DATASET ? describe_dataset(image, dataset, out) : "it is no array";
    H5Oclose(dataset);
}

/* The file's own type in this machine's byte order: nothing but the order of bytes is converted by libhdf5.
 */
static hid_t memory_type(hid_t dataset) {
    const hid_t own = H5Dget_type(dataset);
    const hid_t type = own >= 0 ? H5Tcopy(own) : -1; /* the dataset's own may not be changed */
    if (own >= 0) H5Tclose(own);
    if (type >= 0 && H5Tget_class(type) != H5T_OPAQUE &&
        H5Tset_order(type, H5Tget_order(H5T_NATIVE_INT)) < 0) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

bool image_read(Image *image, hid_t group, const char *path, const ImageSize *size, void *out) {
    const hid_t dataset = H5Dopen2(group, path, H5P_DEFAULT);
    const hid_t space = dataset >= 0 ? H5Dget_space(dataset) : -1;
    const hid_t type = dataset >= 0 ? memory_type(dataset) : -1;
    bool fine = type >= 0 && space >= 0 && H5Tget_size(type) == size->width;
    fine = fine && H5Sget_simple_extent_npoints(space) == (hssize_t)size->count;
    fine = fine && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (dataset >= 0) H5Dclose(dataset);
    return fine || image_damaged(image, path);
}
