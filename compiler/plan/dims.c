/* Run-time dimensions: one Program for all extents, from Programs planned at sample extents.
 *
 * In:  Programs of the same model, each planned with other samples for the open dimensions. Out: the first of
 * them, and for every number that differs between them the Size that gives it. Invariant: nothing is taken on
 * trust. Programs that differ in more than numbers, constants that differ, numbers that no Size explains at
 * all samples, and extents where an operation would change its form (a slice that is cut short, a window that
 * does not fit) are refused or become the least extent that the generated function accepts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "plan/planner.h"

enum { MOST_SAMPLES = 4, MOST_DEGREE = 4 };

/* A number, and whose it is. */
typedef struct Number {
    int64_t value;
    const Op *origin;
} Number;

/* What a Program consists of: its numbers, and all the rest as text. */
typedef struct Outline {
    Arena *arena;
    Text form;
    VEC(Number) numbers;
    VEC(Number) at_least_one; /* what must not fall below 1 at any extent */
} Outline;

typedef struct Fit {
    Program *const *programs;
    size_t count;
    Program *out;
    bool *retry;
} Fit;

/* ---- the outline of a Program ---- */

static void add_number(Outline *o, const Op *origin, int64_t value) {
    vec_push(o->arena, &o->numbers, ((Number){value, origin}));
}

static void add_field(Outline *o, const Op *origin, const Field *field) {
    text_printf(&o->form, "%s:%d ", field->name, field->n_values);
    if (field->kind == FIELD_EPILOGUE) {
        const Epilogue *e = &field->epilogue;
        text_printf(&o->form, "%d %a %a %a ", (int)e->function, e->parameter[0], e->parameter[1],
                    e->parameter[2]);
    }
    for (int i = 0; i < field->n_values; i++) add_number(o, origin, field->values[i]);
}

static void add_count(Outline *o, const Op *origin, Count count) {
    text_printf(&o->form, "%d ", count.batched);
    add_number(o, origin, count.factor);
}

static void add_arg(Outline *o, const Op *origin, const Arg *arg) {
    text_printf(&o->form, "%d ", (int)arg->kind);
    if (arg->kind == ARG_BUFFER) {
        text_printf(&o->form, "%d.%zu ", (int)arg->buffer->kind, arg->buffer->index);
        add_number(o, origin, arg->offset);
        add_number(o, origin, arg->stride);
    } else if (arg->kind == ARG_COUNT) {
        add_count(o, origin, arg->count);
    } else if (arg->kind == ARG_FLOAT) {
        text_printf(&o->form, "%a ", arg->number);
    } else if (arg->kind == ARG_NAME) {
        text_printf(&o->form, "%s ", arg->name);
    }
    for (int i = 0; arg->kind == ARG_DESCRIPTOR && i < arg->descriptor->n_fields; i++)
        add_field(o, origin, &arg->descriptor->fields[i]);
}

static void add_step(Outline *o, const Step *step) {
    text_printf(&o->form, "%s ", step->kernel);
    add_count(o, step->origin, step->rounds);
    for (int i = 0; i < step->n_args; i++) add_arg(o, step->origin, &step->args[i]);
    text_char(&o->form, '\n');
}

/* Extents must stay; a slice must stay inside. */
static void add_op(Outline *o, const Op *op) {
    text_printf(&o->form, "%s %d\n", op_kind_name(op->kind), op->shape.rank);
    const int first = op->shape.rank > 0 && op->shape.dim[0] == DIM_UNKNOWN ? 1 : 0;
    for (int i = first; i < op->shape.rank; i++) {
        add_number(o, op, op->shape.dim[i]);
        vec_push(o->arena, &o->at_least_one, ((Number){op->shape.dim[i], op}));
        if (op->kind != OP_SLICE) continue;
        const int64_t begin = op->as.slice.begin[i],
                      last = begin + (op->shape.dim[i] - 1) * op->as.slice.step[i];
        const int64_t low = begin < last ? begin : last, high = begin < last ? last : begin;
        vec_push(o->arena, &o->at_least_one, ((Number){low + 1, op}));
        vec_push(o->arena, &o->at_least_one, ((Number){op->inputs[0]->shape.dim[i] - high, op}));
    }
}

