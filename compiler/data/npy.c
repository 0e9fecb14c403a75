/* Reads one .npy array: the header is a Python dict literal, of which exactly numpy's form is accepted.
 *
 * Nothing is believed before it is checked against the number of bytes at hand: no allocation depends on the
 * header alone.
 */
#include "data/npy.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"

static const unsigned char MAGIC[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

bool npy_sniff(const unsigned char *data, size_t size) {
    return size >= sizeof MAGIC && memcmp(data, MAGIC, sizeof MAGIC) == 0;
}

/* The header's text under the reader's eye. */
typedef struct Cursor {
    Arena *arena;
    const char *at, *end;
} Cursor;

static void skip_space(Cursor *cursor) {
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\t'))
        cursor->at++;
}

static bool take(Cursor *cursor, const char *token) {
    skip_space(cursor);
    const size_t length = strlen(token);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, token, length) != 0) return false;
    cursor->at += length;
    return true;
}

/* A quoted string without escapes: numpy writes no others. */
static const char *take_string(Cursor *cursor) {
    skip_space(cursor);
    if (cursor->at >= cursor->end || (*cursor->at != '\'' && *cursor->at != '"')) return NULL;
    const char quote = *cursor->at, *start = cursor->at + 1, *p = start;
    while (p < cursor->end && *p != quote && *p != '\\' && (unsigned char)*p >= ' ') p++;
    if (p >= cursor->end || *p != quote) return NULL;
    cursor->at = p + 1;
    return arena_strndup(cursor->arena, start, (size_t)(p - start));
}

static bool take_extent(Cursor *cursor, int64_t *out) {
    skip_space(cursor);
    const char *start = cursor->at;
    int64_t value = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        if (!checked_mul(value, 10, &value) || !checked_add(value, *cursor->at - '0', &value)) return false;
    if (cursor->at == start) return false;
    if (cursor->at < cursor->end && *cursor->at == 'L') cursor->at++; /* Python 2 wrote long integers so */
    *out = value;
    return true;
}

/* "(3, 4)", "(3,)", "()"; NULL, or what is wrong. */
static const char *take_shape(Cursor *cursor, Shape *shape) {
    shape->rank = 0;
    if (!take(cursor, "(")) return "its shape is no tuple";
    while (!take(cursor, ")")) {
        if (shape->rank == SHAPE_MAX_RANK) return "it has more than 8 dimensions";
        if (!take_extent(cursor, &shape->dim[shape->rank]))
            return "its shape holds something other than a size";
        shape->rank++;
        if (take(cursor, ",")) continue;
        if (shape->rank == 1 || !take(cursor, ")")) return "its shape is no tuple";
        return NULL;
    }
    return NULL;
}

typedef struct HeaderText {
    const char *descr; /* NULL: a list, which is a structured type */
    bool has_descr, has_order, has_shape;
    bool fortran_order;
    Shape shape;
} HeaderText;

static const char *take_descr(Cursor *cursor, HeaderText *header) {
    if (header->has_descr) return "its header repeats a key";
    header->has_descr = true;
    skip_space(cursor);
    if (cursor->at < cursor->end && *cursor->at == '[') {
        cursor->at = cursor->end; /* refused by its type, whatever follows */
        return NULL;
    }
    header->descr = take_string(cursor);
    return header->descr ? NULL : "its element type is no string";
}

static const char *take_entry(Cursor *cursor, HeaderText *header) {
    const char *key = take_string(cursor);
    if (!key || !take(cursor, ":")) return "its header is no dict of descr, fortran_order and shape";
    if (strcmp(key, "descr") == 0) return take_descr(cursor, header);
    if (strcmp(key, "fortran_order") == 0) {
        if (header->has_order) return "its header repeats a key";
        header->has_order = true;
        header->fortran_order = take(cursor, "True");
        return header->fortran_order || take(cursor, "False") ? NULL
                                                              : "its fortran_order is neither True nor False";
    }
    if (strcmp(key, "shape") == 0) {
        if (header->has_shape) return "its header repeats a key";
        header->has_shape = true;
        return take_shape(cursor, &header->shape);
    }
    return "its header has a key that is none of descr, fortran_order and shape";
}

static const char *parse_header(Cursor *cursor, HeaderText *header) {
    if (!take(cursor, "{")) return "its header is no dict";
    while (!take(cursor, "}")) {
        const char *wrong = take_entry(cursor, header);
        if (wrong) return wrong;
        if (header->has_descr && !header->descr) return NULL;
        if (!take(cursor, ",")) {
            if (!take(cursor, "}")) return "its header is no dict";
            break;
        }
    }
    skip_space(cursor);
    if (cursor->at != cursor->end) return "something follows the dict in its header";
    if (!header->has_descr || !header->has_order || !header->has_shape)
        return "its header lacks one of descr, fortran_order and shape";
    return NULL;
}

