/* Quantize: the Ir after the passes, and the ranges of its values on data, made an Ir that computes on int8.
 *
 * In:  an Ir of float32 ops; a ValueRange for each value, from quantize_calibrate or from a file.
 * Out: a new Ir. What has an int8 form computes on int8; all else stays float32, between QUANTIZE and
 *      DEQUANTIZE ops. The float Ir is left as it was.
 * docs/quantization.md has the arithmetic; the ops are those of ir.h with a Rescale.
 */
#ifndef LAMINA_QUANTIZE_QUANTIZE_H
#define LAMINA_QUANTIZE_QUANTIZE_H

#include "ir/execute.h"

/* What a value was seen to be; least > most: it was not seen. */
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
/* The ranges of all values of `ir` (by Op.id), from running it on `batch` samples of `inputs`, of which each
 * has count[i] elements a sample. NULL with *error set. */
const ValueRange *quantize_calibrate(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs,
                                     const Calibration *calibration, const char **error);

/* An op that was quantised, or (`why` not NULL) why it was not. */
typedef struct QuantizedOp {
    const Op *real; /* of the Ir that was given */
    const Op *int8; /* of the new one; NULL: it stayed float32 */
    const char *why;
} QuantizedOp;
typedef VEC(QuantizedOp) QuantizedOps;

/* NULL after reporting. `ops`: one row for each op that computes. */
Ir *quantize_ir(const Ir *ir, const ValueRange *ranges, QuantizedOps *ops);

#endif
