/* Quantize: the Ir after the passes, and the ranges of its values on data, made an Ir that computes on int8.
 *
 * In:  an Ir of float32 ops; what is Calibrated of its values, from data or from a file.
 * Out: a new Ir. What has an int8 form computes on int8; all else stays float32, between QUANTIZE and
 *      DEQUANTIZE ops. The float Ir is left as it was.
 * docs/quantization.md has the arithmetic; the ops are those of ir.h with a Rescale.
 */
#ifndef LAMINA_QUANTIZE_QUANTIZE_H
#define LAMINA_QUANTIZE_QUANTIZE_H

#include "ir/execute.h"

/* What a value was seen to be; least > most: it was not seen, or is to stay float32. */
typedef struct ValueRange {
    double least, most;
} ValueRange;

/* How the range that is represented follows from the values seen: all of them; without the rarest of either
 * end; or the part of them with the least mean squared error. */
typedef enum CalibrationWay { CALIBRATE_MINMAX, CALIBRATE_PERCENTILE, CALIBRATE_MSE } CalibrationWay;

typedef struct Calibration {
    CalibrationWay way;
    double percentile; /* of CALIBRATE_PERCENTILE: how many of 100 values are represented */
} Calibration;

/* Splits off the activations that are no limits, so that each int8 op has a range of its own. Before
 * quantize_calibrate. False after reporting. */
bool quantize_prepare(Ir *ir);
/* What data tell of each value, by Op.id. */
typedef struct Calibrated {
    const ValueRange *ranges;
    /* Of DENSE, CONV2D and DEPTHWISE_CONV2D: how much more each channel's sums are in the mean on int8, which
     * its bias makes up for; NULL: nothing that is sure. */
    const double **bias_errors;
} Calibrated;

/* Runs `ir` on `batch` samples of `inputs`. NULL with *error set. */
const Calibrated *quantize_calibrate(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs,
                                     const Calibration *calibration, const char **error);

/* What became of an op that computes, or of a float32 input. */
typedef struct QuantizedOp {
    const Op *real; /* of the Ir that was given */
    const Op *made; /* the same of the new one: int8 where it was quantised */
    const Op
        *int8; /* its value as int8: `made` itself, or a QUANTIZE for what reads it; NULL: nothing does */
    const char *why; /* why it was not quantised, where there is more to tell than that it has no int8 form */
} QuantizedOp;
typedef VEC(QuantizedOp) QuantizedOps;

/* NULL after reporting. `ops`: one row for each such op, in order. */
Ir *quantize_ir(const Ir *ir, const Calibrated *calibrated, QuantizedOps *ops);

/* ---- ranges.c: the ranges as a file ---- */

/* The JSON text; NULL where memory for it lacks. `weights`: a digest of those that the ranges were found with. */
const char *quantize_write_ranges(Arena *arena, const Ir *ir, const Calibrated *calibrated,
                                  const char *weights);
/* Reads it for the same Ir: NULL with *error set where it belongs to another. *weights: as it was written. */
const Calibrated *quantize_read_ranges(Arena *arena, const Ir *ir, const char *text, size_t length,
                                       const char **weights, const char **error);

/* ---- measure.c: what it costs in accuracy ---- */

/* Of one QuantizedOp, over all samples and elements, against the float Ir. */
typedef struct QuantizedError {
    double largest, rms, real_rms; /* the error's, and of the float values themselves */
    double saturated;              /* the part of the float values that int8 cannot reach, 0 to 1 */
} QuantizedError;

/* One for each of `ops`; NULL with *error set. Inputs as for quantize_calibrate. */
const QuantizedError *quantize_measure(Arena *arena, const Ir *real, const Ir *int8, const QuantizedOps *ops,
                                       size_t batch, const ExactArray *inputs, const char **error);

#endif
