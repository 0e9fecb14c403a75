/* One copy of all kernels for one vector unit, as a table: compiled once per unit with LMRT_COPY (the table's
 * name), LMRT_COPY_NAME and the unit's flags. Doing this also shows that the kernels compile as they stand.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "conformance.h"

#include "simd/simd_begin.h"

#include "kernels/affine.c"
#include "kernels/binary.c"
#include "kernels/binary_scalar.c"
#include "kernels/cast.c"
#include "kernels/conv2d.c"
#include "kernels/copy.c"
#include "kernels/dense.c"
#include "kernels/depthwise.c"
#include "kernels/gather.c"
#include "kernels/matmul.c"
#include "kernels/normalize.c"
#include "kernels/pool2d.c"
#include "kernels/reduce.c"
#include "kernels/softmax.c"
#include "kernels/sparsemax.c"
#include "kernels/unary_basic.c"
#include "kernels/unary_erf.c"
#include "kernels/unary_exp.c"
#include "kernels/unary_libm.c"
#include "kernels/unary_log.c"

const Kernels LMRT_COPY = {
    .unit = LMRT_COPY_NAME,
    .lanes = LMRT_LANES,
#define KERNEL(file, copies, result, name, parameters, arguments) .name = LMRT_##copies(name),
#define LMRT_VECTOR(name) LMRT(name)
#define LMRT_PLAIN(name) lmrt_##name
#include "kernels.def"
#undef KERNEL
};
