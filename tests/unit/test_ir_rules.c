/* The builders' shapes and types, and what the rules refuse. */
#include "ir_case.h"

#define BATCH DIM_UNKNOWN

static void assert_shape(const Op *op, Shape wanted) {
    Arena *arena = arena_new();
    assert_string_equal(shape_text(arena, &op->shape), shape_text(arena, &wanted));
    arena_free(arena);
}

static void shapes_follow(void **state) {
    (void)state;
    Case c = case_new();
    Lowering *l = &c.l;
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 9, 8, 6), DTYPE_FLOAT32);
    const Conv2dAttrs a = {.stride = {2, 1}, .dilation = {1, 3}, .pad = {1, 0, 1, 2}, .groups = 2};
    assert_shape(ir_conv2d(l, NULL, x, case_weights(&c, "k", CASE_SHAPE(3, 2, 3, 4)), NULL, &a),
                 CASE_SHAPE(BATCH, 5, 7, 4));
    const Conv2dAttrs unit = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    assert_shape(ir_depthwise_conv2d(l, NULL, x, case_weights(&c, "d", CASE_SHAPE(9, 8, 6, 2)), NULL, &unit),
                 CASE_SHAPE(BATCH, 1, 1, 12));
    assert_shape(ir_reduce(l, NULL, x, REDUCE_MEAN, 6, false), CASE_SHAPE(BATCH, 6));
    assert_shape(ir_reduce(l, NULL, x, REDUCE_MEAN, 6, true), CASE_SHAPE(BATCH, 1, 1, 6));
    assert_shape(ir_transpose(l, NULL, x, (int[]){0, 3, 1, 2}), CASE_SHAPE(BATCH, 6, 9, 8));
    assert_shape(ir_matmul(l, NULL, x, x, true), CASE_SHAPE(BATCH, 9, 8, 8));
    assert_shape(ir_concat(l, NULL, (Op *[]){x, x}, 2, 3), CASE_SHAPE(BATCH, 9, 8, 12));
    Op *row = case_weights(&c, "row", CASE_SHAPE(8, 1));
    Op *less = ir_binary(l, NULL, BIN_LT, row, x);
    assert_shape(less, CASE_SHAPE(BATCH, 9, 8, 6));
    assert_int_equal(less->dtype, DTYPE_BOOL);
    assert_false(c.ir->broken);
    arena_free(c.arena);
}

static void types_promote(void **state) {
    (void)state;
    Case c = case_new();
    Lowering *l = &c.l;
    Op *i = case_input(&c, "i", CASE_SHAPE(BATCH, 4), DTYPE_INT32);
    Op *f = case_input(&c, "f", CASE_SHAPE(BATCH, 4), DTYPE_FLOAT32);
    assert_int_equal(ir_binary(l, NULL, BIN_ADD, i, f)->dtype, DTYPE_FLOAT32);
    assert_int_equal(ir_binary(l, NULL, BIN_ADD, i, i)->dtype, DTYPE_INT32);
    assert_int_equal(ir_binary(l, NULL, BIN_DIV, i, i)->dtype, DTYPE_FLOAT32);
    assert_int_equal(ir_binary(l, NULL, BIN_AND, i, f)->dtype, DTYPE_BOOL);
    assert_int_equal(ir_unary(l, NULL, i, UNARY_EXP, 0, 0, 0)->dtype, DTYPE_FLOAT32);
    assert_int_equal(ir_unary(l, NULL, i, UNARY_ABS, 0, 0, 0)->dtype, DTYPE_INT32);
    assert_int_equal(ir_dense(l, NULL, i, case_weights(&c, "k", CASE_SHAPE(4, 2)), NULL)->dtype,
                     DTYPE_FLOAT32);
    assert_ptr_equal(ir_cast(l, NULL, f, DTYPE_FLOAT32), f);
    arena_free(c.arena);
}

