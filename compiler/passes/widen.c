/* widen: float16 and bfloat16 are computed with in float32. Done before all other passes, so that weights are
 * folded and activations are fused in float32; plan/legalize.c does the same where this pass did not run. */
#include "passes/pass.h"

bool pass_widen(Ir *ir) {
    return rewrite_all(ir, (RewritePattern *[]){rewrite_widen_half}, 1);
}
