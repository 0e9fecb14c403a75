/* The emitted text: names, the order of checks, standards and compilers, two models in one file, the same
 * bytes twice. */
#include "ir_case.h"

#define BATCH DIM_UNKNOWN

static void any_name_becomes_an_identifier(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"dense", "dense"},
        {"dense/kernel", "dense_kernel"},
        {"3d", "x3d"},
        {"class", "class_"},
        {"int", "int_"},
        {"_private", "private_"},
        {"", "x"},
        {"a b-c.d", "a_b_c_d"},
        {"sch\303\266n", "schu00f6n"},
        {"\377", "u00ff"},
        {"__", "x"},
        {"xor", "xor_"},
        {"linux", "linux_"},
        {"\xe6\xb1\x89", "u6c49"},
    };
    Arena *arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(emit_identifier(arena, cases[i][0]), cases[i][1]);
    arena_free(arena);
}

/* A model with everything that has a name: clashing layers, several inputs, a workspace, ids. */
static Case model(int64_t batch) {
    Case c = case_new();
    Op *x = case_input(&c, "batch", CASE_SHAPE(batch, 9), DTYPE_FLOAT32);
    Op *ids = case_input(&c, "ids", CASE_SHAPE(batch, 9), DTYPE_INT32);
    Op *rows = ir_gather(&c.l, NULL, case_weights(&c, "table", CASE_SHAPE(4, 1)), ids);
    Op *sum = ir_binary(&c.l, NULL, BIN_MUL, x, ir_reshape(&c.l, NULL, rows, &CASE_SHAPE(batch, 9)));
    Op *y = ir_dense(&c.l, NULL, sum, case_weights(&c, "k", CASE_SHAPE(9, 200)),
                     case_weights(&c, "b", CASE_SHAPE(200)));
    y = ir_unary(&c.l, NULL, y, UNARY_TANH, 0, 0, 0);
    y = ir_dense(&c.l, NULL, y, case_weights(&c, "k", CASE_SHAPE(200, 2)), NULL);
    case_output(&c, "ids", y);
    case_output(&c, "start", ir_unary(&c.l, NULL, y, UNARY_EXP, 0, 0, 0));
    return c;
}

enum { PLAIN = 0, STRICT = 1, LINKED = 2 };

static void emit_as(Case *c, int how, const char *prefix, const char *directory, Text *source, Text *header) {
    const PassOptions passes = {.level = 2};
    assert_true(passes_run(c->ir, &passes));
    const Program *program = plan_program(c->arena, c->ir, &(PlanOptions){0});
    assert_non_null(program);
    const EmitOptions options = {.prefix = prefix,
                                 .stem = prefix,
                                 .target = "portable",
                                 .model_file = "*/ a.lam",
                                 .version = "0",
                                 .strict_math = (how & STRICT) != 0,
                                 .link_runtime = (how & LINKED) != 0,
                                 .sources = &c->sources};
    *source = text_new(c->arena);
    *header = text_new(c->arena);
    assert_true(emit_c(program, &options, source, header, NULL));
    if (!directory) return;
    char name[64];
    snprintf(name, sizeof name, "%s.c", prefix);
    case_write(directory, name, source->data, source->length);
    snprintf(name, sizeof name, "%s.h", prefix);
    case_write(directory, name, header->data, header->length);
}

static void emit(Case *c, const char *prefix, const char *directory, Text *source, Text *header) {
    emit_as(c, PLAIN, prefix, directory, source, header);
}

static void the_same_bytes_twice(void **state) {
    (void)state;
    Case a = model(BATCH), b = model(BATCH);
    Text source_a, source_b, header_a, header_b;
    emit(&a, "m", NULL, &source_a, &header_a);
    emit(&b, "m", NULL, &source_b, &header_b);
    assert_string_equal(source_a.data, source_b.data);
    assert_string_equal(header_a.data, header_b.data);
    assert_non_null(strstr(header_a.data, "int m_run(size_t batch, const float *batch_2, const int32_t *ids, "
                                          "float *ids_out, float *start_2, void *workspace);"));
    arena_free(a.arena);
    arena_free(b.arena);
}

