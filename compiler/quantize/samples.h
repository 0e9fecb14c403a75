/* Samples: one or two Irs of the same inputs, run by the reference executor over many samples, a few at a
 * time. */
#ifndef LAMINA_QUANTIZE_SAMPLES_H
#define LAMINA_QUANTIZE_SAMPLES_H

#include "ir/execute_op.h"
#include "quantize/quantize.h"

enum { SAMPLES_MOST_IRS = 2 };

/* The values of each Ir's ops, by Op.id, on the same samples. */
typedef struct SampleValues {
    Values *of[SAMPLES_MOST_IRS];
} SampleValues;

/* How many samples' values are kept at once; SIZE_MAX where a batch cannot be divided. */
size_t samples_at_once(const Ir *const *irs, size_t n_irs);

typedef void SamplesTake(void *context, Arena *scratch, const SampleValues *values);

/* False with *error set. What `take` allocates in `scratch` is gone afterwards. */
bool samples_run(Arena *arena, const Ir *const *irs, size_t n_irs, size_t batch, const ExactArray *inputs,
                 SamplesTake *take, void *context, const char **error);

#endif
