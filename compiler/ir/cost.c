/* What an op costs: the multiply-accumulate operations of products. In: an op with its shapes. Out: a number
 * for one sample, where the batch is open. Invariant: a count is exact, or false is returned.
 */
#include "base/checked.h"
#include "ir/ir.h"

/* The extents of the axes [first, last); that of an open batch counts once. */
static bool product(const Shape *shape, int first, int last, int64_t *out) {
    for (int axis = first; axis < last; axis++)
        if (shape->dim[axis] != DIM_UNKNOWN && !checked_mul(*out, shape->dim[axis], out)) return false;
    return true;
}

static bool whole(const Shape *shape, int64_t *out) {
    return product(shape, 0, shape->rank, out);
}

bool ir_op_macs(const Op *op, int64_t *macs) {
    const Shape *x = op->n_inputs > 0 ? &op->inputs[0]->shape : NULL;
    const Shape *kernel = op->n_inputs > 1 ? &op->inputs[1]->shape : NULL;
    *macs = 1;
    switch (op->kind) {
    case OP_DENSE:
    case OP_SPARSE_DENSE: return whole(&op->shape, macs) && product(kernel, 0, 1, macs);
    case OP_CONV2D:
    case OP_CONV3D: return whole(&op->shape, macs) && product(kernel, 0, kernel->rank - 1, macs);
    case OP_DEPTHWISE_CONV2D: return whole(&op->shape, macs) && product(kernel, 0, 2, macs);
    case OP_CONV_TRANSPOSE: /* each place of the input, all but its channels, times the kernel */
        return product(x, 0, x->rank - 1, macs) && whole(kernel, macs);
    case OP_RECURRENT: /* the recurrent kernel; that of the inputs is a dense op before it */
        return product(x, 0, 2, macs) && whole(kernel, macs);
    case OP_MATMUL: return whole(&op->shape, macs) && product(x, x->rank - 1, x->rank, macs);
    default: *macs = 0; return true;
    }
}
