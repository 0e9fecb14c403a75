/* The compiler's end of the conversation with the process that reads HDF5 files, against a process that
 * answers what it should not: no answer is trusted, and no process stays behind. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "weights/hdf5/h5_message.h"

/* What the child answers to every question after H5_OPEN; its own end where `dies`. */
static struct {
    H5Reply reply;
    char bytes[256];
    size_t size;
    bool dies;
} lie;

_Noreturn void h5_serve(int socket, const Bytes *bytes) {
    (void)bytes;
    H5Request request;
    char name[H5_MAX_NAME];
    while (h5_receive(socket, &request, sizeof request) && h5_receive(socket, name, request.name_size)) {
        const H5Reply opened = {.yes = true};
        if (request.question == H5_OPEN) {
            h5_send(socket, &opened, sizeof opened);
            continue;
        }
        if (lie.dies) raise(SIGKILL);
        h5_send(socket, &lie.reply, sizeof lie.reply);
        h5_send(socket, lie.bytes, lie.size);
        if (lie.reply.size > lie.size) break;
    }
    _exit(EXIT_SUCCESS);
}

typedef struct Fixture {
    Arena *arena;
    Diagnostics *diags;
    H5File *file;
} Fixture;

static Fixture opened(void) {
    static const Bytes BYTES = {.path = "w.weights.h5"};
    static const Sources SOURCES = {0};
    Fixture fixture = {.arena = arena_new()};
    fixture.diags = diag_new(fixture.arena, &SOURCES, NULL);
    fixture.file = h5_open(fixture.arena, fixture.diags, &BYTES);
    assert_non_null(fixture.file);
    return fixture;
}

/* With the arena, and with it alone, the process ends. */
static void closed(const Fixture *fixture) {
    arena_free(fixture->arena);
    int status;
    assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void answer(H5Reply reply, const void *bytes, size_t size) {
    memset(&lie, 0, sizeof lie);
    lie.reply = reply;
    lie.size = size;
    if (size) memcpy(lie.bytes, bytes, size);
}

static void one_that_dies_is_damage(void **state) {
    (void)state;
    answer((H5Reply){0}, NULL, 0);
    lie.dies = true;
    const Fixture fixture = opened();
    H5Names names;
    assert_false(h5_list(fixture.file, H5_ROOT, &names));
    assert_true(fixture.file->damaged);
    assert_int_equal(diag_error_count(fixture.diags), 1);
    assert_true(h5_group(fixture.file, H5_ROOT, "layers") < 0);
    assert_null(h5_text(fixture.file, H5_ROOT, "backend"));
    assert_int_equal(diag_error_count(fixture.diags), 1);
    closed(&fixture);
}

static void a_shape_must_be_one(void **state) {
    (void)state;
    const H5Description LIES[] = {
        {.shape = {.rank = 99}, .dtype = DTYPE_FLOAT32},
        {.shape = {.rank = -1}, .dtype = DTYPE_FLOAT32},
        {.shape = {.rank = 1, .dim = {-5}}, .dtype = DTYPE_FLOAT32},
        {.shape = {.rank = 1, .dim = {5}}, .dtype = (DType)1000},
    };
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        answer((H5Reply){.yes = true, .size = sizeof *LIES}, &LIES[i], sizeof *LIES);
        const Fixture fixture = opened();
        FoundWeight found = {.path = "layers/dense/vars/0"};
        h5_describe(fixture.file, H5_ROOT, found.path, &found);
        assert_non_null(found.problem);
        closed(&fixture);
    }
}

static void an_array_is_of_the_size_that_was_asked_for(void **state) {
    (void)state;
    float out[4] = {0};
    const FoundWeight found = {.path = "w", .shape = {.rank = 1, .dim = {4}}, .dtype = DTYPE_FLOAT32};
    const size_t LIES[] = {0, 12, 20, 200};
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        const char bytes[200] = {1};
        answer((H5Reply){.yes = true, .size = LIES[i]}, bytes, LIES[i]);
        const Fixture fixture = opened();
        assert_false(h5_read(fixture.file, H5_ROOT, found.path, &found, out));
        assert_int_equal(diag_error_count(fixture.diags), 1);
        assert_true(out[0] == 0);
        closed(&fixture);
    }
}

static void lengths_are_bounded(void **state) {
    (void)state;
    H5Names names;
    const H5Reply LIES[] = {
        {.yes = true, .size = UINT64_MAX},
        {.yes = true, .size = (uint64_t)H5_MAX_LIST},
        {.yes = true, .damage_size = UINT32_MAX},
        {.yes = true, .damage_size = H5_MAX_NAME + 1},
    };
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        answer(LIES[i], NULL, 0);
        const Fixture fixture = opened();
        assert_false(h5_list(fixture.file, H5_ROOT, &names));
        assert_int_equal(diag_error_count(fixture.diags), 1);
        closed(&fixture);
    }
}

static void texts_end(void **state) {
    (void)state;
    answer((H5Reply){.yes = true, .size = 3}, "a\0b", 3); /* without the last NUL */
    const Fixture fixture = opened();
    H5Names names;
    assert_true(h5_list(fixture.file, H5_ROOT, &names));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.at[1], "b");
    const char *text = h5_text(fixture.file, H5_ROOT, "backend");
    assert_string_equal(text, "a");
    closed(&fixture);
}

static void damage_is_said_in_print(void **state) {
    (void)state;
    const char damage[] = "a \x1b[31mred name";
    answer((H5Reply){.damage_size = sizeof damage}, damage, sizeof damage);
    const Fixture fixture = opened();
    H5Names names;
    SourceRange at;
    const DiagMark mark = diag_mark(fixture.diags);
    assert_false(h5_list(fixture.file, H5_ROOT, &names));
    assert_null(strchr(diag_first_error(fixture.diags, mark, &at), '\x1b'));
    closed(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_dies_is_damage),
        cmocka_unit_test(a_shape_must_be_one),
        cmocka_unit_test(an_array_is_of_the_size_that_was_asked_for),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(texts_end),
        cmocka_unit_test(damage_is_said_in_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