#define WARNINGS                                                                                             \
    "-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wdouble-promotion -Wvla -Werror"

static void shell(const char *directory, const char *command) {
    char line[1024];
    snprintf(line, sizeof line, "cd %s && %s 2>&1", directory, command);
    if (system(line) != 0) fail_msg("in %s: %s", directory, command);
}

static void compilers_and_standards(void **state) {
    (void)state;
    char directory[] = "/tmp/lamina-case-XXXXXX";
    assert_non_null(mkdtemp(directory));
    Case a = model(BATCH), b = model(3);
    Text source, header;
    emit(&a, "first", directory, &source, &header);
    emit(&b, "second", directory, &source, &header);
    const char both[] = "#include \"first.c\"\n#include \"second.c\"\n";
    const char cpp[] =
        "#include \"second.h\"\n#include \"first.h\"\nint main() { return first_model.n_inputs == 0; }\n";
    case_write(directory, "both.c", both, sizeof both - 1);
    case_write(directory, "header.cpp", cpp, sizeof cpp - 1);
    shell(directory, "gcc -std=c99 " WARNINGS " -O2 -c first.c");
    shell(directory, "gcc -std=c17 " WARNINGS " -O3 -march=x86-64-v3 -c second.c");
    shell(directory, "gcc -std=c11 " WARNINGS " -O1 -c both.c");
    if (system("clang --version > /dev/null 2>&1") == 0) {
        shell(directory, "clang -std=c99 " WARNINGS " -O2 -c both.c");
        shell(directory, "clang -std=c17 " WARNINGS " -O1 -mavx512f -c first.c");
    }
    if (system("g++ --version > /dev/null 2>&1") == 0)
        shell(directory, "g++ -std=c++17 " WARNINGS " -c header.cpp");
    shell(directory, "! gcc -ffast-math -c first.c > log 2>&1 && grep -q fast-math log && rm -rf \"$PWD\"");
    arena_free(a.arena);
    arena_free(b.arena);
}

/* Models with pasted, strict and linked kernels share a translation unit in any order. */
static void strict_and_linked(void **state) {
    (void)state;
    static const char *const names[] = {"plain", "strict", "linked", "both_ways"};
    char directory[] = "/tmp/lamina-case-XXXXXX", all[256] = "", back[256] = "";
    assert_non_null(mkdtemp(directory));
    for (int how = 0; how < 4; how++) {
        Case c = model(BATCH);
        Text source, header;
        emit_as(&c, how, names[how], directory, &source, &header);
        const size_t end = strlen(all), begin = strlen(back);
        snprintf(all + end, sizeof all - end, "#include \"%s.c\"\n", names[how]);
        snprintf(back + begin, sizeof back - begin, "#include \"%s.c\"\n", names[3 - how]);
        assert_true((strstr(source.data, "#define LMRT_STRICT") != NULL) == (how == STRICT));
        assert_true((strstr(source.data, "lmrt_tanh_f32_strict") != NULL) == ((how & STRICT) != 0));
        assert_true((strstr(source.data, "LMRT_LEVEL") == NULL) == ((how & LINKED) != 0));
        arena_free(c.arena);
    }
    case_write(directory, "all.c", all, strlen(all));
    case_write(directory, "back.c", back, strlen(back));
    shell(directory, "gcc -std=c99 " WARNINGS " -O1 -c strict.c");
    shell(directory, "gcc -std=c99 " WARNINGS " -O1 -c both_ways.c");
    shell(directory, "gcc -std=c99 " WARNINGS " -O0 -c all.c");
    shell(directory, "gcc -std=c17 " WARNINGS " -O0 -c back.c");
    if (system("clang --version > /dev/null 2>&1") == 0) {
        shell(directory, "clang -std=c99 " WARNINGS " -O1 -mavx2 -mfma -c strict.c");
        shell(directory, "clang -std=c17 " WARNINGS " -O0 -c all.c");
        shell(directory, "clang -std=c99 " WARNINGS " -O0 -c back.c");
    }
    shell(directory,
          "! gcc -freciprocal-math -c plain.c > log 2>&1 && grep -q fast-math log && rm -rf \"$PWD\"");
}

