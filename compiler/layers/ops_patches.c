/* keras.ops functions that cut out of a tensor: slice, image.extract_patches; and convert_to_tensor.
 *
 * Source: keras/src/ops/core.py, keras/src/ops/image.py. Patches are computed there by a convolution with a
 * kernel of ones and zeros; here the pixels are moved.
 */
#include <string.h>

#include "base/checked.h"
#include "layers/ops.h"
#include "layers/spatial.h"

bool ops_convert_infer(LayerCall *call, OpsAttrs *attrs) {
    (void)attrs;
    return ops_dtype(call, 1, call->inputs[0]->dtype, &call->output_dtypes[0]);
}

/* ---- slice(inputs, start_indices, shape) ---- */

bool ops_slice_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    const char *whole = shape_text(call->graph->arena, shape);
    Shape begin, extent, *out = &call->output_shapes[0];
    if (!ops_read_ints(call, 1, &begin) || !ops_read_ints(call, 2, &extent)) return false;
    if (extent.rank != shape->rank || begin.rank != shape->rank)
        return ops_invalid(call, extent.rank != shape->rank ? 2 : 1,
                           "slice() needs a start and an extent for each of the axes of shape %s", whole);
    *out = extent;
    for (int i = 0; i < shape->rank; i++) {
        const int64_t size = shape->dim[i], length = extent.dim[i];
        attrs->number[i] = begin.dim[i];
        if (length == DIM_UNKNOWN && size != DIM_UNKNOWN) out->dim[i] = size - begin.dim[i];
        const bool fits =
            begin.dim[i] >= 0 && out->dim[i] >= DIM_UNKNOWN &&
            (size == DIM_UNKNOWN || (begin.dim[i] <= size && out->dim[i] <= size - begin.dim[i]));
        if (!fits)
            return ops_invalid(call, 1,
                               "slice() leaves the tensor of shape %s: axis %d, from %lld, %lld elements",
                               whole, i, (long long)begin.dim[i], (long long)length);
    }
    return true;
}

bool ops_slice_lower(const OpsLower *o) {
    int64_t step[SHAPE_MAX_RANK];
    const Shape *from = &o->inputs[0]->shape, *to = &o->node->outputs[0]->shape;
    for (int i = 0; i < from->rank; i++) {
        step[i] = 1;
        if (from->dim[i] == DIM_UNKNOWN && (o->attrs->number[i] != 0 || to->dim[i] != DIM_UNKNOWN))
            return lower_unsupported(o->l, o->node,
                                     "slice() takes a part of an axis whose extent is not known");
    }
    o->outputs[0] = ir_slice(o->l, o->node, o->inputs[0], o->attrs->number, to->dim, step);
    return true;
}

/* ---- image.extract_patches(images, size, strides, dilation_rate, padding, data_format) ---- */

enum { MOST_AXES = 3, STRIDES = MOST_AXES, DILATION = 2 * MOST_AXES };

/* An int for all axes, or one for each; absent: `fallback`. */
static bool read_each(LayerCall *call, int param, int n, const int64_t *fallback, int64_t *out) {
    Shape given;
    if (value_is_none(ops_attrs(call)->value[param])) {
        memcpy(out, fallback, (size_t)n * sizeof *out);
        return true;
    }
    if (!ops_read_ints(call, param, &given)) return false;
    for (int i = 0; i < n; i++) {
        out[i] = given.dim[given.rank == 1 ? 0 : i];
        if ((given.rank != 1 && given.rank != n) || out[i] < 1)
            return ops_invalid(call, param, "extract_patches() expects one positive integer, or %d of them",
                               n);
    }
    return true;
}

static bool read_formats(LayerCall *call, OpsAttrs *attrs) {
    const char *padding = value_c_str(attrs->value[4]), *format = value_c_str(attrs->value[5]);
    int choice = !format ? -1 : strcmp(format, "channels_first") == 0 ? CHANNELS_FIRST : CHANNELS_LAST;
    layer_data_format(call->graph, &choice);
    attrs->keep = padding && strcmp(padding, "same") == 0;
    attrs->axes = choice == CHANNELS_FIRST;
    if (!padding || (!attrs->keep && strcmp(padding, "valid") != 0))
        return ops_invalid(call, 4, "`padding` is 'valid' or 'same'");
    if (format && choice == CHANNELS_LAST && strcmp(format, "channels_last") != 0)
        return ops_invalid(call, 5, "`data_format` is 'channels_last' or 'channels_first'");
    return true;
}

/* Where the patches of an axis begin: how many, and how many zeros lie before. */
typedef struct Places {
    int64_t count, before, after;
} Places;

static bool find_places(const OpsAttrs *attrs, int axis, int64_t size, Places *out) {
    const int64_t stride = attrs->number[STRIDES + axis];
    int64_t reach;
    *out = (Places){DIM_UNKNOWN, 0, 0};
    if (size == DIM_UNKNOWN) return true;
    if (!checked_mul(attrs->number[axis] - 1, attrs->number[DILATION + axis], &reach)) return false;
    if (!attrs->keep) {
        out->count = size > reach ? (size - reach - 1) / stride + 1 : 0;
        return out->count > 0;
    }
    out->count = (size - 1) / stride + 1;
    const int64_t more = (out->count - 1) * stride + reach + 1 - size;
    out->before = more > 0 ? more / 2 : 0;
    out->after = more > 0 ? more - out->before : 0;
    return size > 0;
}

