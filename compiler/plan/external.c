/* The step of a C function that the user supplies: one call for all samples of the chunk, which it is told.
 * Every pointer is to row-major elements; nothing is packed. */
#include "plan/planner.h"

void plan_external(Planner *p, const Op *op) {
    Step *step = planner_external_step(p, op, op->as.external->function);
    step_count(step, op_is_batched(op), op_is_batched(op) ? 1 : op->shape.dim[0]);
    for (size_t i = 0; i < op->n_inputs; i++) step_buffer(step, planner_value(p, op->inputs[i]), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}
