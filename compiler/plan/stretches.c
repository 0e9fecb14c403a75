/* plan_stretches: which of the cuts are worth waking threads for.
 *
 * In:  a Program and the parts that its steps could have.
 * Out: the same parts, fewer or coarser. A thread that waits longer than the shortest steps take sleeps, and
 * waking it takes longer than a lone small step gains. Steps form stretches between which one thread works
 * alone for so long; in a stretch that gains too little for one sample, only what more samples bring is
 * shared.
 */
#include "plan/parts.h"

/* In tasks that are worth making. */
enum { ALONE = 8, WAKE = 4 };

typedef struct Stretch {
    size_t first, end;
    double gain;
} Stretch;

static void weigh(const Program *program, Parts **parts, const Stretch *stretch) {
    if (stretch->gain >= WAKE * (double)program->task_work) return;
    for (size_t i = stretch->first; i < stretch->end; i++) {
        if (!parts[i]) continue;
        if (parts_are_pieces(parts[i])) parts[i] = NULL;
        if (!parts[i]) continue;
        parts[i]->pieces = NULL;
        parts[i]->grain *= WAKE;
    }
}

void plan_stretches(const Program *program, Parts **parts) {
    const double share = 1.0 - 1.0 / program->threads;
    Stretch stretch = {0};
    double alone = 0.0;
    for (size_t i = 0; i < program->steps.count; i++) {
        const double work = sample_work(&program->steps.at[i]);
        alone = parts[i] ? 0.0 : alone + work;
        if (parts[i]) stretch.gain += share * work;
        if (alone <= ALONE * (double)program->task_work) continue;
        stretch.end = i;
        weigh(program, parts, &stretch);
        stretch = (Stretch){.first = i};
    }
    stretch.end = program->steps.count;
    weigh(program, parts, &stretch);
}
