/* Which forms of the kernels (LMRT_FORM_* of runtime/include/lmrt.h) the shapes of a Program call for.
 *
 * In:  the steps. Out: a set of forms; a kernel works without any of them, more slowly. Where a shape is
 * known only at run time, or a kernel is not listed here, all its forms are needed.
 */
#include <string.h>

#include "emit/kernels.h"
#include "lmrt.h"

enum {
    TILES = LMRT_FORM_TILE_PAIR | LMRT_FORM_TILE_HALF,
    STRIPS = LMRT_FORM_STRIP_3_1 | LMRT_FORM_STRIP_3_2 | LMRT_FORM_STRIP_5_1 | LMRT_FORM_STRIP_5_2,
    NARROW = LMRT_FORM_NARROW_3 | LMRT_FORM_NARROW_5
};

static int64_t field(const Step *step, const char *name) {
    const Descriptor *d = step->args[0].kind == ARG_DESCRIPTOR ? step->args[0].descriptor : NULL;
    for (int i = 0; d && i < d->n_fields; i++)
        if (strcmp(d->fields[i].name, name) == 0) return d->fields[i].values[0];
    return 0;
}

/* Matrix products by so many columns (kernels/tile_run.h). */
static unsigned tile_forms(int64_t columns) {
    const int64_t rest = columns % LMRT_PANEL;
    const unsigned pair = columns > LMRT_PANEL + LMRT_PANEL / 2 ? LMRT_FORM_TILE_PAIR : 0;
    return pair | (rest > 0 && rest <= LMRT_PANEL / 2 ? LMRT_FORM_TILE_HALF : 0);
}

/* kernels/depthwise_strip.h. Any line may be short, so a narrow image has strips too. */
static unsigned depthwise_forms(const Step *step) {
    const int64_t kernel = field(step, "kernel_w"), stride = field(step, "stride_w");
    unsigned forms = 0;
    if (kernel == 3) forms = stride == 1 ? LMRT_FORM_STRIP_3_1 | LMRT_FORM_NARROW_3 : LMRT_FORM_STRIP_3_2;
    if (kernel == 5) forms = stride == 1 ? LMRT_FORM_STRIP_5_1 | LMRT_FORM_NARROW_5 : LMRT_FORM_STRIP_5_2;
    /* the edge of a wider window has fewer taps */
    if (kernel > 3) forms |= stride == 1 ? LMRT_FORM_STRIP_3_1 : LMRT_FORM_STRIP_3_2;
    if (kernel > 5) forms |= stride == 1 ? LMRT_FORM_STRIP_5_1 : LMRT_FORM_STRIP_5_2;
    if (stride > 2) forms &= NARROW;
    const int64_t width = field(step, "out_w");
    return width < 3 || width > 7 ? forms & ~(unsigned)NARROW : width < 6 ? forms & NARROW : forms;
}

static unsigned step_forms(const Step *step) {
    const int64_t groups = field(step, "groups"), channels = field(step, "out_c");
    if (strcmp(step->kernel, "depthwise_f32") == 0) return depthwise_forms(step);
    if (strcmp(step->kernel, "dense_f32") == 0) return tile_forms(field(step, "n"));
    if (strcmp(step->kernel, "matmul_f32") == 0) return TILES;
    return channels > 0 ? tile_forms(channels / (groups > 0 ? groups : 1)) : 0;
}

unsigned kernel_forms(const Program *program) {
    unsigned forms = program->n_dims ? TILES | STRIPS | NARROW : 0;
    for (size_t i = 0; i < program->steps.count; i++) forms |= step_forms(&program->steps.at[i]);
    return forms;
}
