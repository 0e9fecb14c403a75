/* Lowering: what layers and operators compute, run by the reference executor and compared with Keras'
 * results, NaN, infinities and thresholds hit exactly included. */
#include <math.h>

#include "ir/execute.h"
#include "layers_fixture.h"

enum { WIDTH = 8 };

static const double values[WIDTH] = {NAN, INFINITY, -INFINITY, 0, 3, -3, 0.5, -1};

/* The output of the tensor's node, whose inputs are all `values`, one row of the batch. */
static const double *computed(Fixture *f, const Tensor *y) {
    const Node *node = tensor_node(y);
    Ir *ir = ir_new(f->arena, f->diags);
    Lowering lowering = {
        .ir = ir, .graph = f->graph, .weight_ops = ARENA_ARRAY(f->arena, Op *, f->graph->weights.count + 1)};
    Op **inputs = ARENA_ARRAY(f->arena, Op *, node->n_inputs), *output = NULL;
    const double **data = ARENA_ARRAY(f->arena, const double *, node->n_inputs);
    ir->inputs = inputs;
    ir->input_names = ARENA_ARRAY(f->arena, const char *, node->n_inputs);
    ir->n_inputs = node->n_inputs;
    for (size_t i = 0; i < node->n_inputs; i++) {
        inputs[i] = ir_input(&lowering, NULL, "x", &node->inputs[i]->shape, node->inputs[i]->dtype, i);
        ir->input_names[i] = "x";
        data[i] = values;
    }
    if (!node->layer->class_->lower(&lowering, node, inputs, &output) || ir->broken) return NULL;
    ir->outputs = &output;
    ir->output_names = (const char *[]){"y"};
    ir->n_outputs = 1;
    ir_renumber(ir);
    double *result = NULL;
    const char *error = NULL;
    assert_true(ir_execute(f->arena, ir, 1, data, &result, &error));
    return result;
}

static void assert_values(const double *found, size_t count, const double *expected) {
    assert_non_null(found);
    for (size_t i = 0; i < count; i++) {
        const bool same = isnan(expected[i]) ? isnan(found[i])
                                             : found[i] == expected[i] || fabs(found[i] - expected[i]) < 1e-7;
        if (!same) fail_msg("element %zu is %.17g, expected %.17g", i, found[i], expected[i]);
    }
}

static void check(Fixture *f, Layer *layer, const double *expected) {
    assert_values(computed(f, called(f, layer, input_of(f, DTYPE_FLOAT32, 2, -1, WIDTH))), WIDTH, expected);
}

static Layer *relu(Fixture *f, Value most, double slope, double threshold) {
    return construct(
        f, "ReLU",
        ARGUMENTS(POSITIONAL(most), POSITIONAL(value_float(slope)), POSITIONAL(value_float(threshold))));
}

/* The rows are what Keras 3.15.1 on TensorFlow 2.21 gives for `values`. */
static void test_relu_forms(void **state) {
    Fixture *f = *state;
    const Value none = value_none(), three = value_int(3);
    check(f, relu(f, none, 0, 0), (double[]){NAN, INFINITY, 0, 0, 3, 0, 0.5, 0});
    check(f, relu(f, three, 0, 0), (double[]){NAN, 3, 0, 0, 3, 0, 0.5, 0});
    check(f, relu(f, none, 0.1, 0), (double[]){NAN, INFINITY, -INFINITY, 0, 3, -0.3, 0.5, -0.1});
    check(f, relu(f, three, 0.1, 0), (double[]){NAN, 3, -INFINITY, 0, 3, -0.3, 0.5, -0.1});
    check(f, relu(f, none, 0, 0.5), (double[]){0, INFINITY, 0, 0, 3, 0, 0, 0});
    check(f, relu(f, none, 0.1, 0.5), (double[]){NAN, INFINITY, -INFINITY, -0.05, 3, -0.35, 0, -0.15});
    check(f, relu(f, three, 0.1, 0.5), (double[]){NAN, 3, -INFINITY, -0.05, 3, -0.35, 0, -0.15});
    check(f, relu(f, value_int(0), 0, 0), (double[]){NAN, 0, 0, 0, 0, 0, 0, 0});
}

static Layer *activation(Fixture *f, const char *name) {
    return construct(f, "Activation", ARGUMENTS(POSITIONAL(text(f, name))));
}

