/* What each pass makes of an Ir: which ops are left. That the results stay equal is test_emit_run's matter.
 */
#include "ir_case.h"

#define BATCH DIM_UNKNOWN

static const Conv2dAttrs UNIT = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};

static void run(Case *c, const char *disabled) {
    const PassOptions options = {.level = 2, .disabled = &disabled, .n_disabled = disabled ? 1 : 0};
    if (passes_run(c->ir, &options)) return;
    diag_render(c->diags, stderr);
    fail();
}

/* The kinds of the ops that compute something, in order: "conv2d affine". */
static const char *kinds(const Case *c) {
    Text t = text_new(c->arena);
    for (size_t i = 0; i < c->ir->ops.count; i++) {
        const OpKind kind = c->ir->ops.at[i]->kind;
        if (kind == OP_INPUT || kind == OP_CONSTANT) continue;
        text_printf(&t, "%s%s", t.length ? " " : "", op_kind_name(kind));
    }
    return t.data;
}

static Op *affine(Case *c, Op *x) {
    const int64_t n = x->shape.dim[x->shape.rank - 1];
    return ir_affine(&c->l, NULL, x, case_weights(c, "scale", CASE_SHAPE(n)),
                     case_weights(c, "shift", CASE_SHAPE(n)));
}

static Case block(void) {
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 8, 8, 4), DTYPE_FLOAT32);
    Op *p = ir_pad(&c.l, NULL, x, (int64_t[]){0, 1, 1, 0}, (int64_t[]){0, 1, 1, 0}, 0.0);
    Op *y = ir_conv2d(&c.l, NULL, p, case_weights(&c, "k", CASE_SHAPE(3, 3, 4, 4)), NULL, &UNIT);
    y = ir_binary(&c.l, NULL, BIN_ADD, affine(&c, y), x);
    case_output(&c, "y", ir_unary(&c.l, NULL, y, UNARY_RELU, 0, 0, 0));
    return c;
}

static void a_block_becomes_one_op(void **state) {
    (void)state;
    Case c = block();
    run(&c, NULL);
    assert_string_equal(kinds(&c), "conv2d");
    const Op *conv = c.ir->outputs[0];
    assert_int_equal(conv->as.conv2d.pad[0], 1);
    assert_int_equal(conv->epilogue.function, UNARY_RELU);
    assert_ptr_equal(op_residual(conv), c.ir->inputs[0]);
    assert_non_null(op_bias(conv));
    arena_free(c.arena);
}

static void passes_can_be_disabled(void **state) {
    (void)state;
    static const char *const expected[][2] = {{"fold-affine", "conv2d affine"},
                                              {"merge-pad", "pad conv2d"},
                                              {"fuse-epilogue", "conv2d binary unary"}};
    for (size_t i = 0; i < 3; i++) {
        Case c = block();
        run(&c, expected[i][0]);
        assert_string_equal(kinds(&c), expected[i][1]);
        arena_free(c.arena);
    }
}

/* A shift before a padded convolution is not constant at the border; without padding it is. */
static void affine_before_conv(void **state) {
    (void)state;
    for (int pad = 0; pad < 2; pad++) {
        Case c = case_new();
        Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 8, 8, 4), DTYPE_FLOAT32);
        const Conv2dAttrs a = {.stride = {1, 1}, .dilation = {1, 1}, .pad = {pad, 0, 0, 0}, .groups = 1};
        case_output(
            &c, "y",
            ir_conv2d(&c.l, NULL, affine(&c, x), case_weights(&c, "k", CASE_SHAPE(2, 2, 4, 3)), NULL, &a));
        run(&c, NULL);
        assert_string_equal(kinds(&c), pad ? "affine conv2d" : "conv2d");
        arena_free(c.arena);
    }
}

static void arithmetic_becomes_affine(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 5, 4), DTYPE_FLOAT32);
    Op *y = ir_binary(&c.l, NULL, BIN_MUL, x, ir_scalar(&c.l, NULL, 3.0));
    y = ir_binary(&c.l, NULL, BIN_SUB, case_weights(&c, "w", CASE_SHAPE(1, 4)), y);
    y = ir_binary(&c.l, NULL, BIN_DIV, y,
                  ir_scalar(&c.l, NULL, 3.0)); /* no exact reciprocal: stays a division */
    case_output(&c, "y", y);
    run(&c, NULL);
    assert_string_equal(kinds(&c), "affine binary");
    arena_free(c.arena);
}

static void values_used_twice_are_not_fused(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 4), DTYPE_FLOAT32);
    Op *y = ir_dense(&c.l, NULL, x, case_weights(&c, "k", CASE_SHAPE(4, 4)), NULL);
    case_output(&c, "relu", ir_unary(&c.l, NULL, y, UNARY_RELU, 0, 0, 0));
    case_output(&c, "raw", y);
    run(&c, NULL);
    assert_string_equal(kinds(&c), "dense unary");
    arena_free(c.arena);
}

static void equal_ops_are_shared(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 4), DTYPE_FLOAT32);
    Op *a = ir_unary(&c.l, NULL, x, UNARY_EXP, 0, 0, 0), *b = ir_unary(&c.l, NULL, x, UNARY_EXP, 0, 0, 0);
    Op *d = ir_unary(&c.l, NULL, x, UNARY_ELU, 0.5, 0, 0),
       *e = ir_unary(&c.l, NULL, x, UNARY_ELU, 0.25, 0, 0);
    case_output(&c, "y", ir_concat(&c.l, NULL, (Op *[]){a, b, d, e}, 4, 1));
    run(&c, NULL);
    assert_string_equal(kinds(&c), "unary unary unary concat");
    arena_free(c.arena);
}

static void movement_is_joined(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 2, 3, 1), DTYPE_FLOAT32);
    Op *t = ir_transpose(&c.l, NULL, ir_transpose(&c.l, NULL, x, (int[]){0, 2, 1, 3}), (int[]){0, 2, 1, 3});
    Op *r =
        ir_reshape(&c.l, NULL, ir_reshape(&c.l, NULL, t, &CASE_SHAPE(BATCH, 6)), &CASE_SHAPE(BATCH, 3, 2));
    case_output(&c, "y",
                ir_transpose(&c.l, NULL, x, (int[]){0, 3, 1, 2})); /* moves an axis of one: a reshape */
    case_output(&c, "z", r);
    run(&c, NULL);
    assert_string_equal(kinds(&c), "reshape reshape");
    arena_free(c.arena);
}

static void constants_are_folded(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 4), DTYPE_FLOAT32);
    Op *variance = ir_unary(&c.l, NULL, case_weights(&c, "v", CASE_SHAPE(4)), UNARY_SQUARE, 0, 0, 0);
    Op *scale = ir_unary(&c.l, NULL, ir_binary(&c.l, NULL, BIN_ADD, variance, ir_scalar(&c.l, NULL, 1e-3)),
                         UNARY_RSQRT, 0, 0, 0);
    case_output(&c, "y", ir_binary(&c.l, NULL, BIN_MUL, x, scale));
    run(&c, NULL);
    assert_string_equal(kinds(&c), "affine");
    arena_free(c.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_becomes_one_op),
        cmocka_unit_test(passes_can_be_disabled),
        cmocka_unit_test(affine_before_conv),
        cmocka_unit_test(arithmetic_becomes_affine),
        cmocka_unit_test(values_used_twice_are_not_fused),
        cmocka_unit_test(equal_ops_are_shared),
        cmocka_unit_test(movement_is_joined),
        cmocka_unit_test(constants_are_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
