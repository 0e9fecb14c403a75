/* The arithmetic of windows, as in keras/src/ops/operation_utils.py and TensorFlow's "SAME". */
#include "layers/spatial.h"

#include "base/checked.h"
#include "base/text.h"

const char *const SPATIAL_PADDINGS[] = {"valid", "same", NULL};
const char *const SPATIAL_PADDINGS_1D[] = {"valid", "same", "causal", NULL};

/* Elements that the window spans; false where that overflows. */
static bool window_span(const Window *window, int64_t *span) {
    return checked_mul(window->size - 1, window->dilation, span) && checked_add(*span, 1, span);
}

int64_t window_output(const Window *window, int64_t extent) {
    int64_t span;
    if (extent == DIM_UNKNOWN) return DIM_UNKNOWN;
    if (window->padding != PADDING_VALID) return extent == 0 ? 0 : (extent - 1) / window->stride + 1;
    if (!window_span(window, &span) || extent < span) return 0;
    return (extent - span) / window->stride + 1;
}

void window_padding(const Window *window, int64_t extent, int64_t *before, int64_t *after) {
    int64_t span = 0;
    *before = *after = 0;
    if (window->padding == PADDING_VALID || !window_span(window, &span)) return;
    if (window->padding == PADDING_CAUSAL) {
        *before = span - 1;
        return;
    }
    const int64_t outputs = window_output(window, extent);
    const int64_t total = (outputs - 1) * window->stride + span - extent;
    if (total <= 0) return;
    *before = total / 2;
    *after = total - *before;
}

static const char *window_text(Arena *arena, const Window *windows, int rank) {
    static const char *const NAMES[] = {"valid", "same", "causal"};
    Text text = text_new(arena);
    for (int i = 0; i < rank; i++) text_printf(&text, "%s%lld", i ? "x" : "", (long long)windows[i].size);
    text_printf(&text, ", strides %lld", (long long)windows[0].stride);
    for (int i = 1; i < rank; i++) text_printf(&text, "x%lld", (long long)windows[i].stride);
    bool dilated = false;
    for (int i = 0; i < rank; i++) dilated |= windows[i].dilation > 1;
    for (int i = 0; dilated && i < rank; i++)
        text_printf(&text, "%s%lld", i ? "x" : ", dilation ", (long long)windows[i].dilation);
    text_printf(&text, ", padding '%s'", NAMES[windows[0].padding]);
    return text.data;
}

bool spatial_infer(LayerCall *call, const Window *windows, int rank, int64_t channels, int data_format,
                   const char *what) {
    Arena *arena = call->graph->arena;
    Shape shape = spatial_last(&call->inputs[0]->shape, data_format);
    for (int i = 0; i < rank; i++) {
        const int64_t extent = shape.dim[1 + i], outputs = window_output(&windows[i], extent);
        shape.dim[1 + i] = outputs;
        if (extent == DIM_UNKNOWN || outputs > 0) continue;
        diag_report(call->graph->diags, E280, call->at,
                    "Computed output size of layer \"%s\" would be zero or negative: input shape %s, %s %s",
                    call->layer->name, shape_text(arena, &call->inputs[0]->shape), what,
                    window_text(arena, windows, rank));
        layer_note_input(call, 0);
        return false;
    }
    shape.dim[shape.rank - 1] = channels;
    call->output_shapes[0] = spatial_as(&shape, data_format);
    return true;
}

void spatial_pads(const Window *windows, int axes, const Op *x, int64_t *pad) {
    for (int i = 0; i < axes; i++) window_padding(&windows[i], x->shape.dim[1 + i], &pad[i], &pad[axes + i]);
}

void spatial_windows(const ParamInts *size, const ParamInts *stride, const ParamInts *dilation, int padding,
                     Window *windows) {
    for (int i = 0; i < size->count; i++)
        windows[i] = (Window){size->at[i], stride->at[i], dilation ? dilation->at[i] : 1, (Padding)padding};
}

Op *spatial_kernel(Lowering *lowering, const Node *node, size_t index, int axes) {
    Op *kernel = lower_weight(lowering, node, index);
    const int added = axes + 2 - kernel->shape.rank;
    if (added == 0) return kernel;
    Shape shape = {.rank = axes + 2};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = i < added ? 1 : kernel->shape.dim[i - added];
    return ir_reshape(lowering, node, kernel, &shape);
}

Conv2dAttrs spatial_conv_attrs(const Window windows[2], const Op *x, int64_t groups) {
    Conv2dAttrs attrs = {.stride = {windows[0].stride, windows[1].stride},
                         .dilation = {windows[0].dilation, windows[1].dilation},
                         .groups = groups};
    spatial_pads(windows, 2, x, attrs.pad);
    return attrs;
}
