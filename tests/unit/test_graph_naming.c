/* Automatic names: the forms and counters of keras.src.utils.naming (expected values were printed by
 * Keras 3.15.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/graph.h"

static void test_snake_case(void **state) {
    static const char *const CASES[][2] = {
        {"Dense", "dense"},
        {"Conv2D", "conv2d"},
        {"Conv1DTranspose", "conv1d_transpose"},
        {"SeparableConv2D", "separable_conv2d"},
        {"PReLU", "p_re_lu"},
        {"LeakyReLU", "leaky_re_lu"},
        {"ELU", "elu"},
        {"LSTM", "lstm"},
        {"GRUCell", "gru_cell"},
        {"ConvLSTM2D", "conv_lstm2d"},
        {"GlobalAveragePooling2D", "global_average_pooling2d"},
        {"InputLayer", "input_layer"},
        {"CRNNHead2D", "crnn_head2d"},
        {"_Private", "__private"},
        {"ABCd", "ab_cd"},
        {"aB", "a_b"},
        {"RMSNormalization", "rms_normalization"},
        {"EinsumDense", "einsum_dense"},
        {"A", "a"},
        {"A1b", "a1b"},
        {"X2Y", "x2y"},
        {"HTTPServerX", "http_server_x"},
        {"my-Layer", "my_layer"},
        {"", ""},
    };
    Arena *arena = arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_string_equal(graph_snake_case(arena, CASES[i][0]), CASES[i][1]);
    arena_free(arena);
    (void)state;
}

static void test_counters(void **state) {
    Arena *arena = arena_new();
    Graph *graph = graph_new(arena, NULL);
    assert_string_equal(graph_auto_name(graph, "Dense"), "dense");
    assert_string_equal(graph_auto_name(graph, "Dense"), "dense_1");
    assert_string_equal(graph_auto_name(graph, "Conv2D"), "conv2d");
    assert_string_equal(graph_auto_name(graph, "Dense"), "dense_2");
    graph_clear_session(graph);
    assert_string_equal(graph_auto_name(graph, "Dense"), "dense");
    arena_free(arena);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_snake_case), cmocka_unit_test(test_counters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
