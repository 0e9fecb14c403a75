/* The plan: its text for a small model, storage shared in place, workspace at its lower bound, sizes of
 * chunks. */
#include "ir_case.h"

#define BATCH DIM_UNKNOWN

static const Conv2dAttrs UNIT = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};

static Program *plan(Case *c) {
    const PassOptions options = {.level = 2};
    assert_true(passes_run(c->ir, &options));
    Program *program = plan_program(c->arena, c->ir, &(PlanOptions){0});
    if (!program) diag_render(c->diags, stderr);
    assert_non_null(program);
    return program;
}

static Op *dense(Case *c, Op *x, int64_t n) {
    return ir_dense(&c->l, NULL, x, case_weights(c, "k", CASE_SHAPE(x->shape.dim[x->shape.rank - 1], n)),
                    NULL);
}

static void the_text_of_a_plan(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 20), DTYPE_FLOAT32);
    Op *h = ir_unary(&c.l, NULL, dense(&c, x, 30), UNARY_RELU, 0, 0, 0);
    case_output(&c, "y", ir_row(&c.l, NULL, dense(&c, h, 5), ROW_SOFTMAX, 2));
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    program_print(plan(&c), NULL, out);
    fclose(out);
    assert_string_equal(
        text, "batch open, 32 at a time; workspace 128 bytes per sample, least possible 128\n"
              "  input 0 x: float32 [batch][20]\n"
              "  output 0 y: float32 [batch][5]\n"
              "  workspace 2 dense: float32 [batch][30], bytes 0..128, steps 0..1\n"
              "  constant 0 k: float32 [640] as [2 panels][20][16]\n"
              "  constant 1 k: float32 [480] as [1 panels][30][16]\n"
              "  0 dense_f32({k 20, n 30, relu}, batch, x, k, -, -, dense@0)    ; dense, relu, dense\n"
              "  1 dense_f32({k 30, n 5, linear}, batch, dense@0, k, -, -, y)    ; dense, dense\n"
              "  2 softmax_f32(batch, 5, 1, y, y)    ; softmax, row\n");
    free(text);
    arena_free(c.arena);
}

/* A residual network: the sum is computed where the shortcut lies, and no more than two images live at any
 * time. */
static void residuals_are_added_in_place(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 8, 8, 16), DTYPE_FLOAT32);
    Op *y = ir_conv2d(&c.l, NULL, x, case_weights(&c, "k", CASE_SHAPE(1, 1, 16, 16)), NULL, &UNIT);
    for (int i = 0; i < 3; i++) {
        Op *a = ir_conv2d(&c.l, NULL, y, case_weights(&c, "k", CASE_SHAPE(1, 1, 16, 16)), NULL, &UNIT);
        a = ir_unary(&c.l, NULL, a, UNARY_RELU, 0, 0, 0);
        a = ir_conv2d(&c.l, NULL, a, case_weights(&c, "k", CASE_SHAPE(1, 1, 16, 16)), NULL, &UNIT);
        y = ir_binary(&c.l, NULL, BIN_ADD, a, y);
    }
    case_output(&c, "y", ir_reduce(&c.l, NULL, y, REDUCE_MEAN, 6, false));
    const Program *program = plan(&c);
    assert_int_equal(program->workspace_bytes, 2 * 8 * 8 * 16 * 4);
    assert_int_equal(program->workspace_bytes, program->workspace_bound);
    arena_free(c.arena);
}

static void an_input_is_never_overwritten(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 64), DTYPE_FLOAT32);
    Op *e = ir_unary(&c.l, NULL, ir_reshape(&c.l, NULL, x, &CASE_SHAPE(BATCH, 8, 8)), UNARY_EXP, 0, 0, 0);
    case_output(&c, "y", ir_transpose(&c.l, NULL, e, (int[]){0, 2, 1}));
    case_output(&c, "e", e);
    const Program *program = plan(&c);
    assert_int_equal(program->workspace_bytes, 0);
    assert_int_equal(program->chunk, 0);
    for (size_t i = 0; i < program->steps.count; i++) {
        const Step *step = &program->steps.at[i];
        assert_true(step->args[step->n_args - 1].buffer->kind != BUFFER_INPUT);
    }
    arena_free(c.arena);
}

/* Random chains with skips: the plan never overlaps live buffers, and is near the bound. */
static void live_buffers_do_not_overlap(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= 30; seed++) {
        Case c = case_new();
        c.random = seed;
        Op *ops[16];
        ops[0] = dense(&c, case_input(&c, "x", CASE_SHAPE(BATCH, 10), DTYPE_FLOAT32), 16);
        for (int i = 1; i < 16; i++) {
            Op *a = ops[(int)((case_random(&c) + 1.0) / 2.0 * i)], *b = ops[i - 1];
            Op *joined = ir_concat(&c.l, NULL, (Op *[]){a, b}, 2, 1);
            ops[i] = dense(&c, joined, 16 + (int64_t)((case_random(&c) + 1.0) * 200.0));
        }
        case_output(&c, "y", dense(&c, ops[15], 3));
        const Program *p = plan(&c);
        for (size_t i = 0; i < p->buffers.count; i++)
            for (size_t k = 0; k < i; k++) {
                const Buffer *a = p->buffers.at[i], *b = p->buffers.at[k];
                if (a->kind != BUFFER_WORKSPACE || b->kind != BUFFER_WORKSPACE) continue;
                if (a->first > b->last || b->first > a->last) continue;
                assert_true(a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset);
            }
        assert_true(p->workspace_bytes <= p->workspace_bound + p->workspace_bound / 4);
        arena_free(c.arena);
    }
}

static void chunks_fit_the_cache(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(BATCH, 96, 96, 3), DTYPE_FLOAT32);
    Op *y = ir_conv2d(&c.l, NULL, x, case_weights(&c, "k", CASE_SHAPE(3, 3, 3, 8)), NULL, &UNIT);
    case_output(&c, "y", ir_reduce(&c.l, NULL, y, REDUCE_MAX, 6, false));
    assert_int_equal(plan(&c)->chunk, 1);
    arena_free(c.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_a_plan),
        cmocka_unit_test(residuals_are_added_in_place),
        cmocka_unit_test(an_input_is_never_overwritten),
        cmocka_unit_test(live_buffers_do_not_overlap),
        cmocka_unit_test(chunks_fit_the_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
