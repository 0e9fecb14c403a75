/* Recurrent layers over whole sequences against their reference: all cells, flags, masks and awkward sizes.
 */
#include "conformance.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "reference.h"

typedef void Kernel(const lmrt_recurrent *d, size_t rows, const float *x, const float *w, const float *bias,
                    const float *h, const float *c, const uint8_t *mask, float *y, float *scratch);

enum { FLAGS = 64 };

static size_t panels_of(size_t units) {
    return (units + LMRT_PANEL - 1) / LMRT_PANEL;
}

/* [panels][rows][gates][LMRT_PANEL] of the gates [first, first + gates) of [rows][all][units] */
static float *pack(const float *in, size_t rows, size_t units, size_t all, size_t first, size_t gates,
                   float *out) {
    for (size_t panel = 0; panel < panels_of(units); panel++)
        for (size_t row = 0; row < rows; row++)
            for (size_t gate = 0; gate < gates; gate++)
                for (size_t j = 0; j < LMRT_PANEL; j++) {
                    const size_t unit = panel * LMRT_PANEL + j;
                    *out++ = unit < units ? in[(row * all + first + gate) * units + unit] : 0;
                }
    return out;
}

static float *packed(lmrt_cell cell, const float *in, size_t rows, size_t units) {
    const size_t gates = lmref_gate_count(cell), first = cell == LMRT_GRU_RESET_BEFORE ? 2 : gates;
    float *out = guarded(panels_of(units) * rows * gates * LMRT_PANEL);
    float *rest = pack(in, rows, units, gates, 0, first, out);
    if (first < gates) pack(in, rows, units, gates, first, gates - first, rest);
    return out;
}

static void scale(float *x, size_t n, float factor) {
    for (size_t i = 0; i < n; i++) x[i] *= factor;
}

static void test_cell(const Kernels *k, lmrt_cell cell, size_t rows, size_t units, size_t steps,
                      unsigned flags) {
    Kernel *const kernels[] = {k->simple_rnn_f32, k->lstm_f32, k->gru_f32, k->gru_reset_before_f32};
    const size_t gates = lmref_gate_count(cell), states = cell == LMRT_LSTM ? 2 : 1;
    const lmrt_recurrent d = {.units = units,
                              .steps = steps,
                              .sequences = flags & 1,
                              .states = flags >> 1 & 1,
                              .backwards = flags >> 2 & 1,
                              .flip = flags >> 3 & 1,
                              .zero_output = flags >> 4 & 1,
                              .zero_as_given = flags >> 5 & 1,
                              .plain = 1};
    const lmref_gates functions = {.cell = cell, .activation = LMRT_TANH, .recurrent = LMRT_SIGMOID};
    const size_t n_x = rows * steps * gates * units, n_w = units * gates * units, columns = gates * units;
    const size_t row = (d.sequences ? steps : 1) * units + d.states * states * units;
    float *x = numbers(n_x), *w = numbers(n_w), *bias = cell == LMRT_GRU ? numbers(columns) : NULL;
    float *h = flags & 1 ? numbers(rows * units) : NULL,
          *c = h && cell == LMRT_LSTM ? numbers(rows * units) : NULL;
    scale(w, n_w, 1.0f / (float)units);
    float *y = guarded(rows * row), *scratch = guarded(rows * 5 * panels_of(units) * LMRT_PANEL);
    uint8_t mask[64];
    double steps_mask[64], *expected = doubles(rows * row), *bound = doubles(rows * row),
                           *room = doubles(6 * units);
    for (size_t i = 0; i < rows * steps; i++) steps_mask[i] = mask[i] = (i * 7 + units) % 3 != 0;
    const bool masked = (flags & 16) || units % 2;
    double *dx = as_doubles(x, n_x), *dw = as_doubles(w, n_w),
           *dbias = bias ? as_doubles(bias, columns) : NULL;
    double *dh = h ? as_doubles(h, rows * units) : NULL, *dc = c ? as_doubles(c, rows * units) : NULL;
    for (size_t r = 0; r < rows; r++)
        lmref_recurrent(&d, &functions, dx + r * steps * columns, dw, dbias, dh ? dh + r * units : NULL,
                        dc ? dc + r * units : NULL, masked ? steps_mask + r * steps : NULL,
                        expected + r * row, room);
    for (size_t i = 0; i < rows * row; i++) bound[i] = 2e-5 * fmax(1, fabs(expected[i]));
    testing(k, "cell %d, %zu rows, %zu units, %zu steps, flags %u", (int)cell, rows, units, steps, flags);
    kernels[cell](&d, rows, x, packed(cell, w, units, units), bias ? packed(cell, bias, 1, units) : NULL, h,
                  c, masked ? mask : NULL, y, scratch);
    expect_close(y, expected, bound, rows * row);
    release();
}

/* Functions of the caller's: clamped, and by a map. */
static void test_functions(const Kernels *k) {
    const double clip[3] = {0, 0.5, 0}, none[3] = {0};
    const lmrt_recurrent d = {
        .units = 5,
        .steps = 4,
        .sequences = 1,
        .activation = {0.0f, 0.5f, NULL, {0}},
        .recurrent_activation = {LMRT_NEGATIVE_INFINITY, LMRT_INFINITY, k->softsign_f32, {0}}};
    const lmref_gates functions = {LMRT_LSTM, LMRT_CLIP, LMRT_SOFTSIGN, clip, none};
    float *x = numbers(80), *w = numbers(100), *y = guarded(20), *scratch = guarded(5 * LMRT_PANEL);
    double *expected = doubles(20), *bound = doubles(20), *room = doubles(30);
    scale(w, 100, 0.2f);
    lmref_recurrent(&d, &functions, as_doubles(x, 80), as_doubles(w, 100), NULL, NULL, NULL, NULL, expected,
                    room);
    for (size_t i = 0; i < 20; i++) bound[i] = 1e-5;
    testing(k, "lstm with clip and softsign");
    k->lstm_f32(&d, 1, x, packed(LMRT_LSTM, w, 5, 5), NULL, NULL, NULL, NULL, y, scratch);
    expect_close(y, expected, bound, 20);
    release();
}

int main(void) {
    static const size_t units[] = {1, 3, 15, 16, 17, 33}, rows[] = {1, 2, 3, 5}, steps[] = {1, 2, 5};
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        for (int cell = 0; cell < 4; cell++)
            for (size_t u = 0; u < 6; u++)
                for (size_t r = 0; r < 4; r++)
                    for (unsigned flags = 0; flags < FLAGS; flags += 1 + (unsigned)(u + r) % 3)
                        test_cell(*k, (lmrt_cell)cell, rows[r], units[u], steps[(u + r + flags) % 3], flags);
        test_functions(*k);
    }
    return conformance_result();
}
