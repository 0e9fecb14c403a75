/* .npy and .npz: what is written reads back the same, bytes are always the same, hostile headers are refused.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/convert.h"
#include "data/data.h"

enum { LIMIT = 1 << 20 };

typedef struct Fixture {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    char *folder;
} Fixture;

static Fixture setup(void) {
    Fixture f = {.arena = arena_new()};
    f.sources = sources_new(f.arena);
    f.diags = diag_new(f.arena, &f.sources, NULL);
    f.folder = arena_strdup(f.arena, "/tmp/lamina-data-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    return f;
}

static const char *file_in(Fixture *f, const char *name) {
    return arena_printf(f->arena, "%s/%s", f->folder, name);
}

static void teardown(Fixture *f) {
    static const char *const NAMES[] = {"a.npy", "a.npz", "b.npz"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) unlink(file_in(f, NAMES[i]));
    assert_int_equal(rmdir(f->folder), 0); /* no temporary file is left */
    arena_free(f->arena);
}

static Array make_array(Fixture *f, const char *name, DType dtype, int rank, const int64_t *dims) {
    Array array = {.name = name, .dtype = dtype, .shape = shape_make(rank, dims)};
    int64_t count;
    assert_true(shape_count(&array.shape, 0, &count));
    array.count = (size_t)count;
    array.data = arena_alloc_array(f->arena, array.count, dtype_size(dtype));
    for (size_t i = 0; i < array.count; i++) convert_set(dtype, array.data, i, (double)i * 3);
    return array;
}

static void test_round_trip(void **state) {
    (void)state;
    Fixture f = setup();
    const int64_t dims[] = {2, 3, 4};
    for (DType dtype = 0; dtype < DTYPE_COMPILABLE; dtype++) {
        const Array array = make_array(&f, NULL, dtype, 3, dims);
        ArrayList list;
        assert_true(data_write(f.diags, file_in(&f, "a.npy"), &array, 1));
        assert_true(data_read(f.arena, f.diags, file_in(&f, "a.npy"), LIMIT, &list));
        assert_int_equal(list.count, 1);
        assert_int_equal(list.at[0].dtype, dtype == DTYPE_BFLOAT16 ? DTYPE_FLOAT32 : dtype);
        assert_true(shape_equal(&list.at[0].shape, &array.shape));
        const double *wanted = data_to_double(f.arena, &array), *got = data_to_double(f.arena, &list.at[0]);
        assert_memory_equal(wanted, got, array.count * sizeof *got);
    }
    teardown(&f);
}

static void read_file(Fixture *f, const char *name, char **data, size_t *size) {
    FILE *file = fopen(file_in(f, name), "rb");
    assert_non_null(file);
    *data = arena_alloc(f->arena, LIMIT);
    *size = fread(*data, 1, LIMIT, file);
    fclose(file);
}

static void test_archive(void **state) {
    (void)state;
    Fixture f = setup();
    const int64_t dims[] = {5};
    const Array arrays[] = {make_array(&f, "dense", DTYPE_FLOAT32, 1, dims),
                            make_array(&f, NULL, DTYPE_INT64, 0, NULL)};
    ArrayList list;
    assert_true(data_write(f.diags, file_in(&f, "a.npz"), arrays, 2));
    assert_true(data_read(f.arena, f.diags, file_in(&f, "a.npz"), LIMIT, &list));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.at[0].name, "dense");
    assert_string_equal(list.at[1].name, "arr_1");
    char *first, *second;
    size_t first_size, second_size;
    setenv("TZ", "Asia/Tokyo", 1);
    assert_true(data_write(f.diags, file_in(&f, "b.npz"), arrays, 2));
    unsetenv("TZ");
    read_file(&f, "a.npz", &first, &first_size);
    read_file(&f, "b.npz", &second, &second_size);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    assert_false(data_write(f.diags, file_in(&f, "a.npy"), arrays, 2));
    teardown(&f);
}

static void write_npy(Fixture *f, const char *header, size_t data_bytes) {
    FILE *file = fopen(file_in(f, "a.npy"), "wb");
    const size_t length = strlen(header);
    fwrite("\x93NUMPY\x01\0", 1, 8, file);
    fputc((int)(length & 0xFF), file);
    fputc((int)(length >> 8), file);
    fwrite(header, 1, length, file);
    for (size_t i = 0; i < data_bytes; i++) fputc((int)i, file);
    fclose(file);
}

static void check_refused(const char *header, size_t data_bytes, const char *code) {
    Fixture f = setup();
    ArrayList list;
    write_npy(&f, header, data_bytes);
    if (data_read(f.arena, f.diags, file_in(&f, "a.npy"), LIMIT, &list)) fail_msg("%s was read", header);
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    diag_render(f.diags, stream);
    fclose(stream);
    if (!strstr(text, code)) fail_msg("%s: no %s in: %s", header, code, text);
    free(text);
    teardown(&f);
}

