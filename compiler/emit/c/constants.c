/* Weights and other constants in C: small arrays as readable numbers, large ones as rows of bytes, which a C
 * compiler reads a hundred times faster; or outside, in one file whose layout is the order of the constants.
 */
#include <inttypes.h>
#include <string.h>

#include "emit/c/emitter.h"

enum { READABLE_ELEMENTS = 1024, PER_LINE = 8, ROW_BYTES = 2048, LEAST_ROW_BYTES = 64, LARGE = 1 << 17 };

/* The least number of a type has no literal of its own in C. */
static void print_signed(Text *out, int64_t value, int64_t least) {
    if (value == least)
        text_printf(out, "(%" PRId64 " - 1)", value + 1);
    else
        text_printf(out, "%" PRId64, value);
}

static void print_element(Text *out, const Buffer *b, int64_t i) {
    switch (b->dtype) {
    case DTYPE_FLOAT32: c_float(out, (double)((const float *)b->data)[i]); break;
    case DTYPE_INT8: text_printf(out, "%d", ((const int8_t *)b->data)[i]); break;
    case DTYPE_BOOL:
    case DTYPE_UINT8: text_printf(out, "%d", ((const uint8_t *)b->data)[i]); break;
    case DTYPE_INT16: text_printf(out, "%d", ((const int16_t *)b->data)[i]); break;
    case DTYPE_UINT16: text_printf(out, "%d", ((const uint16_t *)b->data)[i]); break;
    case DTYPE_UINT32: text_printf(out, "%" PRIu32 "u", ((const uint32_t *)b->data)[i]); break;
    case DTYPE_INT32: print_signed(out, ((const int32_t *)b->data)[i], INT32_MIN); break;
    case DTYPE_INT64: print_signed(out, ((const int64_t *)b->data)[i], INT64_MIN); break;
    default: break;
    }
}

/* Types whose numbers are always readable; the others go as bytes. */
static bool is_readable(const Buffer *b) {
    if (b->count == 0) return true;
    if (b->count > READABLE_ELEMENTS) return false;
    switch (b->dtype) {
    case DTYPE_FLOAT32:
        for (int64_t i = 0; i < b->count; i++)
            if (((const float *)b->data)[i] != ((const float *)b->data)[i])
                return false; /* NaNs keep their bits */
        return true;
    case DTYPE_INT8:
    case DTYPE_UINT8:
    case DTYPE_BOOL:
    case DTYPE_INT16:
    case DTYPE_UINT16:
    case DTYPE_UINT32:
    case DTYPE_INT32:
    case DTYPE_INT64: return true;
    default: return false;
    }
}

/* What fills a vector is read by vectors, which should not lie across two lines of the cache. */
static bool is_aligned(const Buffer *b) {
    return constant_bytes(b) >= WEIGHTS_ALIGN;
}

static void emit_readable(const Buffer *b, const char *name, Text *out) {
    const int64_t length = b->count ? b->count : 1; /* C has no arrays of no elements */
    text_printf(out, "static const %s %s[%" PRId64 "]%s = {", c_type(b->dtype), name, length,
                is_aligned(b) ? " LMRT_ALIGNED" : "");
    if (b->layout) text_printf(out, " /* %s */", b->layout);
    for (int64_t i = 0; i < b->count; i++) {
        text_add(out, i % PER_LINE == 0 ? "\n    " : " ");
        print_element(out, b, i);
        if (i + 1 < b->count) text_char(out, ',');
    }
    if (b->count == 0) text_char(out, '0');
    text_add(out, "};\n");
}

/* A byte in a string literal, in as few characters as possible; `digit_follows`: none that could join the
 * next. */
static size_t print_byte(char *out, unsigned char c, bool digit_follows) {
    size_t at = 0;
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '?') {
        out[at++] = (char)c;
        return at;
    }
    out[at++] = '\\';
    if (c >= 0100 || digit_follows) out[at++] = (char)('0' + (c >> 6));
    if (c >= 010 || digit_follows) out[at++] = (char)('0' + (c >> 3 & 7));
    out[at++] = (char)('0' + (c & 7));
    return at;
}

enum { BYTES = 256, MOST = 4 }; /* characters for a byte */

/* print_byte for every byte, before a digit and before anything else: large weights are 100 million bytes. */
typedef struct ByteTable {
    char text[2][BYTES][MOST];
    unsigned char length[2][BYTES];
} ByteTable;

static void fill_table(ByteTable *table) {
    for (int digit = 0; digit < 2; digit++)
        for (int c = 0; c < BYTES; c++)
            table->length[digit][c] =
                (unsigned char)print_byte(table->text[digit][c], (unsigned char)c, digit);
}

static void emit_row(Text *out, const ByteTable *table, const unsigned char *bytes, size_t n) {
    text_reserve(out, n * MOST);
    char *at = out->data + out->length;
    for (size_t i = 0; i < n; i++) {
        const int digit = i + 1 < n && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
        memcpy(at, table->text[digit][bytes[i]], MOST);
        at += table->length[digit][bytes[i]];
    }
    *at = '\0';
    out->length = (size_t)(at - out->data);
}

/* As long as rows can be without filling up the last one, which would be flash on a small machine; of what is
 * large they are long, since rows are what a C compiler takes its time for. */
