/* Values, strings, types and comments in C's spelling; the same on every host and in every locale. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/emitter.h"

static const char *const enumerators[DTYPE_COMPILABLE] = {
    "LAMINA_FLOAT32", "LAMINA_FLOAT64", "LAMINA_FLOAT16", "LAMINA_BFLOAT16", "LAMINA_INT8",
    "LAMINA_UINT8",   "LAMINA_INT16",   "LAMINA_UINT16",  "LAMINA_INT32",    "LAMINA_UINT32",
    "LAMINA_INT64",   "LAMINA_UINT64",  "LAMINA_BOOL"};

const char *c_type(DType dtype) {
    if (dtype == DTYPE_BOOL) return "uint8_t";
    if (dtype == DTYPE_FLOAT16 || dtype == DTYPE_BFLOAT16) return "uint16_t";
    return dtype_c_name(dtype);
}

const char *c_input_type(const Buffer *input) {
    return input->sparse == SPARSE_CSR   ? "lamina_csr"
           : input->sparse == SPARSE_COO ? "lamina_coo"
                                         : c_type(input->dtype);
}

const char *c_dtype_enumerator(DType dtype) {
    return enumerators[dtype];
}

void c_float(Text *out, double value) {
    if (isnan(value)) {
        text_add(out, "NAN");
        return;
    }
    if (isinf(value)) {
        text_add(out, value > 0 ? "LMRT_INFINITY" : "LMRT_NEGATIVE_INFINITY");
        return;
    }
    char digits[64];
    snprintf(digits, sizeof digits, "%.9g", value);
    for (char *c = digits; *c; c++)
        if (*c == ',') *c = '.';
    text_add(out, digits);
    if (!strpbrk(digits, ".e")) text_add(out, ".0");
    text_char(out, 'f');
}

void c_string(Text *out, const char *text) {
    text_char(out, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\' || *c == '?')
            text_printf(out, "\\%c", *c);
        else if (*c < 0x20 || *c >= 0x7f)
            text_printf(out, "\\%03o", *c);
        else
            text_char(out, (char)*c);
    }
    text_char(out, '"');
}

void c_comment(Text *out, const char *text) {
    for (const char *c = text; *c; c++) {
        const bool closes = (c[0] == '*' && c[1] == '/') || (c[0] == '/' && c[1] == '*');
        text_char(out, (unsigned char)*c < 0x20 || *c == '\\' ? ' ' : *c);
        if (closes) text_char(out, ' ');
    }
}

void c_grouped(Text *out, size_t number) {
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%zu", number);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) text_char(out, ',');
        text_char(out, digits[i]);
    }
}
