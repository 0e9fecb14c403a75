/* The ops over volumes: convolutions of three spatial axes and their transposes, sample by
 * sample; and the weighted sums along an axis. */
#include "ir/execute_op.h"
#include "reference.h"

static const double *bias_of(const Step *s) {
    return op_bias(s->op) ? s->inputs[2].data : NULL;
}

static size_t sample(const size_t *extent) {
    return extent[1] * extent[2] * extent[3] * extent[4];
}

void step_conv3d(Step *s) {
    const Conv3dAttrs *a = &s->op->as.conv3d;
    const size_t *x = s->inputs[0].extent, *w = s->inputs[1].extent, *y = s->result.extent;
    const lmrt_conv3d d = {.in_d = x[1],
                           .in_h = x[2],
                           .in_w = x[3],
                           .in_c = x[4],
                           .out_d = y[1],
                           .out_h = y[2],
                           .out_w = y[3],
                           .out_c = y[4],
                           .kernel_d = w[0],
                           .kernel_h = w[1],
                           .kernel_w = w[2],
                           .stride_d = (size_t)a->stride[0],
                           .stride_h = (size_t)a->stride[1],
                           .stride_w = (size_t)a->stride[2],
                           .dilation_d = (size_t)a->dilation[0],
                           .dilation_h = (size_t)a->dilation[1],
                           .dilation_w = (size_t)a->dilation[2],
                           .pad_front = (size_t)a->pad[0],
                           .pad_top = (size_t)a->pad[1],
                           .pad_left = (size_t)a->pad[2],
                           .groups = (size_t)a->groups};
    for (size_t i = 0; i < x[0]; i++)
        lmref_conv3d(&d, s->inputs[0].data + i * sample(x), s->inputs[1].data, bias_of(s),
                     s->y + i * sample(y));
}

void step_conv_transpose(Step *s) {
    const Conv3dAttrs *a = &s->op->as.conv3d;
    const size_t *x = s->inputs[0].extent, *w = s->inputs[1].extent, *y = s->result.extent;
    const lmrt_conv_transpose d = {.in_d = x[1],
                                   .in_h = x[2],
                                   .in_w = x[3],
                                   .in_c = x[4],
                                   .out_d = y[1],
                                   .out_h = y[2],
                                   .out_w = y[3],
                                   .out_c = y[4],
                                   .kernel_d = w[0],
                                   .kernel_h = w[1],
                                   .kernel_w = w[2],
                                   .stride_d = (size_t)a->stride[0],
                                   .stride_h = (size_t)a->stride[1],
                                   .stride_w = (size_t)a->stride[2],
                                   .cut_front = (size_t)a->pad[0],
                                   .cut_top = (size_t)a->pad[1],
                                   .cut_left = (size_t)a->pad[2]};
    for (size_t i = 0; i < x[0]; i++)
        lmref_conv_transpose(&d, s->inputs[0].data + i * sample(x), s->inputs[1].data, bias_of(s),
                             s->y + i * sample(y));
}

void step_resample(Step *s) {
    const Values *x = &s->inputs[0], *starts = &s->inputs[1], *weights = &s->inputs[2];
    const size_t axis = (size_t)s->op->as.resample.axis;
    lmrt_resample d = {.in = x->extent[axis], .out = starts->count, .inner = 1, .taps = weights->extent[1]};
    size_t outer = 1;
    for (size_t i = 0; i < axis; i++) outer *= x->extent[i];
    for (size_t i = axis + 1; i < x->rank; i++) d.inner *= x->extent[i];
    lmref_resample(&d, outer, starts->data, weights->data, x->data, s->y);
}
