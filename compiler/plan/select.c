/* The step of a select: one call per sample, each operand with its strides in the result. */
#include "plan/planner.h"

static int64_t sample_stride(const Op *op) {
    return op_is_batched(op) ? op_extent(op, 0, op->shape.rank) : 0;
}

void plan_select(Planner *p, const Op *op) {
    static const char *const kernels[9] = {
        [1] = "select_b1", [2] = "select_b2", [4] = "select_b4", [8] = "select_b8"};
    const int first = op_is_batched(op) ? 1 : 0, rank = op->shape.rank - first;
    int64_t extent[SHAPE_MAX_RANK], stride[3][SHAPE_MAX_RANK];
    for (int i = 0; i < rank; i++) extent[i] = op->shape.dim[first + i];
    for (int i = 0; i < 3; i++) planner_broadcast_strides(op->inputs[i], op, first, stride[i]);
    const int n = planner_coalesce(rank, extent, (int64_t *[]){stride[0], stride[1], stride[2]}, 3);
    Step *step = planner_step(p, op, kernels[dtype_size(op->dtype)]);
    step->rounds.batched = op_is_batched(op);
    Descriptor *d = step_descriptor(p, step, "lmrt_selection");
    descriptor_size(d, "rank", n);
    descriptor_list(d, "extent", extent, n);
    descriptor_list(d, "c_stride", stride[0], n);
    descriptor_list(d, "a_stride", stride[1], n);
    descriptor_list(d, "b_stride", stride[2], n);
    for (int i = 0; i < 3; i++)
        step_buffer(step, planner_value(p, op->inputs[i]), 0, sample_stride(op->inputs[i]));
    step_buffer(step, planner_value(p, op), 0, sample_stride(op));
}
