/* The ops with windows that move over spatial axes, sample by sample: convolutions and their transposes,
 * pools; and the weighted sums along an axis. */
#include "ir/execute_op.h"
#include "reference.h"

const double *step_bias(const Step *s) {
    return op_bias(s->op) ? s->inputs[2].data : NULL;
}

static size_t sample(const Values *v) {
    size_t count = 1;
    for (size_t i = 1; i < v->rank; i++) count *= v->extent[i];
    return count;
}

/* ---- the fields that descriptors share: of inputs x and results y, of kernels w, of the op's attributes a
 */

#define SPATIAL_2D(x, y) .in_h = (x)[1], .in_w = (x)[2], .out_h = (y)[1], .out_w = (y)[2]
#define SPATIAL_3D(x, y)                                                                                     \
    .in_d = (x)[1], .in_h = (x)[2], .in_w = (x)[3], .in_c = (x)[4], .out_d = (y)[1], .out_h = (y)[2],        \
    .out_w = (y)[3], .out_c = (y)[4]
#define KERNEL_2D(w, a)                                                                                      \
    .kernel_h = (w)[0], .kernel_w = (w)[1], .dilation_h = (size_t)(a)->dilation[0],                          \
    .dilation_w = (size_t)(a)->dilation[1]
#define KERNEL_3D(w) .kernel_d = (w)[0], .kernel_h = (w)[1], .kernel_w = (w)[2]
#define STEP_2D(a)                                                                                           \
    .stride_h = (size_t)(a)->stride[0], .stride_w = (size_t)(a)->stride[1], .pad_top = (size_t)(a)->pad[0],  \
    .pad_left = (size_t)(a)->pad[1]
#define STRIDE_3D(a)                                                                                         \
    .stride_d = (size_t)(a)->stride[0], .stride_h = (size_t)(a)->stride[1], .stride_w = (size_t)(a)->stride[2]

/* ---- two axes ---- */

void step_conv2d(Step *s) {
    const Conv2dAttrs *a = &s->op->as.conv2d;
    const size_t *x = s->inputs[0].extent, *w = s->inputs[1].extent, *y = s->result.extent;
    const lmrt_conv2d d = {SPATIAL_2D(x, y), KERNEL_2D(w, a), STEP_2D(a),
                           .in_c = x[3],     .out_c = y[3],   .groups = (size_t)a->groups};
    const size_t in = sample(&s->inputs[0]), out = sample(&s->result);
    for (size_t i = 0; i < x[0]; i++)
        lmref_conv2d(&d, s->inputs[0].data + i * in, s->inputs[1].data, step_bias(s), s->y + i * out);
}

void step_depthwise(Step *s) {
    const Conv2dAttrs *a = &s->op->as.conv2d;
    const size_t *x = s->inputs[0].extent, *w = s->inputs[1].extent, *y = s->result.extent;
    const lmrt_depthwise d = {SPATIAL_2D(x, y), KERNEL_2D(w, a), STEP_2D(a), .c = x[3]};
    const size_t in = sample(&s->inputs[0]), out = sample(&s->result);
    for (size_t i = 0; i < x[0]; i++)
        lmref_depthwise(&d, w[3], s->inputs[0].data + i * in, s->inputs[1].data, step_bias(s),
                        s->y + i * out);
}

void step_pool2d(Step *s) {
    const Pool2dAttrs *a = &s->op->as.pool2d;
    const size_t *x = s->inputs[0].extent, *y = s->result.extent;
    const lmrt_pool2d d = {SPATIAL_2D(x, y), STEP_2D(a), .c = x[3], .size_h = (size_t)a->size[0],
                           .size_w = (size_t)a->size[1]};
    const size_t in = sample(&s->inputs[0]), out = sample(&s->result);
    for (size_t i = 0; i < x[0]; i++)
        lmref_pool2d(&d, a->function == POOL_AVG, s->inputs[0].data + i * in, s->y + i * out);
}

/* ---- three axes ---- */

void step_conv3d(Step *s) {
    const Conv3dAttrs *a = &s->op->as.conv3d;
    const size_t *x = s->inputs[0].extent, *w = s->inputs[1].extent, *y = s->result.extent;
    const lmrt_conv3d d = {SPATIAL_3D(x, y),
                           KERNEL_3D(w),
                           STRIDE_3D(a),
                           .dilation_d = (size_t)a->dilation[0],
                           .dilation_h = (size_t)a->dilation[1],
                           .dilation_w = (size_t)a->dilation[2],
                           .pad_front = (size_t)a->pad[0],
                           .pad_top = (size_t)a->pad[1],
                           .pad_left = (size_t)a->pad[2],
                           .groups = (size_t)a->groups};
    const size_t in = sample(&s->inputs[0]), out = sample(&s->result);
    for (size_t i = 0; i < x[0]; i++)
        lmref_conv3d(&d, s->inputs[0].data + i * in, s->inputs[1].data, step_bias(s), s->y + i * out);
}

void step_conv_transpose(Step *s) {
    const Conv3dAttrs *a = &s->op->as.conv3d;
    const size_t *x = s->inputs[0].extent, *w = s->inputs[1].extent, *y = s->result.extent;
    const lmrt_conv_transpose d = {SPATIAL_3D(x, y),
                                   KERNEL_3D(w),
                                   STRIDE_3D(a),
                                   .cut_front = (size_t)a->pad[0],
                                   .cut_top = (size_t)a->pad[1],
                                   .cut_left = (size_t)a->pad[2]};
    const size_t in = sample(&s->inputs[0]), out = sample(&s->result);
    for (size_t i = 0; i < x[0]; i++)
        lmref_conv_transpose(&d, s->inputs[0].data + i * in, s->inputs[1].data, step_bias(s), s->y + i * out);
}

/* ---- along one axis ---- */

void step_resample(Step *s) {
    const Values *x = &s->inputs[0], *starts = &s->inputs[1], *weights = &s->inputs[2];
    const size_t axis = (size_t)s->op->as.resample.axis;
    lmrt_resample d = {.in = x->extent[axis], .out = starts->count, .inner = 1, .taps = weights->extent[1]};
    size_t outer = 1;
    for (size_t i = 0; i < axis; i++) outer *= x->extent[i];
    for (size_t i = axis + 1; i < x->rank; i++) d.inner *= x->extent[i];
    lmref_resample(&d, outer, starts->data, weights->data, x->data, s->y);
}
