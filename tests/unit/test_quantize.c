/* Ranges, numbers and factors of quantisation, by hand. */
#include "ir_case.h"

#include "quantize/numbers.h"

/* Values spread over -1 .. 1, and one far out. */
static ValueRange calibrated(const Calibration *calibration) {
    enum { SAMPLES = 1000, WIDTH = 400 };
    Case c = case_new();
    case_output(&c, "y",
                ir_unary(&c.l, NULL, case_input(&c, "x", CASE_SHAPE(DIM_UNKNOWN, WIDTH), DTYPE_FLOAT32),
                         UNARY_NEGATE, 0, 0, 0));
    ir_renumber(c.ir);
    double *x = ARENA_ARRAY(c.arena, double, SAMPLES *WIDTH);
    for (size_t i = 0; i < SAMPLES * WIDTH; i++) x[i] = case_random(&c);
    x[12345] = -5;
    const char *error = NULL;
    const Calibrated *calibrated =
        quantize_calibrate(c.arena, c.ir, SAMPLES, &(ExactArray){.data = x}, calibration, &error);
    assert_non_null(calibrated);
    const ValueRange range = calibrated->ranges[c.ir->outputs[0]->id];
    arena_free(c.arena);
    return range;
}

static void minmax_takes_everything(void **state) {
    (void)state;
    const ValueRange range = calibrated(&(Calibration){CALIBRATE_MINMAX, 0});
    assert_true(range.most == 5);
    assert_true(range.least < -0.999 && range.least >= -1);
}

static void a_percentile_leaves_the_rarest_out(void **state) {
    (void)state;
    const ValueRange range = calibrated(&(Calibration){CALIBRATE_PERCENTILE, 99.9});
    assert_true(range.most > 0.99 && range.most < 1.01);
    assert_true(range.least < -0.99);
    const ValueRange narrow = calibrated(&(Calibration){CALIBRATE_PERCENTILE, 50});
    assert_true(narrow.most > 0.49 && narrow.most < 0.51);
}

static void least_squares_give_one_value_up_for_many(void **state) {
    (void)state;
    const ValueRange range = calibrated(&(Calibration){CALIBRATE_MSE, 0});
    assert_true(range.most > 0.9 && range.most < 4);
}

static void zero_is_a_number_of_every_range(void **state) {
    (void)state;
    const struct {
        ValueRange range;
        double scale;
        int32_t zero;
    } ROWS[] = {
        {{0, 255}, 1, -128}, {{-255, 0}, 1, 127}, {{-128, 127}, 1, 0}, {{10, 510}, 2, -128}, {{0, 0}, 1, 0}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        Quantization q;
        assert_true(quantization_of(ROWS[i].range, &q));
        assert_true(q.scale == ROWS[i].scale);
        assert_int_equal(q.zero, ROWS[i].zero);
        assert_int_equal(quantized(&q, 0), q.zero);
    }
}

static void ranges_without_a_scale_are_refused(void **state) {
    (void)state;
    const ValueRange RANGES[] = {{1, -1},    {-INFINITY, 1}, {0, INFINITY},
                                 {NAN, NAN}, {0, 1e-40},     {-3e38, 3e38 * 1e38}};
    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
        assert_false(quantization_of(RANGES[i], &(Quantization){0}));
}

static void factors_are_the_nearest_of_31_bits(void **state) {
    (void)state;
    const double REALS[] = {1, 0.5, -0.75, 1.0 / 3, 1e-9, 123456.789, 8388607, 1 - 1e-12};
    for (size_t i = 0; i < sizeof REALS / sizeof *REALS; i++) {
        FixedFactor f;
        assert_true(factor_of(REALS[i], &f));
        const double found = ldexp(f.multiplier, -f.shift);
        assert_true(fabs(found - REALS[i]) <= fabs(REALS[i]) * 0x1p-30);
    }
    FixedFactor f;
    assert_false(factor_of(0x1p23, &f));
    assert_true(factor_of(0, &f) && f.multiplier == 0);
}

static void a_large_bias_widens_the_scale_of_its_channel(void **state) {
    (void)state;
    Arena *arena = arena_new();
    const float kernel[] = {1e-6f, 1, 1e-6f, -1}, bias[] = {1e6f, 1};
    IntWeights w;
    assert_true(int_weights(arena, kernel, bias, 2, 2, 0.01, &w));
    assert_true(abs(w.bias[0]) <= 1 << 30);
    assert_true(fabs(w.bias[0] * 0.01 * w.scales[0] - 1e6) < 1);
    assert_int_equal(w.kernel[1], 127);
    assert_int_equal(w.kernel[3], -127);
    arena_free(arena);
}

static void weights_that_are_no_numbers_are_refused(void **state) {
    (void)state;
    Arena *arena = arena_new();
    assert_false(int_weights(arena, (float[]){NAN, 1}, NULL, 2, 1, 1, &(IntWeights){0}));
    assert_false(int_weights(arena, (float[]){INFINITY, 1}, NULL, 2, 1, 1, &(IntWeights){0}));
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(minmax_takes_everything),
                                       cmocka_unit_test(a_percentile_leaves_the_rarest_out),
                                       cmocka_unit_test(least_squares_give_one_value_up_for_many),
                                       cmocka_unit_test(zero_is_a_number_of_every_range),
                                       cmocka_unit_test(ranges_without_a_scale_are_refused),
                                       cmocka_unit_test(factors_are_the_nearest_of_31_bits),
                                       cmocka_unit_test(a_large_bias_widens_the_scale_of_its_channel),
                                       cmocka_unit_test(weights_that_are_no_numbers_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
