/* .safetensors: the length of a JSON header, the header, then the arrays' bytes, little-endian and row-major.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "weights/inventory.h"

/* The format's own bound on its header. */
enum { LENGTH_BYTES = 8, MAX_HEADER = 100000000 };

static uint64_t header_length(const Bytes *file) {
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++) length |= (uint64_t)file->data[i] << (8 * i);
    return length;
}

bool safetensors_sniff(const Bytes *file) {
    return file->size > LENGTH_BYTES && file->data[LENGTH_BYTES] == '{' &&
           header_length(file) <= MAX_HEADER && header_length(file) <= file->size - LENGTH_BYTES;
}

typedef struct Span {
    uint64_t begin, end;
} Span;

typedef struct Tensors {
    const Bytes *file;
    const unsigned char *data; /* behind the header */
    uint64_t size;
    VEC(Span) spans; /* of inventory.found */
} Tensors;

static bool report_damage(Inventory *inventory, const char *what) {
    return diag_report(inventory->set->diags, E401, NO_SOURCE, "\"%s\" is damaged: %s", inventory->path,
                       what);
}

static bool parse_dtype(const char *name, DType *out) {
    static const struct {
        const char *name;
        DType dtype;
    } TYPES[] = {{"F32", DTYPE_FLOAT32},   {"F64", DTYPE_FLOAT64}, {"F16", DTYPE_FLOAT16},
                 {"BF16", DTYPE_BFLOAT16}, {"I8", DTYPE_INT8},     {"U8", DTYPE_UINT8},
                 {"I16", DTYPE_INT16},     {"U16", DTYPE_UINT16},  {"I32", DTYPE_INT32},
                 {"U32", DTYPE_UINT32},    {"I64", DTYPE_INT64},   {"U64", DTYPE_UINT64},
                 {"BOOL", DTYPE_BOOL}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (strcmp(TYPES[i].name, name) == 0) {
            *out = TYPES[i].dtype;
            return true;
        }
    return false;
}

/* NULL, or what is wrong with the list of extents. */
static const char *parse_shape(const json_t *json, FoundWeight *found) {
    if (!json_is_array(json)) return "the shape of a tensor is no list";
    if (json_array_size(json) > SHAPE_MAX_RANK) {
        found->problem = "it has more than 8 dimensions";
        return NULL;
    }
    found->shape.rank = (int)json_array_size(json);
    for (int i = 0; i < found->shape.rank; i++) {
        const json_t *extent = json_array_get(json, (size_t)i);
        if (!json_is_integer(extent) || json_integer_value(extent) < 0)
            return "the shape of a tensor holds no sizes";
        found->shape.dim[i] = json_integer_value(extent);
    }
    return NULL;
}

static const char *parse_offsets(const json_t *json, const Tensors *tensors, Span *span) {
    const json_t *begin = json_array_get(json, 0), *end = json_array_get(json, 1);
    if (json_array_size(json) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return "the data_offsets of a tensor are no two numbers";
    if (json_integer_value(begin) < 0 || json_integer_value(begin) > json_integer_value(end) ||
        (uint64_t)json_integer_value(end) > tensors->size)
        return "the data of a tensor lie outside the file";
    *span = (Span){(uint64_t)json_integer_value(begin), (uint64_t)json_integer_value(end)};
    return NULL;
}

static const char *parse_tensor(const json_t *json, const Tensors *tensors, FoundWeight *found, Span *span) {
    const json_t *type = json_object_get(json, "dtype");
    if (!json_is_object(json) || !json_is_string(type) || json_object_size(json) != 3)
        return "its header describes a tensor by other than dtype, shape and data_offsets";
    const char *wrong = parse_shape(json_object_get(json, "shape"), found);
    if (!wrong) wrong = parse_offsets(json_object_get(json, "data_offsets"), tensors, span);
    if (wrong || found->problem) return wrong;
    if (!parse_dtype(json_string_value(type), &found->dtype)) {
        found->problem = "it is of a type that is not read";
        return NULL;
    }
    int64_t count;
    if (!shape_count(&found->shape, 0, &count)) return "the shape of a tensor is too large";
    const uint64_t bytes = span->end - span->begin, width = dtype_size(found->dtype);
    return bytes % width == 0 && bytes / width == (uint64_t)count
               ? NULL
               : "the size of a tensor is not that of its shape";
}

static int compare_spans(const void *a, const void *b) {
    const Span *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static bool check_overlap(Inventory *inventory, const Tensors *tensors) {
    const size_t n = tensors->spans.count;
    if (n == 0) return true;
    Span *sorted = ARENA_ARRAY(inventory->scratch, Span, n);
    memcpy(sorted, tensors->spans.at, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_spans);
    for (size_t i = 1; i < n; i++)
        if (sorted[i].begin < sorted[i - 1].end)
            return report_damage(inventory, "the data of two tensors overlap");
    return true;
}

static bool list_tensors(Inventory *inventory, Tensors *tensors, json_t *header) {
    const char *key;
    json_t *value;
    json_object_foreach(header, key, value) {
        if (strcmp(key, "__metadata__") == 0) continue;
        FoundWeight found = {.path = arena_strdup(inventory->scratch, key), .where = tensors->spans.count};
        Span span = {0, 0};
        const char *wrong = parse_tensor(value, tensors, &found, &span);
        if (wrong)
            return report_damage(inventory, arena_printf(inventory->scratch, "%s (\"%s\")", wrong,
                                                         bytes_printable(inventory->scratch, key)));
        vec_push(inventory->scratch, &tensors->spans, span);
        vec_push(inventory->scratch, &inventory->found, found);
    }
    return check_overlap(inventory, tensors);
}

static bool fetch(Inventory *inventory, const FoundWeight *found, void *out) {
    const Tensors *tensors = inventory->context;
    const Span span = tensors->spans.at[found->where];
    const unsigned char *source = tensors->data + span.begin;
    unsigned char *target = out;
    const size_t bytes = (size_t)(span.end - span.begin), width = dtype_size(found->dtype);
    const uint16_t one = 1;
    const bool swap = *(const unsigned char *)&one == 0;
    for (size_t i = 0; swap && i < bytes; i++) target[i] = source[i - i % width + (width - 1 - i % width)];
    if (!swap && bytes) memcpy(target, source, bytes);
    return true;
}

bool safetensors_read(WeightSet *set, Arena *scratch, const Bytes *file) {
    const uint64_t length = header_length(file);
    Tensors tensors = {file, file->data + LENGTH_BYTES + length, file->size - LENGTH_BYTES - length, {0}};
    Inventory inventory;
    inventory_init(&inventory, set, scratch, file->path);
    inventory.context = &tensors;
    inventory.fetch = fetch;
    json_error_t error;
    json_t *header =
        json_loadb((const char *)file->data + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(header)) {
        json_decref(header);
        return report_damage(&inventory,
                             arena_printf(scratch, "its header is no JSON object: %s", error.text));
    }
    bool fine = list_tensors(&inventory, &tensors, header);
    json_decref(header);
    if (!fine) return false;
    inventory_match_names(&inventory, weights_slot_key);
    return inventory_load(&inventory);
}
