/* The ops that move elements and compute nothing: each is a strided copy. */
#include <math.h>
#include <string.h>

#include "ir/execute_op.h"
#include "reference.h"

_Static_assert((int)SHAPE_MAX_RANK <= LMRT_RANK, "the runtime's copies have as many axes as shapes");

/* A copy over v's extents with row-major strides on both sides, to be changed by the caller. */
static lmrt_copy copy_over(const Values *v, const Values *from, const Values *to) {
    lmrt_copy d = {.rank = v->rank};
    for (size_t i = 0; i < v->rank; i++) d.extent[i] = v->extent[i];
    if (from) values_strides(from, d.src_stride);
    if (to) values_strides(to, d.dst_stride);
    return d;
}

void step_reshape(Step *s) {
    if (s->result.count) memcpy(s->y, s->inputs[0].data, s->result.count * sizeof *s->y);
}

void step_concat(Step *s) {
    const int axis = s->op->as.concat.axis;
    double *y = s->y;
    for (size_t i = 0; i < s->op->n_inputs; i++) {
        const lmrt_copy d = copy_over(&s->inputs[i], &s->inputs[i], &s->result);
        lmref_copy(&d, s->inputs[i].data, y);
        y += (ptrdiff_t)s->inputs[i].extent[axis] * d.dst_stride[axis];
    }
}

void step_slice(Step *s) {
    lmrt_copy d = copy_over(&s->result, &s->inputs[0], &s->result);
    const double *x = s->inputs[0].data;
    if (s->result.count == 0) return;
    for (size_t i = 0; i < d.rank; i++) {
        x += (ptrdiff_t)s->op->as.slice.begin[i] * d.src_stride[i];
        d.src_stride[i] *= (ptrdiff_t)s->op->as.slice.step[i];
    }
    lmref_copy(&d, x, s->y);
}

void step_pad(Step *s) {
    const lmrt_copy d = copy_over(&s->inputs[0], &s->inputs[0], &s->result);
    double *y = s->y;
    for (size_t i = 0; i < s->result.count; i++) y[i] = s->of_rests ? 0 : s->op->as.pad.value;
    if (s->inputs[0].count == 0) return;
    for (size_t i = 0; i < d.rank; i++) y += (ptrdiff_t)s->op->as.pad.before[i] * d.dst_stride[i];
    lmref_copy(&d, s->inputs[0].data, y);
}

void step_transpose(Step *s) {
    lmrt_copy d = copy_over(&s->result, NULL, &s->result);
    ptrdiff_t stride[SHAPE_MAX_RANK];
    values_strides(&s->inputs[0], stride);
    for (size_t i = 0; i < d.rank; i++) d.src_stride[i] = stride[s->op->as.transpose.perm[i]];
    lmref_copy(&d, s->inputs[0].data, s->y);
}

void step_broadcast(Step *s) {
    lmrt_copy d = copy_over(&s->result, NULL, &s->result);
    const Values *x = &s->inputs[0];
    ptrdiff_t stride[SHAPE_MAX_RANK];
    values_strides(x, stride);
    for (size_t i = 0; i < d.rank; i++) {
        const size_t added = d.rank - x->rank;
        d.src_stride[i] = i < added || x->extent[i - added] == 1 ? 0 : stride[i - added];
    }
    lmref_copy(&d, x->data, s->y);
}

/* Each element several times in a row: one more axis of stride 0 behind the repeated one. */
void step_repeat(Step *s) {
    const Values *x = &s->inputs[0];
    const size_t axis = (size_t)s->op->as.repeat.axis, count = (size_t)s->op->as.repeat.count;
    size_t outer = 1, inner = 1;
    for (size_t i = 0; i < axis; i++) outer *= x->extent[i];
    for (size_t i = axis + 1; i < x->rank; i++) inner *= x->extent[i];
    const ptrdiff_t step = (ptrdiff_t)inner;
    const lmrt_copy d = {.rank = 3,
                         .extent = {outer * x->extent[axis], count, inner},
                         .src_stride = {step, 0, 1},
                         .dst_stride = {step * (ptrdiff_t)count, step, 1}};
    lmref_copy(&d, x->data, s->y);
}

/* Ids are truncated; negative ones count from the end, as Keras' take has it. */
void step_gather(Step *s) {
    const Values *table = &s->inputs[0], *ids = &s->inputs[1];
    const size_t axis = (size_t)s->op->as.gather.axis, rows = table->extent[axis];
    size_t outer = 1, row = 1;
    for (size_t i = 0; i < axis; i++) outer *= table->extent[i];
    for (size_t i = axis + 1; i < table->rank; i++) row *= table->extent[i];
    for (size_t i = 0; i < outer * ids->count; i++) {
        double id = trunc(ids->data[i % ids->count]);
        if (id < 0) id += (double)rows;
        if (!(id >= 0 && id < (double)rows)) {
            s->error = "an index is out of range";
            return;
        }
        const double *from = table->data + (i / ids->count * rows + (size_t)id) * row;
        if (row) memcpy(s->y + i * row, from, row * sizeof *s->y);
    }
}

/* The order that puts the axes of the mask last. */
static void axes_last(size_t rank, uint32_t axes, size_t *order) {
    size_t at = 0;
    for (size_t i = 0; i < rank; i++)
        if (!((axes >> i) & 1)) order[at++] = i;
    for (size_t i = 0; i < rank; i++)
        if ((axes >> i) & 1) order[at++] = i;
}

/* x as it would be copied into the order with the axes last. */
static lmrt_copy reorder(const Values *x, uint32_t axes) {
    size_t order[SHAPE_MAX_RANK];
    ptrdiff_t stride[SHAPE_MAX_RANK], next = 1;
    lmrt_copy d = {.rank = x->rank};
    axes_last(x->rank, axes, order);
    values_strides(x, stride);
    for (size_t i = x->rank; i-- > 0;) {
        d.extent[i] = x->extent[order[i]];
        d.src_stride[i] = stride[order[i]];
        d.dst_stride[i] = next;
        next *= (ptrdiff_t)d.extent[i];
    }
    return d;
}

const double *step_axes_last(Step *s, const Values *x, uint32_t axes, size_t *n) {
    *n = 1;
    for (size_t i = 0; i < x->rank; i++)
        if ((axes >> i) & 1) *n *= x->extent[i];
    const lmrt_copy d = reorder(x, axes);
    double *out = ARENA_ARRAY(s->arena, double, x->count);
    lmref_copy(&d, x->data, out);
    return out;
}

void step_axes_back(Step *s, const Values *x, uint32_t axes, const double *from) {
    lmrt_copy d = reorder(x, axes);
    for (size_t i = 0; i < d.rank; i++) {
        const ptrdiff_t stride = d.src_stride[i];
        d.src_stride[i] = d.dst_stride[i];
        d.dst_stride[i] = stride;
    }
    lmref_copy(&d, from, s->y);
}
