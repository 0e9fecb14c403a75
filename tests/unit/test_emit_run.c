/* Models built by hand, compiled to C, run and compared with the float64 reference: each op, with the passes
 * and without, with an open batch in chunks, all at once, and with a fixed one. */
#include "ir_case.h"

#define BATCH DIM_UNKNOWN

static const Conv2dAttrs UNIT_CONV = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};

static Op *dense(Case *c, Op *x, int64_t n) {
    Op *kernel = case_weights(c, "dense/kernel", CASE_SHAPE(x->shape.dim[x->shape.rank - 1], n));
    return ir_dense(&c->l, NULL, x, kernel, case_weights(c, "dense/bias", CASE_SHAPE(n)));
}

static Case mlp(int64_t batch) {
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(batch, 37), DTYPE_FLOAT32);
    Op *h = ir_unary(&c.l, NULL, dense(&c, x, 50), UNARY_RELU, 0, 0, 0);
    h = ir_unary(&c.l, NULL, dense(&c, h, 33), UNARY_GELU, 0, 0, 0);
    case_output(&c, "y", ir_row(&c.l, NULL, dense(&c, h, 10), ROW_SOFTMAX, 2));
    return c;
}

static void mlp_runs(void **state) {
    (void)state;
    static const CaseRun runs[] = {
        {.batch = 1},
        {.batch = 7, .flags = "-O2"},
        {.batch = 40, .chunk = 3},
        {.batch = 5, .chunk = 1, .compiler = "clang"},
        {.batch = 5, .target = "generic", .compiler = "clang"},
        {.batch = 5, .level = -1},
        {.batch = 5, .weights = WEIGHTS_BINARY},
        {.batch = 5, .weights = WEIGHTS_INCBIN},
        {.batch = 5, .target = "x86-64-v3"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Case c = mlp(BATCH);
        case_check(&c, runs[i]);
    }
    Case fixed = mlp(6);
    case_check(&fixed, (CaseRun){.batch = 6});
}

/* Weights of no elements, which C has no arrays for: what is left is the bias. */
static void nothing_runs(void **state) {
    (void)state;
    const WeightsForm forms[] = {WEIGHTS_INLINE, WEIGHTS_BINARY};
    for (size_t i = 0; i < 2; i++) {
        Case c = case_new();
        Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 0), DTYPE_FLOAT32);
        Op *bias = case_weights(&c, "bias", CASE_SHAPE(3));
        case_output(&c, "y", ir_dense(&c.l, NULL, x, case_weights(&c, "w", CASE_SHAPE(0, 3)), bias));
        case_check(&c, (CaseRun){.batch = 4, .weights = forms[i]});
    }
}

/* Convolutions with every attribute, a folded affine, a residual, pooling, and a dense layer at the end. */
static Case convnet(int64_t batch) {
    Case c = case_new();
    Lowering *l = &c.l;
    Op *x = case_input(&c, "image", CASE_SHAPE(batch, 9, 11, 3), DTYPE_FLOAT32);
    Op *padded = ir_pad(l, NULL, x, (int64_t[]){0, 1, 1, 0}, (int64_t[]){0, 1, 2, 0}, 0.0);
    Op *y = ir_conv2d(l, NULL, padded, case_weights(&c, "a", CASE_SHAPE(3, 3, 3, 20)), NULL, &UNIT_CONV);
    y = ir_affine(l, NULL, y, case_weights(&c, "scale", CASE_SHAPE(20)),
                  case_weights(&c, "shift", CASE_SHAPE(20)));
    y = ir_unary(l, NULL, y, UNARY_CLIP, 0.0, 6.0, 0.0);
    const Conv2dAttrs depth = {.stride = {2, 2}, .dilation = {1, 1}, .pad = {0, 1, 1, 1}, .groups = 1};
    Op *d = ir_depthwise_conv2d(l, NULL, y, case_weights(&c, "d", CASE_SHAPE(3, 3, 20, 1)),
                                case_weights(&c, "db", CASE_SHAPE(20)), &depth);
    Op *p = ir_conv2d(l, NULL, d, case_weights(&c, "p", CASE_SHAPE(1, 1, 20, 20)),
                      case_weights(&c, "pb", CASE_SHAPE(20)), &UNIT_CONV);
    Op *sum = ir_unary(l, NULL, ir_binary(l, NULL, BIN_ADD, p, d), UNARY_RELU, 0, 0, 0);
    const Conv2dAttrs grouped = {.stride = {1, 2}, .dilation = {1, 2}, .pad = {1, 2, 1, 2}, .groups = 2};
    Op *g = ir_conv2d(l, NULL, sum, case_weights(&c, "g", CASE_SHAPE(3, 3, 10, 6)), NULL, &grouped);
    Op *m = ir_depthwise_conv2d(l, NULL, g, case_weights(&c, "m", CASE_SHAPE(2, 2, 6, 3)), NULL, &UNIT_CONV);
    const Pool2dAttrs max = {.function = POOL_MAX, .size = {2, 2}, .stride = {1, 1}, .pad = {0, 0, 1, 1}};
    const Pool2dAttrs average = {.function = POOL_AVG, .size = {3, 2}, .stride = {2, 1}, .pad = {1, 0, 1, 1}};
    Op *pooled = ir_pool2d(l, NULL, ir_pool2d(l, NULL, m, &max), &average);
    Op *flat = ir_reduce(l, NULL, pooled, REDUCE_MEAN, 6, false);
    case_output(&c, "image", dense(&c, flat, 5)); /* clashes with the input's name */
    case_output(&c, "pooled", pooled);
    return c;
}

