/* Resizing along one axis: a table of weights for each output position, as TensorFlow's image ops compute it.
 */
#ifndef LAMINA_LAYERS_RESIZE_H
#define LAMINA_LAYERS_RESIZE_H

#include "layers/rules.h"

typedef enum ResizeMethod {
    RESIZE_NEAREST,
    RESIZE_BILINEAR,
    RESIZE_BICUBIC,
    RESIZE_LANCZOS3,
    RESIZE_LANCZOS5
} ResizeMethod;
/* Their names, NULL-terminated. */
extern const char *const RESIZE_METHODS[];

/* x with `height` x `width` pixels in the place of its own; x has its channels last. */
Op *resize_image(Lowering *lowering, const Node *node, Op *x, int64_t height, int64_t width,
                 ResizeMethod method, bool antialias);
/* Of images of whole numbers Keras makes such images again, whatever type it tells: rounded, within the type.
 * Floats stay as they are. */
Op *resize_whole(Lowering *lowering, const Node *node, Op *y, DType dtype);
/* False after reporting where an axis of [first, last) is open: its weights would be known at run time only.
 */
bool resize_possible(Lowering *lowering, const Node *node, const Op *x, int first, int last);
/* y[i] = sum of weights[i * taps + k] * x[starts[i] + k] along the axis. */
Op *resize_axis(Lowering *lowering, const Node *node, Op *x, int axis, int64_t out, int64_t taps,
                const int32_t *starts, const double *weights);

#endif
