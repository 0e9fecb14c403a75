/* --quantize: the step of the driver between the passes and the plan, and what is told of it. */
#ifndef LAMINA_CLI_QUANTIZE_H
#define LAMINA_CLI_QUANTIZE_H

#include "cli/driver.h"
#include "data/data.h"
#include "quantize/quantize.h"

typedef struct DriverQuantized {
    const Ir *real; /* what was quantised: after the passes */
    const Calibrated *calibrated;
    QuantizedOps ops;
    const Array *inputs; /* the calibration data; NULL: the ranges came from a file */
    size_t batch;
    const QuantizedError *errors; /* of driver_measure_quantization, on so many samples: */
    size_t samples;
    Arena *arena;
} DriverQuantized;

/* What is wrong with the use of --quantize and its companions; NULL: nothing. */
const char *driver_quantize_wrong(const Options *options);
bool driver_quantizes(const Driver *driver);
/* driver->ir, after the passes, on int8: finds the ranges once, and reports what stays float32. */
bool driver_quantize(Driver *driver);
/* The errors on this data, into driver->quantized. False after reporting. */
bool driver_measure_quantization(Driver *driver, const Array *inputs, size_t batch);
/* The table of scales and errors, once they were measured; and the same as a list for programs. */
void quantized_print_text(const DriverQuantized *quantized, FILE *out);
void quantized_print_json(const DriverQuantized *quantized, FILE *out);

#endif
