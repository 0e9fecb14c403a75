/* Where buffers lie in one piece of memory: placement.c knows nothing but their bytes and lifetimes. */
#ifndef LAMINA_PLAN_PLACEMENT_H
#define LAMINA_PLAN_PLACEMENT_H

#include "plan/program.h"

typedef struct Slots {
    Buffer **at;
    size_t count;
} Slots;

/* The most bytes that live at any one step: no placement takes less. */
size_t placement_bound(Arena *scratch, const Slots *slots, size_t n_steps);
/* Gives every buffer an offset, so that those that live at the same time do not overlap; the order of `slots`
 * changes. Returns the total, the bound wherever one is found that reaches it. */
size_t placement_find(Arena *scratch, const Slots *slots, size_t n_steps, size_t bound);

#endif
