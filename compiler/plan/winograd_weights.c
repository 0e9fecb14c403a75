/* The weights of a 3x3 convolution as Winograd's minimal filtering takes them: G w G^T for each pair of
 * channels, computed in double and rounded once. */
#include <math.h>

#include "lmrt.h"
#include "plan/winograd.h"

enum { MOST_POINTS = 6 };

/* The line of G of a point p is (1, p, p^2) over the product of its distances from the other points. The
 * kernels leave out the powers of 3/4 in the rows of A^T, for which the last line makes up. */
static const double POINTS_2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
static const double POINTS_4[MOST_POINTS][3] = {
    {64.0 / 81, 0, 0},
    {-128.0 / 243, -32.0 / 81, -8.0 / 27},
    {-128.0 / 243, 32.0 / 81, -8.0 / 27},
    {32.0 / 243, 16.0 / 81, 8.0 / 27},
    {32.0 / 243, -16.0 / 81, 8.0 / 27},
    {0, 0, 64.0 / 27},
};

static double transformed(const double (*g)[3], const float *w, int64_t step, int row, int column) {
    double sum = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) sum += g[row][i] * g[column][j] * (double)w[(i * 3 + j) * step];
    return sum;
}

const float *winograd_weights(Arena *arena, const float *w, int64_t in, int64_t out, int m) {
    const double(*g)[3] = m == 2 ? POINTS_2 : POINTS_4;
    const int n = m + 2;
    const int64_t panels = (out + LMRT_PANEL - 1) / LMRT_PANEL;
    float *packed = ARENA_ARRAY(arena, float, (size_t)(n * n * panels * in * LMRT_PANEL));
    bool finite = true;
    for (int64_t k = 0; k < in; k++)
        for (int64_t j = 0; j < out; j++)
            for (int point = 0; point < n * n; point++) {
                const double value = transformed(g, w + k * out + j, in * out, point / n, point % n);
                const int64_t panel = point * panels + j / LMRT_PANEL;
                const float rounded = (float)value;
                packed[(panel * in + k) * LMRT_PANEL + j % LMRT_PANEL] = rounded;
                finite &= isfinite(rounded) != 0;
            }
    return finite ? packed : NULL;
}