typedef struct Loaded {
    char directory[32];
    void *library;
    const lamina_model *model;
    float x[40 * 9], y[40 * 2], z[40 * 2];
    int32_t ids[40 * 9];
    const void *inputs[2];
    void *outputs[2];
    lamina_call call;
} Loaded;

static void load(Loaded *l, int64_t batch) {
    memset(l, 0, sizeof *l);
    strcpy(l->directory, "/tmp/lamina-case-XXXXXX");
    assert_non_null(mkdtemp(l->directory));
    Case c = model(batch);
    Text source, header;
    emit(&c, "m", l->directory, &source, &header);
    l->model = case_compile(l->directory, &(CaseRun){0}, &l->library);
    l->inputs[0] = l->x;
    l->inputs[1] = l->ids;
    l->outputs[0] = l->y;
    l->outputs[1] = l->z;
    l->call = (lamina_call){.size = sizeof l->call, .batch = 40, .inputs = l->inputs, .outputs = l->outputs};
    l->call.workspace_size = l->model->workspace_bytes(&l->call);
    l->call.workspace = malloc(l->call.workspace_size + 64);
    arena_free(c.arena);
}

static void unload(Loaded *l) {
    free(l->call.workspace);
    dlclose(l->library);
    shell(l->directory, "rm -rf \"$PWD\"");
}

static void errors_in_their_order(void **state) {
    (void)state;
    Loaded l;
    load(&l, BATCH);
    const lamina_model *m = l.model;
    assert_int_equal(m->abi, LAMINA_ABI);
    assert_true(l.call.workspace_size > 0);
    assert_int_equal(m->run(&l.call), LAMINA_OK);
    assert_int_equal(m->run(NULL), LAMINA_E_NULL);
    assert_int_equal(m->run(&(lamina_call){.size = 8}), LAMINA_E_NULL);
    assert_int_equal(m->run(&(lamina_call){.size = sizeof(lamina_call)}), LAMINA_OK); /* a batch of 0 */
    lamina_call call = l.call;
    call.inputs = NULL;
    call.workspace = NULL;
    assert_int_equal(m->run(&call), LAMINA_E_NULL);
    call = l.call;
    call.workspace = NULL;
    assert_int_equal(m->run(&call), LAMINA_E_WORKSPACE);
    call.workspace = (char *)l.call.workspace + 4;
    assert_int_equal(m->run(&call), LAMINA_E_WORKSPACE);
    call = l.call;
    call.workspace_size--;
    assert_int_equal(m->run(&call), LAMINA_E_WORKSPACE);
    l.ids[40 * 9 - 1] = 4;
    for (size_t i = 0; i < sizeof l.y / sizeof l.y[0]; i++) l.y[i] = 77.0f;
    assert_int_equal(m->run(&l.call), LAMINA_E_INDEX);
    for (size_t i = 0; i < sizeof l.y / sizeof l.y[0]; i++) assert_true(l.y[i] == 77.0f);
    unload(&l);
}

static void a_fixed_batch(void **state) {
    (void)state;
    Loaded l;
    load(&l, 3);
    assert_int_equal(l.model->run(&l.call), LAMINA_E_BATCH);
    l.call.batch = 0;
    assert_int_equal(l.model->run(&l.call), LAMINA_E_BATCH);
    l.call.batch = 3;
    assert_int_equal(l.model->run(&l.call), LAMINA_OK);
    assert_int_equal(l.model->inputs[0].shape[0], 3);
    unload(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_name_becomes_an_identifier), cmocka_unit_test(the_same_bytes_twice),
        cmocka_unit_test(compilers_and_standards),        cmocka_unit_test(strict_and_linked),
        cmocka_unit_test(errors_in_their_order),          cmocka_unit_test(a_fixed_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
