/* Which tile does a job: whole panels, two at a time where the unit has the registers, or half a panel. */
#pragma once

#include "kernels/tile_half.h"

/* True where so many columns end with at most half a panel that has a tile of its own. */
LMRT_INLINE int LMRT(tile_ends_half)(size_t columns) {
    const size_t rest = columns % LMRT_PANEL;
    return LMRT_HAS(LMRT_FORM_TILE_HALF) && LMRT_LANES > 1 && rest > 0 && rest <= LMRT_PANEL / 2;
}

/* Rows per tile where `rows` rows of so many columns are to be cut into tiles: as few tiles as can be, none
 * much lower than the others. */
LMRT_INLINE size_t LMRT(tile_height)(size_t rows, size_t columns) {
    const size_t whole = columns - (LMRT(tile_ends_half)(columns) ? columns % LMRT_PANEL : 0);
    const size_t most = whole == 0 ? LMRT_HALF_ROWS : whole > LMRT_PANEL ? LMRT_ROWS : LMRT_TALL_ROWS;
    const size_t tiles = (rows + most - 1) / most;
    return tiles ? (rows + tiles - 1) / tiles : 1;
}

/* All columns of the job for its `count` rows. */
LMRT_INLINE void LMRT(tile_run)(const LMRT(job) *job) {
    const size_t rest = LMRT(tile_ends_half)(job->columns) ? job->columns % LMRT_PANEL : 0;
    const size_t whole = job->columns - rest;
#if LMRT_PANELS > 1
    if (LMRT_HAS(LMRT_FORM_TILE_PAIR) && whole > LMRT_PANEL) {
        LMRT(tile_pair)(job);
        return;
    }
#endif
    for (size_t first = 0; first < whole; first += LMRT_VECTORS * LMRT_LANES) LMRT(tile_single)(job, first);
#if LMRT_LANES > 1
    if (LMRT_HAS(LMRT_FORM_TILE_HALF) && rest) LMRT(tile_halves)(job, whole);
#endif
}