static void convnet_runs(void **state) {
    (void)state;
    static const CaseRun runs[] = {
        {.batch = 1},
        {.batch = 3, .flags = "-O2"},
        {.batch = 5, .chunk = 2, .compiler = "clang"},
        {.batch = 2, .target = "generic"},
        {.batch = 2, .level = -1},
        {.batch = 2, .disabled = "fold-affine"},
        {.batch = 2, .disabled = "fuse-epilogue"},
        {.batch = 2, .disabled = "merge-pad"},
        {.batch = 2, .weights = WEIGHTS_BINARY},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Case c = convnet(BATCH);
        case_check(&c, runs[i]);
    }
    Case fixed = convnet(3);
    case_check(&fixed, (CaseRun){.batch = 3});
}

/* Everything that moves elements, and arithmetic with broadcasting. */
static Case movements(int64_t batch) {
    Case c = case_new();
    Lowering *l = &c.l;
    Op *x = case_input(&c, "x", CASE_SHAPE(batch, 4, 6), DTYPE_FLOAT32);
    Op *z = case_input(&c, "3rd layer/ä", CASE_SHAPE(batch, 6), DTYPE_FLOAT32);
    Op *t = ir_transpose(l, NULL, x, (int[]){0, 2, 1});
    Op *s = ir_slice(l, NULL, t, (int64_t[]){0, 5, 1}, (int64_t[]){batch, 3, 2}, (int64_t[]){1, -2, 2});
    Op *p = ir_pad(l, NULL, s, (int64_t[]){0, 1, 0}, (int64_t[]){0, 2, 3}, 1.5);
    Op *r = ir_repeat(l, NULL, p, 1, 2);
    Op *zr = ir_reshape(l, NULL, z, &CASE_SHAPE(batch, 6, 1));
    Op *wide = ir_broadcast(l, NULL, zr, &CASE_SHAPE(batch, 6, 4));
    Op *joined = ir_concat(l, NULL, (Op *[]){t, wide, t}, 3, 2);
    Op *sum = ir_binary(l, NULL, BIN_MUL, joined, zr);
    Op *scaled = ir_binary(l, NULL, BIN_SUB, sum, case_weights(&c, "row", CASE_SHAPE(12)));
    Op *product = ir_matmul(l, NULL, x, t, false);
    Op *kept = ir_matmul(l, NULL, product, x, false);
    Op *other = ir_matmul(l, NULL, kept, x, true);
    case_output(&c, "class", r);
    case_output(&c, "scaled", ir_reshape(l, NULL, scaled, &CASE_SHAPE(batch, 72)));
    case_output(&c, "other", ir_row(l, NULL, other, ROW_LOG_SOFTMAX, 2));
    case_output(&c, "again", ir_reshape(l, NULL, x, &CASE_SHAPE(batch, 24)));
    case_output(&c, "norm", ir_normalize(l, NULL, joined, 6, 1e-3));
    case_output(&c, "total", ir_reduce(l, NULL, sum, REDUCE_MAX, 2, true));
    return c;
}

static void movements_run(void **state) {
    (void)state;
    static const CaseRun runs[] = {{.batch = 1},
                                   {.batch = 3},
                                   {.batch = 5, .chunk = 2},
                                   {.batch = 4, .level = -1},
                                   {.batch = 3, .target = "generic"}};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Case c = movements(BATCH);
        case_check(&c, runs[i]);
    }
    Case fixed = movements(2);
    case_check(&fixed, (CaseRun){.batch = 2});
}

/* Ids, masks, casts, comparisons. */
static Case integers(int64_t batch) {
    Case c = case_new();
    Lowering *l = &c.l;
    Op *ids = case_input(&c, "ids", CASE_SHAPE(batch, 5), DTYPE_INT32);
    Op *far = case_input(&c, "far", CASE_SHAPE(batch, 5), DTYPE_INT64);
    Op *bytes = case_input(&c, "bytes", CASE_SHAPE(batch, 5), DTYPE_UINT8);
    Op *table = case_weights(&c, "table", CASE_SHAPE(4, 7));
    Op *rows = ir_gather(l, NULL, table, ids);
    Op *others = ir_gather(l, NULL, table, far);
    Op *truncated =
        ir_gather(l, NULL, table, ir_cast(l, NULL, ir_cast(l, NULL, ids, DTYPE_FLOAT32), DTYPE_INT32));
    Op *less = ir_binary(l, NULL, BIN_LT, rows, others);
    Op *mask = ir_binary(l, NULL, BIN_AND, less, ir_binary(l, NULL, BIN_GE, rows, truncated));
    Op *odd = ir_binary(l, NULL, BIN_GT, bytes, ir_cast(l, NULL, ids, DTYPE_UINT8));
    case_output(&c, "mask", ir_unary(l, NULL, mask, UNARY_LOGICAL_NOT, 0, 0, 0));
    case_output(&c, "odd", odd);
    case_output(&c, "sum", ir_binary(l, NULL, BIN_ADD, ids, ids));
    case_output(&c, "mixed", ir_binary(l, NULL, BIN_DIV, ids, ir_binary(l, NULL, BIN_ADD, bytes, bytes)));
    return c;
}

static void integers_run(void **state) {
    (void)state;
    static const CaseRun runs[] = {{.batch = 3}, {.batch = 5, .chunk = 2}, {.batch = 4, .level = -1}};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Case c = integers(BATCH);
        case_check(&c, runs[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mlp_runs),
        cmocka_unit_test(nothing_runs),
        cmocka_unit_test(convnet_runs),
        cmocka_unit_test(movements_run),
        cmocka_unit_test(integers_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
