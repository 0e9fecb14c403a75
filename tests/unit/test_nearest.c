/* "Did you mean": every single-edit typo of every name that a model file can misspell, against the real
 * tables of layers, their arguments, activations and Keras' modules. Each table must be guessed right in 95
 * of 100 cases.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "layers_fixture.h"

typedef VEC(const char *) Names;

typedef struct Tally {
    const Names *names;
    size_t tried, right;
} Tally;

static bool is_name(const Names *names, const char *word) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->at[i], word) == 0) return true;
    return false;
}

/* The same name, or another name of the same layer. */
static bool means(const char *name, const char *guess) {
    if (!guess) return false;
    const LayerClass *a = layer_class_find(name), *b = layer_class_find(guess);
    return strcmp(name, guess) == 0 || (a && a == b);
}

static void try_typo(Tally *tally, const char *name, const char *typo) {
    if (is_name(tally->names, typo)) return; /* no mistake that a name can show */
    tally->tried++;
    tally->right += means(name, text_nearest(typo, tally->names->at, tally->names->count));
}

static void splice(char *out, const char *name, size_t at, size_t drop, const char *insert) {
    sprintf(out, "%.*s%s%s", (int)at, name, insert, name + at + drop);
}

static void try_letters(Tally *tally, const char *name, size_t at) {
    char typo[128];
    const char c = name[at];
    const char near[2] = {(char)(c == 'z' || c == 'Z' || c == '9' ? c - 1 : c + 1), 0}, twice[2] = {c, 0};
    const char *const letters[] = {near, "e", twice};
    for (size_t i = 0; i < 3; i++) {
        splice(typo, name, at, 0, letters[i]);
        try_typo(tally, name, typo);
        if (letters[i][0] == c) continue;
        splice(typo, name, at, 1, letters[i]);
        try_typo(tally, name, typo);
    }
}

static void try_position(Tally *tally, const char *name, size_t at) {
    char typo[128];
    try_letters(tally, name, at);
    splice(typo, name, at, 1, "");
    if (typo[0]) try_typo(tally, name, typo);
    const char flipped[2] = {(char)(islower((unsigned char)name[at]) ? toupper((unsigned char)name[at])
                                                                     : tolower((unsigned char)name[at])),
                             0};
    splice(typo, name, at, 1, flipped);
    if (flipped[0] != name[at]) try_typo(tally, name, typo);
    const char swapped[3] = {name[at + 1], name[at], 0};
    if (!name[at + 1] || name[at + 1] == name[at]) return;
    splice(typo, name, at, 2, swapped);
    try_typo(tally, name, typo);
}

static void try_all(Tally *tally) {
    for (size_t i = 0; i < tally->names->count; i++)
        for (size_t at = 0; tally->names->at[i][at]; at++) try_position(tally, tally->names->at[i], at);
}

static void judge(const char *what, const Tally *tally) {
    const double share = 100.0 * (double)tally->right / (double)tally->tried;
    print_message("%-16s %6zu of %6zu typos: %.1f %%\n", what, tally->right, tally->tried, share);
    assert_true(share >= 95);
}

static const struct {
    const char *module, *names;
} MODULES[] = {
#define KERAS_MODULE(module, names) {module, names},
#include "elaborate/namespaces_keras.def"
#undef KERAS_MODULE
};

/* The names of a module of Keras 3. */
static Names names_of(Arena *arena, const char *module) {
    Names names = {0};
    for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++) {
        if (strcmp(MODULES[i].module, module) != 0) continue;
        for (const char *at = MODULES[i].names; *at; at += strspn(at, " ")) {
            const size_t n = strcspn(at, ":");
            if (isupper((unsigned char)at[n + 1])) vec_push(arena, &names, arena_strndup(arena, at, n));
            at += n + 2;
        }
    }
    return names;
}

static void test_names_of_modules(void **state) {
    Fixture *f = *state;
    static const char *const WHICH[] = {"keras.layers", "keras.activations",  "keras.initializers",
                                        "keras.ops",    "keras.regularizers", "keras"};
    for (size_t i = 0; i < sizeof WHICH / sizeof *WHICH; i++) {
        const Names names = names_of(f->arena, WHICH[i]);
        assert_true(names.count > 5);
        Tally tally = {.names = &names};
        try_all(&tally);
        judge(WHICH[i], &tally);
    }
}

