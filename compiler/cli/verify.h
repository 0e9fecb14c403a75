/* What `lamina verify` found, and how it is printed. */
#ifndef LAMINA_CLI_VERIFY_H
#define LAMINA_CLI_VERIFY_H

#include <stdio.h>

#include "cli/quantize.h"

/* What was found beside the reference. */
typedef struct Difference {
    double error, bound;  /* where the error takes the largest share of its bound */
    double share;         /* less than 0: no element has a bound */
    size_t at, unbounded; /* that place; elements without a bound */
} Difference;

typedef struct VerifyRow {
    const char *what, *name, *way; /* "output" or "layer"; its name; by what it was computed */
    const char *place;             /* of the error: [1,2] */
    Difference found;
    size_t count;     /* of elements */
    bool is_distance; /* error: how far the expected values are from those of a quantised model; no bound
                         holds */
} VerifyRow;

typedef struct Verification {
    const char *model;
    size_t batch;
    VEC(VerifyRow) rows;              /* outputs, then layers */
    const DriverQuantized *quantized; /* measured; NULL: the model is not quantised */
} Verification;

void verify_print_text(const Verification *v, FILE *out);
void verify_print_json(const Verification *v, FILE *out);

#endif