static Outline outline_of(Program *program) {
    Outline o = {.arena = program->arena, .form = text_new(program->arena)};
    for (size_t i = 0; i < program->buffers.count; i++) { /* as plan_memory numbers them */
        Buffer *b = program->buffers.at[i];
        if (b->kind == BUFFER_WORKSPACE) b->index = i;
        text_printf(&o.form, "%d %d %d\n", (int)b->kind, (int)b->dtype, b->batched);
        add_number(&o, b->origin, b->count);
    }
    for (size_t i = 0; i < program->ir->ops.count; i++) add_op(&o, program->ir->ops.at[i]);
    for (size_t i = 0; i < program->checks.count; i++) add_step(&o, &program->checks.at[i]);
    for (size_t i = 0; i < program->steps.count; i++) add_step(&o, &program->steps.at[i]);
    return o;
}

/* ---- sizes ---- */

static bool product_of(const Program *program, const unsigned char *power, int64_t *out) {
    *out = 1;
    for (size_t i = 0; i < program->n_dims; i++)
        for (int k = 0; k < power[i]; k++)
            if (!checked_mul(*out, program->dims[i].sample, out)) return false;
    return true;
}

/* The size of this power whose values at the samples are these. */
static bool fit_power(const Fit *fit, const int64_t *values, const unsigned char *power, Size *out) {
    int64_t product[MOST_SAMPLES];
    for (size_t i = 0; i < fit->count; i++)
        if (!product_of(fit->programs[i], power, &product[i])) return false;
    const int64_t rise = values[0] - values[1], run = product[0] - product[1];
    if (run == 0 || rise % run != 0 || rise == 0) return false;
    *out = (Size){.factor = rise / run};
    int64_t part;
    if (!checked_mul(out->factor, product[0], &part)) return false;
    out->constant = values[0] - part;
    memcpy(out->power, power, sizeof out->power);
    for (size_t i = 1; i < fit->count; i++)
        if (!checked_mul(out->factor, product[i], &part) || out->constant + part != values[i]) return false;
    return true;
}

/* The next list of powers of at most MOST_DEGREE in all; false after the last. */
static bool next_power(unsigned char *power, size_t n_dims) {
    for (size_t i = 0; i < n_dims; i++) {
        if (power[i]++ < MOST_DEGREE) {
            int degree = 0;
            for (size_t k = 0; k < n_dims; k++) degree += power[k];
            if (degree <= MOST_DEGREE) return true;
            return next_power(power, n_dims);
        }
        power[i] = 0;
    }
    return false;
}

static bool fit_size(const Fit *fit, const int64_t *values, Size *out) {
    bool same = true;
    for (size_t i = 1; i < fit->count; i++) same &= values[i] == values[0];
    *out = (Size){.constant = values[0]};
    if (same) return true;
    unsigned char power[PROGRAM_MAX_DIMS] = {0};
    while (next_power(power, fit->out->n_dims))
        if (fit_power(fit, values, power, out)) return true;
    return false;
}

static bool refuse(const Fit *fit, const Op *op, const char *why) {
    const SourceRange at = op && op->origin ? op->origin->at : NO_SOURCE;
    diag_report(fit->out->ir->diags, E641, at, "layer \"%s\" cannot leave %s to run time: %s",
                op ? op->name : fit->out->ir->model_name, fit->out->dims[0].name, why);
    diag_help(fit->out->ir->diags, at, NULL, "bind it when compiling: --dim %s=N", fit->out->dims[0].name);
    return false;
}