static void test_arguments_of_layers(void **state) {
    Fixture *f = *state;
    static const char *const COMMON[] = {"name", "dtype", "trainable", "activity_regularizer", "input_shape"};
    size_t count;
    const LayerClass *const *all = layer_class_all(&count);
    Tally sum = {0};
    for (size_t i = 0; i < count; i++) {
        Names names = {0};
        for (const ParamSpec *spec = all[i]->params; spec && spec->name; spec++)
            vec_push(f->arena, &names, spec->name);
        for (size_t k = 0; k < sizeof COMMON / sizeof *COMMON; k++)
            if (!is_name(&names, COMMON[k])) vec_push(f->arena, &names, COMMON[k]);
        Tally tally = {.names = &names};
        try_all(&tally);
        sum.tried += tally.tried;
        sum.right += tally.right;
    }
    judge("arguments", &sum);
}

static void test_spellings_of_others(void **state) {
    Fixture *f = *state;
    static const char *const PAIRS[][3] = {
        {"keras.layers", "max_pooling2d", "MaxPooling2D"},
        {"keras.layers", "Maxpool2D", "MaxPool2D"},
        {"keras.layers", "batchnorm", "BatchNormalization"},
        {"keras.layers", "BatchNorm2d", "BatchNormalization"},
        {"keras.layers", "BatchNormalisation", "BatchNormalization"},
        {"keras.layers", "layer_normalisation", "LayerNormalization"},
        {"keras.layers", "Conv2d", "Conv2D"},
        {"keras.layers", "conv_2d", "Conv2D"},
        {"keras.layers", "Linear", "Dense"},
        {"keras.layers", "ConvTranspose2d", "Conv2DTranspose"},
        {"keras.layers", "Dropout2d", "SpatialDropout2D"},
        {"keras.layers", "LayerNorm", "LayerNormalization"},
        {"keras.layers", "multi_head_attention", "MultiHeadAttention"},
        {"keras.layers", "MultiheadAttention", "MultiHeadAttention"},
        {"keras.layers", "global_average_pooling2d", "GlobalAveragePooling2D"},
        {"keras.layers", "leaky_relu", "LeakyReLU"},
        {"keras.layers", "lstm", "LSTM"},
        {"keras.layers", "Lstm", "LSTM"},
        {"keras.layers", "InputLayr", "InputLayer"},
        {"keras.activations", "Sigmoid", "sigmoid"},
        {"keras.activations", "LeakyReLU", "leaky_relu"},
        {"keras.activations", "Softmax", "softmax"},
        {"keras.initializers", "xavier_uniform", "glorot_uniform"},
        {"keras.initializers", "kaiming_normal", "he_normal"},
        {"keras.ops", "unsqueeze", "expand_dims"},
        {"keras.ops", "reduce_mean", "mean"},
        {"keras.ops", "normalise", "normalize"},
        {"keras.ops", "MatMul", "matmul"},
    };
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        const Names names = names_of(f->arena, PAIRS[i][0]);
        const char *guess = text_nearest(PAIRS[i][1], names.at, names.count);
        if (!means(PAIRS[i][2], guess)) print_message("%s: %s\n", PAIRS[i][1], guess ? guess : "nothing");
        assert_true(means(PAIRS[i][2], guess));
    }
}

static void test_nothing_is_near(void **state) {
    (void)state;
    static const char *const NAMES[] = {"relu", "softmax", "x"};
    assert_null(text_nearest("entirely_else", NAMES, 3));
    assert_null(text_nearest("q", NAMES, 3));
    assert_null(text_nearest("", NAMES, 3));
    assert_string_equal(text_nearest("X", NAMES, 3), "x");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_of_modules, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_arguments_of_layers, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_spellings_of_others, fixture_setup, fixture_teardown),
        cmocka_unit_test(test_nothing_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
