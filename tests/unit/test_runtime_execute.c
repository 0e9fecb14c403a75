/* The reference executor on small graphs whose results are known by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"
#include "ir/execute.h"

typedef struct Fixture {
    Arena *arena;
    Ir *ir;
    Lowering l;
    Op *outputs[1];
} Fixture;

static void begin(Fixture *f) {
    memset(f, 0, sizeof *f);
    f->arena = arena_new();
    f->ir = ir_new(f->arena, NULL);
    f->l.ir = f->ir;
    f->ir->outputs = f->outputs;
    f->ir->n_outputs = 1;
}

static Shape shape(int rank, int64_t a, int64_t b, int64_t c) {
    return shape_make(rank, (int64_t[]){a, b, c});
}

static Op *input(Fixture *f, Shape s, DType dtype) {
    Op *op = ir_input(&f->l, NULL, "x", &s, dtype, 0);
    f->ir->inputs = arena_alloc(f->arena, sizeof op);
    f->ir->inputs[0] = op;
    f->ir->n_inputs = 1;
    return op;
}

static Op *floats(Fixture *f, Shape s, const float *data) {
    return ir_constant(&f->l, NULL, "c", &s, DTYPE_FLOAT32, data);
}

/* Runs the graph that ends in `op` and compares; frees everything. */
static void expect(Fixture *f, Op *op, size_t batch, const double *x, size_t n, const double *expected) {
    double *y[1] = {NULL};
    const char *error = NULL;
    f->outputs[0] = op;
    ir_renumber(f->ir);
    assert_true(ir_execute(f->arena, f->ir, batch, &x, y, &error));
    for (size_t i = 0; i < n; i++)
        if (!(y[0][i] == expected[i])) fail_msg("[%zu] is %.17g, not %.17g", i, y[0][i], expected[i]);
    arena_free(f->arena);
}

static void test_dense_with_epilogue(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    Op *x = input(&f, shape(2, DIM_UNKNOWN, 2, 0), DTYPE_FLOAT32);
    Op *y = ir_dense(&f.l, NULL, x, floats(&f, shape(2, 2, 3, 0), (float[]){1, 2, 3, 4, 5, 6}),
                     floats(&f, shape(1, 3, 0, 0), (float[]){0.5f, -100, 0}));
    y->epilogue.function = UNARY_RELU;
    expect(&f, y, 2, (double[]){1, 1, -1, 0}, 6, (double[]){5.5, 0, 9, 0, 0, 0});
}

static void test_reduce_keeps_the_order_of_the_other_axes(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    Op *x = input(&f, shape(3, DIM_UNKNOWN, 2, 3), DTYPE_FLOAT32);
    Op *y = ir_reduce(&f.l, NULL, x, REDUCE_SUM, 1u << 1, false);
    expect(&f, y, 2, (double[]){1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60}, 6,
           (double[]){5, 7, 9, 50, 70, 90});
}

static void test_broadcast_and_transpose(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    Op *x = input(&f, shape(3, DIM_UNKNOWN, 2, 1), DTYPE_FLOAT32);
    Op *sum = ir_binary(&f.l, NULL, BIN_ADD, x, floats(&f, shape(1, 3, 0, 0), (float[]){0, 10, 20}));
    Op *y = ir_transpose(&f.l, NULL, sum, (int[]){0, 2, 1});
    expect(&f, y, 1, (double[]){1, 2}, 6, (double[]){1, 2, 11, 12, 21, 22});
}

static void test_matmul_broadcasts_its_batches(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    Op *x = input(&f, shape(3, DIM_UNKNOWN, 1, 2), DTYPE_FLOAT32);
    Op *y = ir_matmul(&f.l, NULL, x, floats(&f, shape(2, 2, 2, 0), (float[]){1, 2, 3, 4}), true);
    expect(&f, y, 2, (double[]){1, 0, 1, 1}, 4, (double[]){1, 3, 3, 7});
}

static void test_integers_wrap(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    Op *x = input(&f, shape(2, DIM_UNKNOWN, 2, 0), DTYPE_INT32);
    Op *y = ir_binary(&f.l, NULL, BIN_ADD, x, x);
    expect(&f, y, 1, (double[]){2147483647, -3}, 2, (double[]){-2, -6});
}

static void test_cast_as_tensorflow(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    Op *x = input(&f, shape(2, DIM_UNKNOWN, 5, 0), DTYPE_FLOAT32);
    Op *y = ir_cast(&f.l, NULL, x, DTYPE_INT8);
    expect(&f, y, 1, (double[]){NAN, 300.7, -1.9, 1e20, 127}, 5, (double[]){0, 44, -1, 0, 127});
}

static void test_gather_and_its_range(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    Op *x = input(&f, shape(2, DIM_UNKNOWN, 2, 0), DTYPE_INT32);
    Op *y = ir_gather(&f.l, NULL, floats(&f, shape(2, 3, 1, 0), (float[]){7, 8, 9}), x);
    double *out[1];
    const double *bad[1] = {(double[]){0, 3}};
    const char *error = NULL;
    f.outputs[0] = y;
    ir_renumber(f.ir);
    assert_false(ir_execute(f.arena, f.ir, 1, bad, out, &error));
    assert_non_null(error);
    expect(&f, y, 1, (double[]){2, -3}, 2, (double[]){9, 7});
}

/* Folding computes in double and rounds once. */
static void test_constants_fold(void **state) {
    (void)state;
    Fixture f;
    begin(&f);
    const uint16_t halves[4] = {0x3c00, 0x0001, 0x7c00, 0x8000}; /* 1, the least subnormal, infinity, -0 */
    const Shape four = shape(1, 4, 0, 0);
    Op *c = ir_constant(&f.l, NULL, "h", &four, DTYPE_FLOAT16, halves);
    const uint16_t *sum = ir_evaluate_constant(f.arena, ir_binary(&f.l, NULL, BIN_ADD, c, c));
    assert_non_null(sum);
    assert_memory_equal(sum, ((uint16_t[]){0x4000, 0x0002, 0x7c00, 0x8000}), sizeof halves);
    Op *x = floats(&f, shape(1, 1, 0, 0), (float[]){0.1f});
    const float *exp = ir_evaluate_constant(f.arena, ir_unary(&f.l, NULL, x, UNARY_EXP, 0, 0, 0));
    const float expected = (float)(1.1051709180756477 + 1.6468373e-9); /* exp(0.1f) */
    assert_true(exp && fabsf(*exp - expected) <= 1.2e-7f);
    assert_null(ir_evaluate_constant(f.arena, input(&f, four, DTYPE_FLOAT32)));
    arena_free(f.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense_with_epilogue),
        cmocka_unit_test(test_reduce_keeps_the_order_of_the_other_axes),
        cmocka_unit_test(test_broadcast_and_transpose),
        cmocka_unit_test(test_matmul_broadcasts_its_batches),
        cmocka_unit_test(test_integers_wrap),
        cmocka_unit_test(test_cast_as_tensorflow),
        cmocka_unit_test(test_gather_and_its_range),
        cmocka_unit_test(test_constants_fold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