static void test_activations_at_the_edges(void **state) {
    Fixture *f = *state;
    check(f, activation(f, "leaky_relu"), (double[]){NAN, INFINITY, -INFINITY, 0, 3, -0.6, 0.5, -0.2});
    check(f, activation(f, "hard_tanh"), (double[]){NAN, 1, -1, 0, 1, -1, 0.5, -1});
    check(f, activation(f, "relu6"), (double[]){NAN, 6, 0, 0, 3, 0, 0.5, 0});
    check(f, activation(f, "hard_shrink"), (double[]){0, INFINITY, -INFINITY, 0, 3, -3, 0, -1});
    check(f, activation(f, "soft_shrink"), (double[]){0, INFINITY, -INFINITY, 0, 2.5, -2.5, 0, -0.5});
    check(f, activation(f, "sparse_plus"), (double[]){NAN, INFINITY, 0, 0.25, 3, 0, 0.5625, 0});
    check(f, activation(f, "hard_sigmoid"), (double[]){NAN, 1, 0, 0.5, 1, 0, 0.5 + 0.5 / 6, 0.5 - 1.0 / 6});
    check(f, construct(f, "ELU", ARGUMENTS(POSITIONAL(value_int(2)))),
          (double[]){NAN, INFINITY, -2, 0, 3, 2 * expm1(-3), 0.5, 2 * expm1(-1)});
}

static void check_binary(Fixture *f, BinaryOperator op, Value left, Value right, const double *expected) {
    Value out;
    assert_true(operator_binary(f->graph, op, left, right, NO_SOURCE, &out));
    assert_values(computed(f, out.as.tensor), WIDTH, expected);
}

static void test_operators(void **state) {
    Fixture *f = *state;
    const Value x = value_tensor(input_of(f, DTYPE_FLOAT32, 2, -1, WIDTH)), two = value_int(2);
    check_binary(f, BINARY_SUB, two, x, (double[]){NAN, -INFINITY, INFINITY, 2, -1, 5, 1.5, 3});
    check_binary(f, BINARY_FLOORDIV, x, two, (double[]){NAN, INFINITY, -INFINITY, 0, 1, -2, 0, -1});
    check_binary(f, BINARY_MOD, x, two, (double[]){NAN, NAN, NAN, 0, 1, 1, 0.5, 1});
    check_binary(f, BINARY_MOD, x, value_int(-2), (double[]){NAN, NAN, NAN, 0, -1, -1, -1.5, -1});
    check_binary(f, BINARY_POW, x, two, (double[]){NAN, INFINITY, INFINITY, 0, 9, 9, 0.25, 1});
    check_binary(f, BINARY_POW, two, x, (double[]){NAN, INFINITY, 0, 1, 8, 0.125, sqrt(2), 0.5});
    check_binary(f, BINARY_DIV, value_int(1), x, (double[]){NAN, 0, 0, INFINITY, 1.0 / 3, -1.0 / 3, 2, -1});
}

static void test_slice_and_reverse(void **state) {
    Fixture *f = *state;
    Value out;
    Tensor *x = input_of(f, DTYPE_FLOAT32, 2, -1, WIDTH);
    const Slice back = {value_int(6), value_int(2), value_int(-2)},
                whole = {value_none(), value_none(), value_none()};
    const Value key = TUPLE(f, ((Value){.kind = VALUE_SLICE, .as.slice = &whole}),
                            ((Value){.kind = VALUE_SLICE, .as.slice = &back}));
    assert_true(operator_subscript(f->graph, x, key, NO_SOURCE, &out));
    assert_values(computed(f, out.as.tensor), 2, (double[]){0.5, 3});
}

static void test_what_cannot_be_compiled_says_so(void **state) {
    Fixture *f = *state;
    Value out;
    const Value b = value_tensor(input_of(f, DTYPE_BOOL, 2, -1, WIDTH)),
                x = value_tensor(input_of(f, DTYPE_FLOAT32, 2, -1, WIDTH));
    assert_true(operator_binary(f->graph, BINARY_FLOORDIV, b, b, NO_SOURCE, &out));
    assert_null(computed(f, out.as.tensor));
    assert_reported(f, "layer \"floor_divide\" cannot be compiled yet: TensorFlow has no // of bool [E279]");
    const Value y = value_tensor(input_of(f, DTYPE_FLOAT32, 3, -1, 4, WIDTH));
    assert_true(operator_binary(f->graph, BINARY_ADD, x, y, NO_SOURCE, &out));
    assert_null(computed(f, out.as.tensor));
    assert_reported(f, "the batch of one operand meets axis 1 of the other [E279]");
    assert_true(operator_subscript(f->graph, x.as.tensor, value_int(0), NO_SOURCE, &out));
    assert_null(computed(f, out.as.tensor));
    assert_reported(f, "cannot be compiled while the batch size is unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_relu_forms, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_activations_at_the_edges, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_operators, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_slice_and_reverse, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_compiled_says_so, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