static void test_hostile_headers(void **state) {
    (void)state;
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", 11, "E503");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", 13, "E503");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }\n", 0,
                  "E503");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n", 0,
                  "E501");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n", 0, "E501");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (3), }\n", 12, "E501");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }\n", 4, "E501");
    check_refused("{'descr': '<f4', 'fortran_order': False, }\n", 0, "E501");
    check_refused("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", 4, "E501");
    check_refused("{'descr': '<f4', 'fortran_order': 0, 'shape': (), }\n", 4, "E501");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': ()} exec\n", 4, "E501");
    check_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (\n", 4, "E501");
    check_refused("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", 8, "E502");
    check_refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", 4, "E502");
    check_refused("{'descr': '<U3', 'fortran_order': False, 'shape': (1,), }\n", 12, "E502");
    check_refused("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }\n", 8, "E502");
    check_refused("", 0, "E501");
}

static void test_orders(void **state) {
    (void)state;
    Fixture f = setup();
    ArrayList list;
    write_npy(&f, "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3), }\n", 12);
    assert_true(data_read(f.arena, f.diags, file_in(&f, "a.npy"), LIMIT, &list));
    const uint16_t *got = list.at[0].data;
    const uint16_t wanted[] = {0x0001, 0x0405, 0x0809, 0x0203, 0x0607, 0x0A0B};
    assert_memory_equal(got, wanted, sizeof wanted);
    teardown(&f);
}

static void test_limit(void **state) {
    (void)state;
    Fixture f = setup();
    ArrayList list;
    write_npy(&f, "{'descr': '|u1', 'fortran_order': False, 'shape': (2000,), }\n", 2000);
    assert_false(data_read(f.arena, f.diags, file_in(&f, "a.npy"), 1000, &list));
    assert_false(data_read(f.arena, f.diags, "/dev/zero", 100000, &list));
    assert_false(data_read(f.arena, f.diags, f.folder, LIMIT, &list));
    teardown(&f);
}

/* A link stays a link; the permissions of the old file are kept; a folder that is not there is reported. */
static void test_replaces_files(void **state) {
    (void)state;
    Fixture f = setup();
    const Array array = make_array(&f, NULL, DTYPE_FLOAT32, 0, NULL);
    struct stat status;
    assert_true(data_write(f.diags, file_in(&f, "a.npy"), &array, 1));
    assert_int_equal(chmod(file_in(&f, "a.npy"), 0600), 0);
    assert_int_equal(symlink("a.npy", file_in(&f, "b.npz")), 0);
    const Array named = make_array(&f, "x", DTYPE_FLOAT32, 0, NULL);
    assert_true(data_write(f.diags, file_in(&f, "b.npz"), &named, 1));
    assert_int_equal(lstat(file_in(&f, "b.npz"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(file_in(&f, "a.npy"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_false(data_write(f.diags, file_in(&f, "none/a.npy"), &array, 1));
    teardown(&f);
}

static void check_half(double value, uint16_t bits, double back) {
    uint16_t stored;
    convert_set(DTYPE_FLOAT16, &stored, 0, value);
    assert_int_equal(stored, bits);
    assert_true(convert_get(DTYPE_FLOAT16, &stored, 0) == back);
}

static void test_small_floats(void **state) {
    (void)state;
    check_half(1.0, 0x3C00, 1.0);
    check_half(-2.0, 0xC000, -2.0);
    check_half(65504.0, 0x7BFF, 65504.0);
    check_half(65519.0, 0x7BFF, 65504.0);
    check_half(65520.0, 0x7C00, (double)INFINITY);
    check_half(0x1p-24, 0x0001, 0x1p-24);
    check_half(0x1p-25, 0x0000, 0.0); /* a tie, to even */
    check_half(0x1.8p-25, 0x0001, 0x1p-24);
    check_half(1.0 + 0x1p-11, 0x3C00, 1.0);
    check_half(1.0 + 3 * 0x1p-11, 0x3C02, 1.0 + 0x1p-9);
    check_half(0x1.ffcp-15, 0x0400, 0x1p-14); /* the greatest subnormal is below it: rounds up to normal */
    uint16_t bits;
    convert_set(DTYPE_BFLOAT16, &bits, 0, 1.0 + 0x1p-8);
    assert_int_equal(bits, 0x3F80);
    convert_set(DTYPE_FLOAT16, &bits, 0, (double)NAN);
    assert_true(isnan(convert_get(DTYPE_FLOAT16, &bits, 0)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_archive),
        cmocka_unit_test(test_hostile_headers), cmocka_unit_test(test_orders),
        cmocka_unit_test(test_limit),           cmocka_unit_test(test_replaces_files),
        cmocka_unit_test(test_small_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