/* By how much the operation's windows, or what it takes, move along some axis. */
static int64_t op_stride(const Op *op) {
    const int64_t *stride = NULL;
    int count = 2;
    int64_t most = 1;
    if (op->kind == OP_CONV2D) stride = op->as.conv2d.stride;
    if (op->kind == OP_DEPTHWISE_CONV2D) stride = op->as.conv2d.stride;
    if (op->kind == OP_POOL2D) stride = op->as.pool2d.stride;
    if (op->kind == OP_CONV3D) stride = op->as.conv3d.stride, count = 3;
    if (op->kind == OP_SLICE) stride = op->as.slice.step, count = op->shape.rank;
    for (int i = 0; stride && i < count; i++) {
        const int64_t size = stride[i] < 0 ? -stride[i] : stride[i];
        if (size > most) most = size;
    }
    return most;
}

/* A number that no Size explains. */
static bool refuse_number(const Fit *fit, const Op *op) {
    const int64_t stride = op ? op_stride(op) : 1;
    if (stride == 1) return refuse(fit, op, "it computes on that extent");
    return refuse(
        fit, op,
        arena_printf(
            fit->out->arena,
            "it moves by %lld there, and the extent of what it gives, which is rounded to a whole number, "
            "is no multiple of that dimension plus a constant",
            (long long)stride));
}

/* Each number stands for one size only, else other samples must be tried. */
static bool record(const Fit *fit, int64_t number, Size size) {
    Program *p = fit->out;
    for (size_t i = 0; i < p->sizes.count; i++) {
        if (p->sizes.at[i].number != number) continue;
        const Size *known = &p->sizes.at[i].size;
        if (known->constant == size.constant && known->factor == size.factor &&
            memcmp(known->power, size.power, sizeof size.power) == 0)
            return true;
        *fit->retry = true;
        return false;
    }
    vec_push(p->arena, &p->sizes, ((KnownSize){number, size}));
    return true;
}

static void values_of(const Fit *fit, const Outline *outlines, size_t i, bool constraint, int64_t *out) {
    for (size_t k = 0; k < fit->count; k++)
        out[k] = constraint ? outlines[k].at_least_one.at[i].value : outlines[k].numbers.at[i].value;
}

static bool fit_numbers(const Fit *fit, const Outline *outlines) {
    int64_t values[MOST_SAMPLES];
    for (size_t i = 0; i < outlines[0].numbers.count; i++) {
        Size size;
        values_of(fit, outlines, i, false, values);
        if (!fit_size(fit, values, &size)) return refuse_number(fit, outlines[0].numbers.at[i].origin);
        if (!size_is_number(size) && !record(fit, values[0], size)) return false;
    }
    for (size_t i = 0; i < outlines[0].numbers.count; i++) { /* a plain number that looks like a size */
        values_of(fit, outlines, i, false, values);
        if (values[0] == values[1] && !size_is_number(program_size(fit->out, values[0]))) {
            *fit->retry = true;
            return false;
        }
    }
    return true;
}

/* ---- limits ---- */

/* Raises the least extents so that the size is at least 1 for all that are accepted. */
static bool limit_below(const Fit *fit, Size size, const Op *op) {
    if (size_is_number(size)) return true; /* the layers' own rules have checked it */
    if (size.factor < 0) return refuse(fit, op, "a longer one would not fit");
    if (size.constant + size.factor >= 1) return true;
    const int64_t least = (1 - size.constant + size.factor - 1) / size.factor;
    for (size_t i = 0; i < fit->out->n_dims; i++) {
        bool alone = size.power[i] == 1;
        for (size_t k = 0; k < fit->out->n_dims; k++) alone &= k == i || size.power[k] == 0;
        if (!alone) continue;
        if (fit->out->dims[i].least < least) fit->out->dims[i].least = least;
        return true;
    }
    return refuse(fit, op, "a product of extents has a lower limit");
}