/* "<f4" -> float32, little endian. NULL, or the kind of type that it is instead. */
static const char *parse_descr(const char *descr, DType *dtype, bool *big_endian) {
    static const struct {
        const char *code;
        DType dtype;
    } TYPES[] = {
        {"f4", DTYPE_FLOAT32}, {"f8", DTYPE_FLOAT64},  {"f2", DTYPE_FLOAT16}, {"b1", DTYPE_BOOL},
        {"?", DTYPE_BOOL},     {"i1", DTYPE_INT8},     {"u1", DTYPE_UINT8},   {"i2", DTYPE_INT16},
        {"u2", DTYPE_UINT16},  {"i4", DTYPE_INT32},    {"u4", DTYPE_UINT32},  {"i8", DTYPE_INT64},
        {"u8", DTYPE_UINT64},  {"V2", DTYPE_BFLOAT16}, /* as numpy stores ml_dtypes' bfloat16 */
    };
    if (!descr) return "a structured type";
    const bool ordered = *descr && strchr("<>|=", *descr);
    *big_endian = *descr == '>';
    const char *code = descr + ordered;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (strcmp(code, TYPES[i].code) == 0) {
            *dtype = TYPES[i].dtype;
            return NULL;
        }
    switch (*code) {
    case 'O': return "Python objects";
    case 'S':
    case 'a':
    case 'U': return "strings";
    case 'V': return "raw bytes (a structured type, or one that numpy does not have)";
    case 'M':
    case 'm': return "dates or times";
    case 'c': return "complex numbers";
    case 'f': return "floats wider than 64 bits";
    default: return "of a type that numpy does not have";
    }
}

/* Finds the header's text by the format version; false where the file ends before it does. */
static bool find_header(const unsigned char *data, size_t size, const char **text, size_t *length) {
    if (size < 10) return false;
    const unsigned version = data[6];
    if (version < 1 || version > 3) return false;
    const size_t width = version == 1 ? 2 : 4;
    if (size < 8 + width) return false;
    *length = 0;
    for (size_t i = 0; i < width; i++) *length |= (size_t)data[8 + i] << (8 * i);
    *text = (const char *)data + 8 + width;
    return *length <= size - 8 - width;
}

/* The number of elements; false where it overflows. An extent of 0 makes it 0, whatever the others are. */
static bool count_elements(const Shape *shape, size_t *out) {
    *out = 1;
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] == 0) *out = 0;
    for (int i = 0; i < shape->rank && *out != 0; i++)
        if ((uint64_t)shape->dim[i] > SIZE_MAX || !checked_mul_size(*out, (size_t)shape->dim[i], out))
            return false;
    return true;
}

/* Where data that are cut short end: ", which end in row 7". */
static const char *ends_in_row(Arena *arena, size_t held, const NpyHeader *header) {
    size_t row = dtype_size(header->dtype);
    if (header->shape.rank == 0 || header->fortran_order) return "";
    for (int i = 1; i < header->shape.rank; i++)
        if (!checked_mul_size(row, (size_t)header->shape.dim[i], &row)) return "";
    return row ? arena_printf(arena, ", which end in row %zu", held / row) : "";
}

static bool check_size(Diagnostics *diags, const char *label, size_t held, Arena *arena, NpyHeader *out) {
    size_t elements, bytes = 0;
    const bool fits =
        count_elements(&out->shape, &elements) && checked_mul_size(elements, dtype_size(out->dtype), &bytes);
    out->elements = elements;
    if (fits && bytes == held) return true;
    const char *shape = shape_text(arena, &out->shape), *type = dtype_name(out->dtype);
    if (!fits || bytes > held)
        return diag_report(diags, E503, NO_SOURCE,
                           "%s is cut short: its header declares %s of shape %s, but only %zu "
                           "bytes of data follow%s",
                           label, type, shape, held, ends_in_row(arena, held, out));
    return diag_report(diags, E503, NO_SOURCE,
                       "%s has %zu bytes too many: its header declares %s of shape %s, which is "
                       "%zu bytes",
                       label, held - bytes, type, shape, bytes);
}

size_t npy_head_size(const unsigned char *data, size_t size) {
    const char *text;
    size_t length = 0;
    if (size < NPY_LEAST_HEAD || !npy_sniff(data, size)) return 0;
    const bool whole = find_header(data, size, &text, &length);
    if (!whole && length == 0) return 0;
    const size_t before = data[6] == 1 ? 10 : 12;
    return length <= SIZE_MAX - before ? before + length : 0;
}

bool npy_header(Arena *arena, Diagnostics *diags, const char *label, const unsigned char *data, size_t size,
                NpyHeader *out) {
    const char *text;
    size_t length;
    const bool found = npy_sniff(data, size) && find_header(data, size, &text, &length);
    const size_t head = found ? (size_t)(text + length - (const char *)data) : size;
    return npy_head(arena, diags, label, data, head, size - head, out);
}

