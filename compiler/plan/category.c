/* The steps of categories: one kernel over all elements, with the table behind the counts. */
#include "plan/planner.h"

static const char *kernel_of(const Op *op) {
    switch (op->as.category.function) {
    case CATEGORY_BUCKET: return op->inputs[0]->dtype == DTYPE_FLOAT64 ? "bucket_f64" : "bucket_f32";
    case CATEGORY_FIND: return "find_i64";
    default: return "hash_i64";
    }
}

void plan_category(Planner *p, const Op *op) {
    Step *step = planner_step(p, op, kernel_of(op));
    step_count(step, op_is_batched(op), op_extent(op, 0, op->shape.rank));
    step_count(step, false, op->inputs[1]->shape.dim[0]);
    step_buffer(step, planner_value(p, op->inputs[1]), 0, 0);
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}