typedef Op *Mixer(Case *c, Op *x);
static Op *reduce_batch(Case *c, Op *x) {
    return ir_reduce(&c->l, NULL, x, REDUCE_SUM, 1, false);
}
static Op *softmax_batch(Case *c, Op *x) {
    return ir_row(&c->l, NULL, x, ROW_SOFTMAX, 1);
}
static Op *swap_batch(Case *c, Op *x) {
    return ir_transpose(&c->l, NULL, x, (int[]){1, 0});
}
static Op *join_batch(Case *c, Op *x) {
    return ir_concat(&c->l, NULL, (Op *[]){x, x}, 2, 0);
}
static Op *flatten_batch(Case *c, Op *x) {
    return ir_reshape(&c->l, NULL, x, &CASE_SHAPE(BATCH));
}
static Op *cut_batch(Case *c, Op *x) {
    return ir_slice(&c->l, NULL, x, (int64_t[]){1, 0}, (int64_t[]){1, 4}, (int64_t[]){1, 1});
}
static Op *gram_matrix(Case *c, Op *x) {
    return ir_matmul(&c->l, NULL, x, x, true);
}
static Op *add_rows(Case *c, Op *x) {
    return ir_binary(&c->l, NULL, BIN_ADD, x, case_weights(c, "w", CASE_SHAPE(7, 4)));
}

static void mixing_the_batch_is_told(void **state) {
    (void)state;
    static Mixer *const mixers[] = {reduce_batch,  softmax_batch, swap_batch,  join_batch,
                                    flatten_batch, cut_batch,     gram_matrix, add_rows};
    for (size_t i = 0; i < sizeof mixers / sizeof mixers[0]; i++) {
        Case c = case_new();
        mixers[i](&c, case_input(&c, "x", CASE_SHAPE(BATCH, 4), DTYPE_FLOAT32));
        const char *text = diag_first_error(c.diags, (DiagMark){0}, &(SourceRange){0});
        assert_non_null(text);
        assert_non_null(strstr(text, "cannot be compiled while the batch size is unknown"));
        assert_true(c.ir->broken);
        arena_free(c.arena);
    }
}

static void broken_shapes_are_bugs(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 4), DTYPE_FLOAT32);
    ir_dense(&c.l, NULL, x, case_weights(&c, "k", CASE_SHAPE(5, 2)), NULL);
    ir_dense(&c.l, NULL, x, case_weights(&c, "k", CASE_SHAPE(5, 2)), NULL); /* one message is enough */
    assert_int_equal(diag_error_count(c.diags), 1);
    assert_non_null(strstr(diag_first_error(c.diags, (DiagMark){0}, &(SourceRange){0}), "breaks its rule"));
    arena_free(c.arena);
}

static void printing_is_one_op_a_line(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 4, 4, 2), DTYPE_FLOAT32);
    const Conv2dAttrs a = {.stride = {2, 2}, .dilation = {1, 1}, .pad = {0, 0, 1, 1}, .groups = 1};
    Op *y = ir_conv2d(&c.l, NULL, x, case_weights(&c, "k", CASE_SHAPE(3, 3, 2, 3)), NULL, &a);
    case_output(&c, "y", ir_unary(&c.l, NULL, y, UNARY_LEAKY_RELU, 0.25, 0, 0));
    ir_renumber(c.ir);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ir_print(c.ir, NULL, out);
    fclose(out);
    assert_string_equal(
        text, "%0 = input 0    float32 (None, 4, 4, 2)    ; x\n"
              "%1 = constant    float32 (3, 3, 2, 3)    ; k\n"
              "%2 = conv2d(%0, %1), stride 2x2, pad 0 0 1 1    float32 (None, 2, 2, 3)    ; conv2d\n"
              "%3 = unary(%2) leaky_relu 0.25    float32 (None, 2, 2, 3)    ; unary\n"
              "output y = %3\n");
    free(text);
    arena_free(c.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_follow),
        cmocka_unit_test(types_promote),
        cmocka_unit_test(mixing_the_batch_is_told),
        cmocka_unit_test(broken_shapes_are_bugs),
        cmocka_unit_test(printing_is_one_op_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