bool ops_patches_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    const List *sizes = value_sequence(attrs->value[1]);
    const int n = sizes && sizes->items.count == 3 ? 3 : 2;
    const int64_t ones[MOST_AXES] = {1, 1, 1};
    attrs->axis = n;
    if (!read_each(call, 1, n, ones, attrs->number) || !read_formats(call, attrs) ||
        !read_each(call, 2, n, attrs->number, attrs->number + STRIDES) ||
        !read_each(call, 3, n, ones, attrs->number + DILATION))
        return false;
    if (shape->rank != n + 2)
        return ops_mismatch(call,
                            "extract_patches() needs a batch of images with %d axes, but received shape %s",
                            n + 2, shape_text(call->graph->arena, shape));
    const int first = attrs->axes ? 2 : 1, channels = attrs->axes ? 1 : n + 1;
    Shape *out = &call->output_shapes[0];
    for (int i = 0; i < n; i++) {
        Places places;
        if (!find_places(attrs, i, shape->dim[first + i], &places))
            return ops_mismatch(call, "extract_patches() finds no patch of size %s in an image of shape %s",
                                value_text(call->graph->arena, attrs->value[1]),
                                shape_text(call->graph->arena, shape));
        out->dim[first + i] = places.count;
        if (!checked_mul(out->dim[channels], attrs->number[i], &out->dim[channels]))
            return ops_invalid(call, 1, "the patches are too large");
    }
    return true;
}

/* The images with the zeros of padding='same'. */
static Op *padded(const OpsLower *o, Op *x, int first, int n) {
    int64_t before[SHAPE_MAX_RANK] = {0}, after[SHAPE_MAX_RANK] = {0}, all = 0;
    for (int i = 0; i < n; i++) {
        Places places;
        (void)find_places(o->attrs, i, x->shape.dim[first + i], &places);
        before[first + i] = places.before;
        after[first + i] = places.after;
        all += places.before + places.after;
    }
    return all ? ir_pad(o->l, o->node, x, before, after, 0) : x;
}

/* The pixels number `index` of all patches, as channels: a strided slice. */
static Op *pixel(const OpsLower *o, Op *x, int first, int64_t index) {
    const OpsAttrs *attrs = o->attrs;
    int64_t begin[SHAPE_MAX_RANK] = {0}, step[SHAPE_MAX_RANK];
    Shape extent = x->shape;
    for (int i = 0; i < extent.rank; i++) step[i] = 1;
    for (int i = attrs->axis - 1; i >= 0; i--) {
        begin[first + i] = index % attrs->number[i] * attrs->number[DILATION + i];
        step[first + i] = attrs->number[STRIDES + i];
        extent.dim[first + i] = o->node->outputs[0]->shape.dim[first + i];
        index /= attrs->number[i];
    }
    return ir_slice(o->l, o->node, x, begin, extent.dim, step);
}

/* Patches side by side, channels last: each axis in two, and those inside of patches moved behind. */
static Op *tiled(const OpsLower *o, Op *x) {
    const int n = o->attrs->axis;
    int64_t begin[SHAPE_MAX_RANK] = {0}, step[SHAPE_MAX_RANK] = {1, 1, 1, 1, 1};
    Shape kept = x->shape, split = {2 * n + 2, {x->shape.dim[0]}};
    int perm[SHAPE_MAX_RANK] = {0};
    for (int i = 0; i < n; i++) {
        const int64_t count = o->node->outputs[0]->shape.dim[i + 1], size = o->attrs->number[i];
        kept.dim[i + 1] = count * size;
        split.dim[1 + 2 * i] = count;
        split.dim[2 + 2 * i] = size;
        perm[1 + i] = 1 + 2 * i;
        perm[1 + n + i] = 2 + 2 * i;
    }
    split.dim[2 * n + 1] = x->shape.dim[n + 1];
    perm[2 * n + 1] = 2 * n + 1;
    if (!shape_equal(&kept, &x->shape)) x = ir_slice(o->l, o->node, x, begin, kept.dim, step);
    x = ir_transpose(o->l, o->node, ir_reshape(o->l, o->node, x, &split), perm);
    return ops_shaped(o, x, 0);
}

static bool is_tiling(const OpsAttrs *attrs) {
    bool plain = !attrs->axes && !attrs->keep;
    for (int i = 0; i < attrs->axis; i++)
        plain &= attrs->number[i] == attrs->number[STRIDES + i] && attrs->number[DILATION + i] == 1;
    return plain && 2 * attrs->axis + 2 <= SHAPE_MAX_RANK;
}

bool ops_patches_lower(const OpsLower *o) {
    enum { MOST = 4096 };
    const int first = o->attrs->axes ? 2 : 1, n = o->attrs->axis;
    Op *x = o->inputs[0];
    int64_t pixels = 1;
    for (int i = 0; i < n; i++) {
        if (x->shape.dim[first + i] == DIM_UNKNOWN)
            return lower_unsupported(o->l, o->node,
                                     "extract_patches() of images whose extents are not known");
        pixels *= o->attrs->number[i];
        if (pixels > MOST) return lower_unsupported(o->l, o->node, "patches of more than %d pixels", MOST);
    }
    if (is_tiling(o->attrs)) {
        o->outputs[0] = tiled(o, x);
        return true;
    }
    x = padded(o, x, first, n);
    Op **parts = ARENA_ARRAY(o->l->ir->arena, Op *, (size_t)pixels);
    for (int64_t i = 0; i < pixels; i++) parts[i] = pixel(o, x, first, i);
    o->outputs[0] = ir_concat(o->l, o->node, parts, (size_t)pixels, o->attrs->axes ? 1 : n + 1);
    return true;
}
