/* Values that tests/python_values.py cannot reach: tensors and layers as text, nested structures, big dicts.
 */
#include "layers_fixture.h"

static void objects_print_as_in_keras(void **state) {
    Fixture *f = *state;
    Tensor *x = input_of(f, DTYPE_FLOAT32, 2, -1, 32);
    assert_string_equal(
        value_repr(f->arena, value_tensor(x)),
        "<KerasTensor shape=(None, 32), dtype=float32, sparse=False, ragged=False, name=keras_tensor>");
    Value list = value_list_new(f->arena, VALUE_LIST);
    value_list_push(f->arena, list, value_layer(x->history.layer));
    assert_string_equal(value_repr(f->arena, list), "[<InputLayer name=input_layer, built=False>]");
    assert_string_equal(value_type_name(value_layer(x->history.layer)), "InputLayer");
    assert_string_equal(value_type_name(value_tensor(x)), "KerasTensor");
    const Value history = {.kind = VALUE_HISTORY, .as.tensor = x};
    assert_string_equal(
        value_repr(f->arena, history),
        "KerasHistory(operation=<InputLayer name=input_layer, built=False>, node_index=0, tensor_index=0)");
}

static void containers_in_themselves_end(void **state) {
    Fixture *f = *state;
    Value list = value_list_new(f->arena, VALUE_LIST);
    value_list_push(f->arena, list, list);
    assert_string_equal(value_repr(f->arena, list), "[[...]]");
    assert_true(value_equal(list, list));
}

typedef struct Seen {
    Tensor *at[8];
    size_t count;
} Seen;

static void see(void *context, Tensor *tensor) {
    Seen *seen = context;
    seen->at[seen->count++] = tensor;
}

static void tensors_come_in_the_order_of_flatten(void **state) {
    Fixture *f = *state;
    Tensor *a = input_of(f, DTYPE_FLOAT32, 1, 1), *b = input_of(f, DTYPE_FLOAT32, 1, 2),
           *c = input_of(f, DTYPE_FLOAT32, 1, 3);
    Value dict = value_dict_new(f->arena), list = value_list_new(f->arena, VALUE_TUPLE);
    value_dict_put(f->arena, dict.as.dict, value_str(f->arena, "z"), value_tensor(a));
    value_dict_put(f->arena, dict.as.dict, value_str(f->arena, "b"), value_tensor(b));
    value_dict_put(f->arena, dict.as.dict, value_str(f->arena, "k"), value_int(7));
    value_list_push(f->arena, list, dict);
    value_list_push(f->arena, list, value_tensor(c));
    Seen seen = {0};
    value_each_tensor(list, see, &seen);
    assert_int_equal(seen.count, 3);
    assert_true(seen.at[0] == b && seen.at[1] == a && seen.at[2] == c);
}

static void big_dicts_find_their_keys(void **state) {
    Fixture *f = *state;
    Dict *dict = value_dict_new(f->arena).as.dict;
    for (int i = 0; i < 1000; i++) value_dict_put(f->arena, dict, value_int(i), value_int(-i));
    assert_int_equal(dict->entries.count, 1000);
    assert_int_equal(value_dict_find(f->arena, dict, value_float(999))->value.as.integer, -999);
    assert_int_equal(value_dict_find(f->arena, dict, value_bool(true))->value.as.integer, -1);
    Value removed;
    assert_true(value_dict_remove(f->arena, dict, value_int(0), &removed));
    assert_false(value_dict_remove(f->arena, dict, value_int(0), &removed));
    assert_int_equal(value_dict_find(f->arena, dict, value_int(500))->value.as.integer, -500);
    vec_push(f->arena, &dict->entries, ((DictEntry){value_str(f->arena, "pushed"), value_none()}));
    assert_non_null(value_dict_find(f->arena, dict, value_str(f->arena, "pushed")));
}

static void a_dtype_equals_its_name(void **state) {
    Fixture *f = *state;
    assert_true(value_equal(value_dtype(DTYPE_FLOAT32), value_str(f->arena, "float32")));
    assert_false(value_equal(value_dtype(DTYPE_FLOAT32), value_str(f->arena, "float64")));
    uint64_t a, b;
    assert_true(value_hash(value_dtype(DTYPE_INT8), &a) && value_hash(value_str(f->arena, "int8"), &b) &&
                a == b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects_print_as_in_keras, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(containers_in_themselves_end, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(tensors_come_in_the_order_of_flatten, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(big_dicts_find_their_keys, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_dtype_equals_its_name, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
