/* Sizes in C: numbers of the Program, where each may be a function of the run-time dimensions, which are
 * parameters of type size_t. */
#include <inttypes.h>

#include "emit/emitter.h"

bool c_grows(const Emitter *e, const unsigned char *power) {
    for (size_t i = 0; i < e->program->n_dims; i++)
        if (power[i]) return true;
    return false;
}

void c_product(const Emitter *e, Text *out, const unsigned char *power) {
    bool first = true;
    for (size_t i = 0; i < e->program->n_dims; i++)
        for (int k = 0; k < power[i]; k++) {
            text_printf(out, first ? "%s" : " * %s", e->dims[i]);
            first = false;
        }
    if (first) text_char(out, '1');
}

void c_size(const Emitter *e, Text *out, int64_t number) {
    const Size size = program_size(e->program, number);
    if (size_is_number(size)) {
        text_printf(out, "%" PRId64, size.constant);
        return;
    }
    if (size.constant) text_char(out, '(');
    if (size.factor != 1) text_printf(out, "%" PRId64 " * ", size.factor);
    c_product(e, out, size.power);
    if (size.constant)
        text_printf(out, size.constant < 0 ? " - %" PRId64 : " + %" PRId64,
                    size.constant < 0 ? -size.constant : size.constant);
    if (size.constant) text_char(out, ')');
}

bool c_is_open(const Emitter *e, int64_t number) {
    return !size_is_number(program_size(e->program, number));
}

void emit_dims_check(const Emitter *e, Text *out) {
    for (size_t i = 0; i < e->program->n_dims; i++) {
        const RunTimeDim *dim = &e->program->dims[i];
        text_printf(out,
                    "    if (%s < %" PRId64 " || %s > (size_t)(sizeof(size_t) > 4 ? %" PRId64 "u : %" PRId64
                    "u)) return LAMINA_E_DIMS;\n",
                    e->dims[i], dim->least, e->dims[i], dim->most, dim->most32);
    }
}

int64_t described_extent(const Program *program, int64_t extent) {
    for (size_t i = 0; i < program->n_dims; i++)
        if (extent == program->dims[i].sample) return -2 - (int64_t)i;
    return extent;
}
