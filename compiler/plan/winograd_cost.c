/* What a 3x3 convolution of stride 1 costs, directly and by Winograd's minimal filtering.
 *
 * The unit is a cycle of a core that does one multiply-add of 16 lanes in each, with the caches of a present
 * server core; the constants were fitted to measurements of shapes from 3x3 to 112x112 pixels and 3 to 512
 * channels. Only the ratios matter, and they are much the same with narrower vectors.
 */
#include "lmrt.h"
#include "plan/winograd.h"

static const double PIXEL = 9.0; /* of a pixel and panel, direct: what is not a multiply-add */
static const double SPREAD_2 = 60, GATHER_2 = 60; /* transforms of a tile, for one vector of channels */
static const double SPREAD_4 = 290, GATHER_4 = 230;
static const double POINT = 3.0; /* of a tile, point and panel: the sums before and after */

/* Bytes a cycle from where the weights are, and how many bytes may be there. */
static const double L2_BYTES = 512e3, L2_SPEED = 32;
static const double L3_BYTES = 16e6, L3_SPEED = 22, MEMORY_SPEED = 5;

static int64_t quotient_up(int64_t n, int64_t by) {
    return (n + by - 1) / by;
}

static double vectors(int64_t n, int lanes) {
    return (double)quotient_up(n, lanes) * lanes / 16.0;
}

static double panels(int64_t n) {
    return (double)quotient_up(n, LMRT_PANEL);
}

/* Multiply-adds while `bytes` of weights come in: mostly at the same time. */
static double overlapped(double work, double bytes, double all) {
    const double speed = all > L3_BYTES ? MEMORY_SPEED : bytes > L2_BYTES ? L3_SPEED : L2_SPEED;
    const double wait = bytes / speed;
    return work > wait ? work + wait / 2 : wait + work / 2;
}

double winograd_direct_cost(const WinogradShape *s, int lanes, double weights) {
    (void)lanes; /* whole panels */
    const double columns = panels(s->out_c), pixels = (double)(s->out_h * s->out_w);
    const double work = (double)s->taps * (double)s->in_c * columns;
    const double bytes = 9.0 * (double)s->in_c * columns * LMRT_PANEL * sizeof(float);
    return overlapped(work, bytes, weights) + pixels * columns * PIXEL;
}

static double tiles(const WinogradShape *s, int m) {
    return (double)quotient_up(s->out_h, m) * (double)quotient_up(s->out_w, m);
}

static double weight_bytes(const WinogradShape *s, int m) {
    return (double)((m + 2) * (m + 2)) * (double)s->in_c * panels(s->out_c) * LMRT_PANEL * sizeof(float);
}

double winograd_cost(const WinogradShape *s, int m, int lanes, double weights) {
    const double points = (double)((m + 2) * (m + 2)), all = tiles(s, m), bytes = weight_bytes(s, m);
    const double columns = panels(s->out_c);
    const double work = all * points * columns * ((double)s->in_c + POINT);
    const double spread = vectors(s->in_c, lanes) * (m == 2 ? SPREAD_2 : SPREAD_4);
    const double gather = vectors(s->out_c, lanes) * (m == 2 ? GATHER_2 : GATHER_4);
    const double more = bytes * (1.0 - 9.0 / points); /* than a direct convolution holds */
    return overlapped(work, bytes, weights + more) + all * (spread + gather);
}

/* As many as share the reading of weights that do not stay in the nearest cache; fewer leave more of it to
 * the values, and are a smaller scratch. */
int64_t winograd_block(const WinogradShape *s, int m) {
    const double bytes = weight_bytes(s, m), all = tiles(s, m);
    const int64_t most = bytes > 2e6 ? 32 : bytes > 256e3 ? 16 : s->out_c > LMRT_PANEL ? 8 : 12;
    const int64_t least = 4, count = (int64_t)all;
    if (count >= most) return most;
    return count < least ? least : count;
}
