/* The pieces of Python's three ways to format: format specifications, "%" and str.format share them. */
#ifndef LAMINA_ELABORATE_FORMAT_H
#define LAMINA_ELABORATE_FORMAT_H

#include "elaborate/value_ops_parts.h"

/* [[fill]align][sign][z][#][0][width][grouping][.precision][type] */
typedef struct FormatSpec {
    char fill[5]; /* one code point; "" where none is given */
    char align;   /* '<' '>' '=' '^', or 0 */
    char sign;    /* '+' '-' ' ', or 0 */
    bool alternate, zero_pad, no_negative_zero;
    int64_t width;     /* 0: none */
    int64_t precision; /* -1: none */
    char grouping;     /* ',' '_', or 0 */
    char type;         /* 0: none */
} FormatSpec;

/* A number in pieces: what stands around the digits keeps its place when zeros or separators come in. */
typedef struct NumberText {
    const char *sign, *prefix; /* "-", "0x" */
    const char *digits;        /* before the point */
    const char *rest;          /* point, fraction, exponent, percent sign */
} NumberText;

bool format_parse_spec(Eval *eval, const char *text, const char *type_name, SourceRange at, FormatSpec *out);
/* Adds the number with grouping, zeros, fill and alignment ('>' unless the specification says otherwise). */
void format_add_number(Text *text, const NumberText *number, const FormatSpec *spec);
void format_add_aligned(Text *text, const char *data, size_t length, const FormatSpec *spec,
                        char fallback_align);

/* The pieces of a float for types e E f F g G n % and 0 (repr-like). */
NumberText format_float(Arena *arena, double value, const FormatSpec *spec);
/* The pieces of an int for types b o x X d n and 0. */
NumberText format_int(Arena *arena, int64_t value, const FormatSpec *spec);
/* The first `precision` code points; all where it is negative. */
size_t format_cut(const Str *str, int64_t precision);

#endif