bool npy_head(Arena *arena, Diagnostics *diags, const char *label, const unsigned char *data, size_t size,
              size_t held, NpyHeader *out) {
    *out = (NpyHeader){0};
    const char *text;
    size_t length;
    if (!npy_sniff(data, size)) return diag_report(diags, E501, NO_SOURCE, "%s is no .npy array", label);
    if (!find_header(data, size, &text, &length))
        return diag_report(diags, E501, NO_SOURCE,
                           "%s is damaged: its .npy header is cut short, or of an unknown version", label);
    Cursor cursor = {arena, text, text + length};
    HeaderText header = {0};
    const char *wrong = parse_header(&cursor, &header);
    if (wrong) return diag_report(diags, E501, NO_SOURCE, "%s is damaged: %s", label, wrong);
    const char *kind = parse_descr(header.descr, &out->dtype, &out->big_endian);
    if (kind)
        return diag_report(
            diags, E502, NO_SOURCE, "%s holds no numbers that can be used: its elements are %s%s%s%s", label,
            kind, header.descr ? " ('" : "", header.descr ? bytes_printable(arena, header.descr) : "",
            header.descr ? "')" : "");
    out->shape = header.shape;
    out->fortran_order = header.fortran_order;
    out->data_offset = (size_t)(text + length - (const char *)data);
    return check_size(diags, label, held, arena, out);
}

/* Copies element `from` to element `to`, its bytes swapped where the order is foreign. */
static void copy_element(unsigned char *to, const unsigned char *from, size_t width, bool swap) {
    for (size_t i = 0; i < width; i++) to[i] = from[swap ? width - 1 - i : i];
}

/* Walks the target in row-major order and the source by its strides. */
static void copy_reordered(unsigned char *target, const unsigned char *source, const NpyHeader *header,
                           bool swap) {
    const size_t width = dtype_size(header->dtype);
    size_t stride[SHAPE_MAX_RANK], index[SHAPE_MAX_RANK] = {0}, step = 1;
    const int rank = header->shape.rank;
    for (int i = 0; i < rank; i++) {
        const int axis = header->fortran_order ? i : rank - 1 - i;
        stride[axis] = step;
        step *= (size_t)header->shape.dim[axis];
    }
    for (size_t n = 0; n < header->elements; n++) {
        size_t offset = 0;
        for (int i = 0; i < rank; i++) offset += index[i] * stride[i];
        copy_element(target + n * width, source + offset * width, width, swap);
        for (int i = rank - 1; i >= 0 && ++index[i] == (size_t)header->shape.dim[i]; i--) index[i] = 0;
    }
}

static bool is_big_endian(void) {
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

bool npy_array(Arena *arena, Diagnostics *diags, const char *label, const unsigned char *data, size_t size,
               Array *out) {
    NpyHeader header;
    if (!npy_header(arena, diags, label, data, size, &header)) return false;
    const size_t width = dtype_size(header.dtype), bytes = header.elements * width;
    const unsigned char *source = data + header.data_offset;
    const bool swap = width > 1 && header.big_endian != is_big_endian();
    out->dtype = header.dtype;
    out->shape = header.shape;
    out->count = header.elements;
    out->data = arena_alloc(arena, bytes);
    if (swap || (header.fortran_order && header.shape.rank > 1))
        copy_reordered(out->data, source, &header, swap);
    else if (bytes)
        memcpy(out->data, source, bytes);
    unsigned char *flags = out->data;
    for (size_t i = 0; header.dtype == DTYPE_BOOL && i < bytes; i++) flags[i] = flags[i] != 0;
    return true;
}

static const char *descr_of(DType dtype) {
    switch (dtype) {
    case DTYPE_FLOAT32: return "<f4";
    case DTYPE_FLOAT64: return "<f8";
    case DTYPE_FLOAT16: return "<f2";
    case DTYPE_INT8: return "|i1";
    case DTYPE_UINT8: return "|u1";
    case DTYPE_INT16: return "<i2";
    case DTYPE_UINT16: return "<u2";
    case DTYPE_INT32: return "<i4";
    case DTYPE_UINT32: return "<u4";
    case DTYPE_INT64: return "<i8";
    case DTYPE_UINT64: return "<u8";
    case DTYPE_BOOL: return "|b1";
    default: return NULL;
    }
}

const char *npy_make_header(Arena *arena, DType dtype, const Shape *shape, size_t *size) {
    Text text = text_new(arena);
    text_add_n(&text, (const char *)MAGIC, sizeof MAGIC);
    text_add_n(&text, "\x01\0\0\0", 4); /* version 1.0; the length comes below */
    text_printf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr_of(dtype),
                shape_text(arena, shape));
    while ((text.length + 1) % 64) text_char(&text, ' ');
    text_char(&text, '\n');
    text.data[8] = (char)((text.length - 10) & 0xFF);
    text.data[9] = (char)((text.length - 10) >> 8);
    *size = text.length;
    return text.data;
}

void npy_native(DType dtype, bool big_endian, void *data, size_t count) {
    unsigned char *bytes = data;
    const size_t width = dtype_size(dtype);
    if (width > 1 && big_endian != is_big_endian())
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < width / 2; k++) {
                const unsigned char byte = bytes[i * width + k];
                bytes[i * width + k] = bytes[i * width + width - 1 - k];
                bytes[i * width + width - 1 - k] = byte;
            }
    for (size_t i = 0; dtype == DTYPE_BOOL && i < count; i++) bytes[i] = bytes[i] != 0;
}