static bool limits_below(const Fit *fit, const Outline *outlines) {
    int64_t values[MOST_SAMPLES];
    for (size_t i = 0; i < fit->out->n_dims; i++) fit->out->dims[i].least = 1;
    for (size_t i = 0; i < outlines[0].at_least_one.count; i++) {
        Size size;
        const Op *op = outlines[0].at_least_one.at[i].origin;
        values_of(fit, outlines, i, true, values);
        if (!fit_size(fit, values, &size)) return refuse_number(fit, op);
        if (!limit_below(fit, size, op)) return false;
    }
    return true;
}

/* The largest power of two for all dimensions at which no size of eight-byte elements passes the limit. */
static int64_t most_extent(const Program *p, double limit) {
    int64_t most = (int64_t)1 << 40;
    for (size_t i = 0; i < p->sizes.count; i++) {
        const Size *size = &p->sizes.at[i].size;
        const double factor = 16.0 * ((double)llabs(size->factor) + (double)llabs(size->constant));
        int degree = 0;
        for (size_t k = 0; k < p->n_dims; k++) degree += size->power[k];
        for (double product; most > 1; most /= 2) {
            product = factor;
            for (int k = 0; k < degree; k++) product *= (double)most;
            if (product <= limit) break;
        }
    }
    return most;
}

/* ---- what cannot differ ---- */

static bool check_constants(const Fit *fit) {
    const Program *first = fit->programs[0];
    for (size_t i = 0; i < first->constants.count; i++) {
        const Buffer *a = first->constants.at[i];
        for (size_t k = 1; k < fit->count; k++) {
            const Buffer *b = fit->programs[k]->constants.at[i];
            if (a->count != b->count ||
                memcmp(a->data, b->data, (size_t)a->count * dtype_size(a->dtype)) != 0)
                return refuse(fit, a->origin, "it needs constants that depend on it");
        }
    }
    return true;
}

/* Callers are told shapes in terms of the dimensions themselves. */
static bool check_output(const Fit *fit, const Buffer *buffer) {
    const Op *op = buffer->origin;
    for (int i = 0; i < op->shape.rank; i++) {
        const Size size = program_size(fit->out, op->shape.dim[i]);
        int degree = 0;
        for (size_t k = 0; k < fit->out->n_dims; k++) degree += size.power[k];
        if (size.factor != 0 && (size.factor != 1 || size.constant != 0 || degree != 1))
            return refuse(fit, op, "an extent of the output is neither fixed nor that dimension itself");
    }
    return true;
}

static bool same_form(const Fit *fit, const Outline *outlines) {
    bool same = true;
    for (size_t i = 1; i < fit->count; i++)
        same &= strcmp(outlines[0].form.data, outlines[i].form.data) == 0 &&
                outlines[0].numbers.count == outlines[i].numbers.count;
    return same || refuse(fit, NULL, "the model takes another form at other extents");
}

bool plan_dims(Program *const *programs, size_t count, bool *retry) {
    Outline outlines[MOST_SAMPLES];
    const Fit fit = {programs, count < MOST_SAMPLES ? count : MOST_SAMPLES, programs[0], retry};
    Program *out = programs[0];
    *retry = false;
    for (size_t i = 0; i < fit.count; i++) outlines[i] = outline_of(programs[i]);
    if (!same_form(&fit, outlines) || !check_constants(&fit) || !fit_numbers(&fit, outlines) ||
        !limits_below(&fit, outlines))
        return false;
    for (size_t i = 0; i < out->n_outputs; i++)
        if (!check_output(&fit, out->outputs[i])) return false;
    for (size_t i = 0; i < out->n_dims; i++) {
        out->dims[i].most = most_extent(out, 4e18);
        out->dims[i].most32 = most_extent(out, 4e9);
    }
    plan_memory(out);
    return true;
}

Size program_size(const Program *program, int64_t number) {
    for (size_t i = 0; i < program->sizes.count; i++)
        if (program->sizes.at[i].number == number) return program->sizes.at[i].size;
    return (Size){.constant = number};
}