static size_t row_bytes(size_t bytes) {
    size_t row = ROW_BYTES;
    while (bytes < LARGE && row > LEAST_ROW_BYTES && bytes % row != 0) row /= 2;
    return row;
}

static void emit_bytes(const ByteTable *table, const Buffer *b, const char *name, Text *out) {
    const size_t bytes = constant_bytes(b), length = row_bytes(bytes), rows = (bytes + length - 1) / length;
    text_printf(out,
                "static const union { char bytes[%zu][%zu]; %s value[%" PRId64 "]; } %s LMRT_ALIGNED = {{",
                rows, length, c_type(b->dtype), b->count, name);
    if (b->layout) text_printf(out, " /* %s */", b->layout);
    const unsigned char *data = b->data;
    for (size_t row = 0; row < rows; row++) {
        const size_t n = bytes - row * length < length ? bytes - row * length : length;
        text_add(out, row ? ",\n\"" : "\n\"");
        emit_row(out, table, data + row * length, n);
        text_char(out, '"');
    }
    text_add(out, "}};\n");
}

static void emit_incbin(Emitter *e, Text *out) {
    text_add(
        out,
        "#if !defined(__GNUC__) || !defined(__ELF__)\n"
        "#error \"This file includes its weights through the assembler of gcc or clang on ELF systems.\"\n"
        "#endif\n");
    text_printf(out,
                "__asm__(\".pushsection .rodata\\n\"\n"
                "        \".balign %d\\n\"\n"
                "        \"%s_weights_data:\\n\"\n"
                "        \".incbin \\\"%s.weights.bin\\\"\\n\"\n"
                "        \".popsection\\n\");\n",
                WEIGHTS_ALIGN, e->prefix, e->options->stem);
    text_printf(out,
                "extern const unsigned char %s_weights_data[] __attribute__((visibility(\"hidden\")));\n\n",
                e->prefix);
}

static void emit_origin(Emitter *e, const Buffer *b, Text *out) {
    text_add(out, "/* ");
    c_comment(out, b->name);
    if (b->origin->origin) {
        text_add(out, ": ");
        c_comment(out, ir_origin_text(e->arena, e->options->sources, b->origin));
    }
    text_add(out, " */\n");
}

void emit_constants(Emitter *e, Text *out) {
    const Program *p = e->program;
    if (e->options->weights != WEIGHTS_INLINE) {
        for (size_t i = 0; i < p->constants.count; i++) e->constant_values[i] = e->constants[i];
        if (e->options->weights == WEIGHTS_INCBIN && e->weights_bytes) emit_incbin(e, out);
        return;
    }
    size_t bytes = 0;
    bool aligned = false;
    for (size_t i = 0; i < p->constants.count; i++) {
        const Buffer *b = p->constants.at[i];
        if (!is_readable(b)) bytes += constant_bytes(b);
        aligned |= is_aligned(b);
    }
    text_reserve(out, bytes / 8 * 23); /* floats take 2.8 characters a byte */
    ByteTable table;
    fill_table(&table);
    if (bytes)
        text_add(out, "#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__\n"
                      "#error \"The weights are stored as little-endian bytes.\"\n#endif\n"
                      "#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 15\n"
                      "#pragma GCC diagnostic ignored \"-Wunterminated-string-initialization\"\n#endif\n");
    if (bytes || aligned)
        text_add(
            out,
            "#ifndef LMRT_ALIGNED\n#if defined(__GNUC__)\n#define LMRT_ALIGNED __attribute__((aligned(64)))\n"
            "#else\n#define LMRT_ALIGNED\n#endif\n#endif\n");
    for (size_t i = 0; i < p->constants.count; i++) {
        const Buffer *b = p->constants.at[i];
        const bool readable = is_readable(b);
        emit_origin(e, b, out);
        if (readable)
            emit_readable(b, e->constants[i], out);
        else
            emit_bytes(&table, b, e->constants[i], out);
        e->constant_values[i] =
            readable ? e->constants[i] : arena_printf(e->arena, "%s.value", e->constants[i]);
    }
    if (p->constants.count) text_char(out, '\n');
}

const char *c_constant_address(const Emitter *e, const Buffer *b, const char *of) {
    if (e->options->weights == WEIGHTS_INLINE) return e->constant_values[b->index];
    const char *type = c_type(b->dtype);
    const char *file = e->options->weights == WEIGHTS_BINARY
                           ? arena_printf(e->arena, "(const unsigned char *)%sweights", of)
                           : arena_printf(e->arena, "%s_weights_data", e->prefix);
    return arena_printf(e->arena, "(const %s *)(const void *)(%s + %zu)", type, file,
                        e->constant_offsets[b->index]);
}

/* Where the weights are outside: their addresses, as locals of the run function. */
void emit_constant_locals(Emitter *e, Text *out) {
    if (e->options->weights == WEIGHTS_INLINE) return;
    for (size_t i = 0; i < e->program->constants.count; i++) {
        const Buffer *b = e->program->constants.at[i];
        text_printf(out, "    const %s *const %s = %s;\n", c_type(b->dtype), e->constants[i],
                    c_constant_address(e, b, ""));
    }
}
