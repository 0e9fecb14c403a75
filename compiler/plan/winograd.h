/* Winograd convolution: whether a layer takes it, and what it takes. */
#ifndef LAMINA_PLAN_WINOGRAD_H
#define LAMINA_PLAN_WINOGRAD_H

#include "plan/parts.h"
#include "plan/planner.h"

/* A 3x3 convolution of stride 1, as the cost model sees it: of one sample. */
typedef struct WinogradShape {
    int64_t in_h, in_w, in_c, out_h, out_w, out_c;
    int64_t taps; /* pairs of an output and an input inside that meet */
} WinogradShape;

/* ---- winograd_cost.c ---- */
/* In cycles of a core that does one multiply-add of 16 lanes in each. `weights`: bytes of all weights of the
 * model, which its layers share the caches with. */
double winograd_direct_cost(const WinogradShape *s, int lanes, double weights);
/* For tiles of m x m outputs. */
double winograd_cost(const WinogradShape *s, int m, int lanes, double weights);
/* Tiles that are worked on at a time. */
int64_t winograd_block(const WinogradShape *s, int m);

/* ---- winograd_weights.c ---- */
/* w[3][3][in][out] transformed for tiles of m x m outputs and packed: [(m + 2)^2][panels][in][LMRT_PANEL].
 * NULL where a float cannot hold one of them. */
const float *winograd_weights(Arena *arena, const float *w, int64_t in, int64_t out, int m);

#endif
