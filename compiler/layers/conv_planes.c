/* A three-dimensional convolution as sums of flat ones: a plane of the result is the sum of the planes that
 * the kernel meets there. For float64, which has a kernel for flat convolutions only.
 */
#include "layers/spatial.h"

typedef struct Planes {
    Lowering *l;
    const Node *node;
    Op *x, *kernel, *bias;
    Conv2dAttrs flat;
} Planes;

/* One plane of [...][depth][rows][columns][channels], without its axis. */
static Op *plane(const Planes *p, Op *x, int axis, int64_t index) {
    Shape shape = {.rank = x->shape.rank - 1};
    for (int i = 0, to = 0; i < x->shape.rank; i++)
        if (i != axis) shape.dim[to++] = x->shape.dim[i];
    return ir_reshape(p->l, p->node, ir_slice_axis(p->l, p->node, x, axis, index, 1), &shape);
}

/* The sum over the kernel's planes that lie inside; the first has the bias. A zero plane where none does. */
static Op *sum_planes(const Planes *p, int64_t begin, int64_t dilation) {
    const int64_t depth = p->x->shape.dim[1];
    Op *sum = NULL;
    for (int64_t k = 0; k < p->kernel->shape.dim[0]; k++) {
        const int64_t at = begin + k * dilation;
        if (at < 0 || at >= depth) continue;
        Op *part = ir_conv2d(p->l, p->node, plane(p, p->x, 1, at), plane(p, p->kernel, 0, k),
                             sum ? NULL : p->bias, &p->flat);
        sum = sum ? ir_binary(p->l, p->node, BIN_ADD, sum, part) : part;
    }
    if (sum) return sum;
    Op *none =
        ir_binary(p->l, p->node, BIN_MUL, plane(p, p->x, 1, 0), lower_scalar(p->l, p->node, p->x->dtype, 0));
    return ir_conv2d(p->l, p->node, none, plane(p, p->kernel, 0, 0), p->bias, &p->flat);
}

Op *conv_by_planes(Lowering *l, const Node *node, Op *x, Op *kernel, Op *bias, const Conv3dAttrs *attrs) {
    Planes p = {.l = l, .node = node, .x = x, .kernel = kernel, .bias = bias};
    const int64_t reach = (kernel->shape.dim[0] - 1) * attrs->dilation[0] + 1;
    const int64_t count = (x->shape.dim[1] + attrs->pad[0] + attrs->pad[3] - reach) / attrs->stride[0] + 1;
    for (int i = 0; i < 2; i++) {
        p.flat.stride[i] = attrs->stride[i + 1];
        p.flat.dilation[i] = attrs->dilation[i + 1];
        p.flat.pad[i] = attrs->pad[i + 1];
        p.flat.pad[i + 2] = attrs->pad[i + 4];
    }
    p.flat.groups = attrs->groups;
    Op **planes = ARENA_ARRAY(l->ir->arena, Op *, (size_t)count);
    for (int64_t i = 0; i < count && !l->ir->broken; i++) {
        Op *y = sum_planes(&p, i * attrs->stride[0] - attrs->pad[0], attrs->dilation[0]);
        const Shape shape = {5, {y->shape.dim[0], 1, y->shape.dim[1], y->shape.dim[2], y->shape.dim[3]}};
        planes[i] = ir_reshape(l, node, y, &shape);
    }
    return l->ir->broken ? x : ir_concat(l, node, planes, (size_t)count, 1);
}
