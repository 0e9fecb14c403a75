/* Kernels' bitcode that does not fit the libLLVM that is loaded, or is damaged: a report (E612), and no
 * module. The emitter is linked with bitcode of this test's own making instead of its own.
 */
#include "../unit/ir_case.h"

#include "emit/llvm/bitcode.h"
#include "emit/llvm/emit_llvm.h"

enum { MOST_BYTES = 1 << 22, WORD = 4, WRAPPER = 5 * WORD };
static unsigned char wrapped[WRAPPER + MOST_BYTES], *const bytes = wrapped + WRAPPER;
static size_t size;
/* The emitter takes the one that its target names: "generic". */
const BitcodeBlob bitcode_blobs[] = {{"generic", wrapped, wrapped + sizeof wrapped}};
const size_t bitcode_blob_count = 1;

/* The real bitcode, behind a header that says how long it is. */
static void read_bitcode(void) {
    FILE *file = fopen(LAMINA_BITCODE_FOLDER "/generic.bc", "rb");
    assert_non_null(file);
    size = fread(bytes, 1, MOST_BYTES, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(size, 1000, MOST_BYTES - 1);
    const uint32_t header[] = {0x0B17C0DE, 0, WRAPPER, (uint32_t)size, 0};
    memcpy(wrapped, header, sizeof header);
}

/* The report of a model of one exp; NULL: it was emitted. */
static const char *refusal(char *text, size_t room) {
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(DIM_UNKNOWN, 4), DTYPE_FLOAT32);
    case_output(&c, "y", ir_unary(&c.l, NULL, x, UNARY_EXP, 0, 0, 0));
    const Program *program = plan_program(c.arena, c.ir, &(PlanOptions){0});
    const EmitOptions options = {.prefix = "m",
                                 .stem = "m",
                                 .target = "generic",
                                 .model_file = "m.lam",
                                 .version = "0",
                                 .sources = &c.sources,
                                 .level = 1};
    LlvmUnit unit = {0};
    const bool done = emit_llvm(c.arena, program, &options, &unit, NULL, NULL);
    if (done) {
        llvm_unit_free(&unit);
    } else {
        assert_true(diag_has(c.diags, E612));
        snprintf(text, room, "%s", diag_first_error(c.diags, (DiagMark){0}, NULL));
    }
    arena_free(c.arena);
    return done ? NULL : text;
}

static void the_real_one_is_taken(void **state) {
    (void)state;
    char text[500];
    read_bitcode();
    assert_null(refusal(text, sizeof text));
}

/* The block that says who wrote it ends with the number of the format, the "epoch": 0. */
static void another_version_is_refused(void **state) {
    (void)state;
    char text[500];
    uint32_t words;
    int refused = 0;
    read_bitcode();
    memcpy(&words, bytes + 2 * WORD, sizeof words);
    const size_t end = (3 + (size_t)words) * WORD;
    assert_in_range(end, 4 * WORD, size);
    for (size_t bit = 0; bit < 2 * WORD * 8; bit++) {
        unsigned char *place = &bytes[end - 2 * WORD + bit / 8];
        *place ^= (unsigned char)(1u << bit % 8);
        const char *report = refusal(text, sizeof text);
        if (report && strstr(report, "poch")) refused++;
        *place ^= (unsigned char)(1u << bit % 8);
    }
    assert_true(refused > 0);
    assert_null(refusal(text, sizeof text));
}

static void damage_is_refused(void **state) {
    (void)state;
    char text[500];
    read_bitcode();
    memset(bytes + size / 2, 0, size - size / 2);
    assert_non_null(refusal(text, sizeof text));
    memset(wrapped, 'x', sizeof wrapped);
    assert_non_null(refusal(text, sizeof text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_one_is_taken),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(damage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
