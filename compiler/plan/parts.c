/* plan_parts: which steps are cut into tasks that threads share, and how.
 *
 * In:  a Program whose steps, memory and chunk are decided.
 * Out: Step.parts of the steps that are worth it. A step of which nothing is known here stays whole, as does
 * one that may fail (the run would end in one task only), and every step where dimensions are left to run
 * time. Counts are cut when the model runs (rows, elements, samples: they may hold the batch), the inside of
 * a sample here, into pieces. Every result is computed whole in one task, from the same numbers in the same
 * order. Where there are chunks enough, whole samples are shared instead: nobody waits between steps.
 */
#include "plan/parts.h"

#include <string.h>

#include "plan/planner.h"

static const int64_t TASK_WORK = 1 << 17; /* some microseconds */
enum {
    LARGEST_CHUNK_SPLIT = 1 << 20, /* a larger one is as good as all samples */
    ROW_WEIGHT = 4 /* multiply-adds of a row that only reads weights, by those of a busy kernel */
};

/* A kernel whose argument '#' counts rows or elements, and what each address moves for one of them: '.' not,
 * '1' an element, 'k', 'n', 'c' that field of the descriptor, 'x' and 'y' in and out times inner of the
 * descriptor, 'i' and 'r' the third argument and its product with the second. */
typedef struct Counted {
    const char *kernel; /* the start of its name */
    const char *moves;
} Counted;

static const Counted counted[] = {
    {"reduce_mean_i8", NULL},  {"dense_f32", "d#k..nn"},  {"affine_f32", "d#c..cc"}, {"resample_", "d#..xy"},
    {"reduce_", "#..ri"},      {"argmax_", "#..ri"},      {"argmin_", "#..ri"},      {"softmax_", "#..rr"},
    {"log_softmax_", "#..rr"}, {"sparsemax_", "#..rr"},   {"scan_", "#..rr"},        {"normalize_", "#...rr"},
    {"cast", "..#11"},         {"logical_not_b8", "#11"}, {"fill", "#..1"},          {"bucket_", "#..11"},
    {"find_", "#..11"},        {"hash_", "#..11"},
};
static const char unary[] = ".#11";

const Field *step_field(const Step *step, const char *name) {
    for (int k = 0; k < step->n_args; k++) {
        const Descriptor *d = step->args[k].kind == ARG_DESCRIPTOR ? step->args[k].descriptor : NULL;
        for (int f = 0; d && f < d->n_fields; f++)
            if (strcmp(d->fields[f].name, name) == 0) return &d->fields[f];
    }
    return NULL;
}

int64_t step_size(const Step *step, const char *name) {
    const Field *field = step_field(step, name);
    return field ? field->values[0] : 1;
}

static const char *moves_of(const Step *step) {
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (strncmp(step->kernel, counted[i].kernel, strlen(counted[i].kernel)) == 0) return counted[i].moves;
    const bool map = step->origin->kind == OP_UNARY && step->n_args == 4 && step->args[1].kind == ARG_COUNT;
    return map ? unary : NULL;
}

static int64_t move_of(const Step *step, char code) {
    const char field[2] = {code, '\0'};
    switch (code) {
    case '1': return 1;
    case 'k':
    case 'n':
    case 'c': return step_size(step, field);
    case 'x': return step_size(step, "in") * step_size(step, "inner");
    case 'y': return step_size(step, "out") * step_size(step, "inner");
    case 'i': return step->args[2].count.factor;
    case 'r': return step->args[1].count.factor * step->args[2].count.factor;
    default: return 0;
    }
}

/* Things that there are at most when the model runs. */
static double most_of(const Program *program, Count count) {
    const bool all = program->chunk == 0; /* the whole batch at once, which may be any */
    const double samples = !count.batched ? 1.0 : all ? 1e9 : (double)program->chunk;
    return samples * (double)count.factor;
}

static bool set_grain(const Program *program, Parts *parts, Count count, double work, int64_t least) {
    const double grain = (double)program->task_work / (work < 1.0 ? 1.0 : work) + 1.0;
    parts->grain = (int64_t)grain < least ? least : (int64_t)grain;
    return most_of(program, count) >= 2.0 * (double)parts->grain;
}

/* Ranges are at most as many as threads, and so are the slices of a scratch; pieces may be more. */
static bool has_scratch(const Step *step) {
    for (int k = 0; k < step->n_args; k++)
        if (step->args[k].kind == ARG_BUFFER && step->args[k].buffer->slice) return true;
    return false;
}

/* Of one row there are no ranges: its columns are cut, as often as reading the weights is worth it. */
static void cut_row(const Program *program, const Step *step, Parts *parts, double work) {
    const Count rows = step->args[parts->argument].count;
    const double worth = work * ROW_WEIGHT / (double)program->task_work;
    if (rows.factor != 1) return;
    const int count = worth < program->threads ? (int)worth : program->threads;
    parts->pieces = pieces_cut_row(program->arena, step, count, &parts->n_pieces);
    if (parts->pieces && (!rows.batched || program->chunk == 1)) parts->argument = -1; /* always one */
}

/* Ranges of the rows or elements that an argument counts. */
static bool cut_count(const Program *program, const Step *step, Parts *parts) {
    const char *moves = moves_of(step);
    if (!moves || step->rounds.batched || step->rounds.factor != 1) return false;
    int64_t most = 0;
    for (int k = 0; k < step->n_args; k++) {
        parts->move[k] = step->args[k].kind == ARG_BUFFER ? move_of(step, moves[k]) : 0;
        if (parts->move[k] > most) most = parts->move[k];
    }
    parts->argument = (int)(strchr(moves, '#') - moves);
    parts->align = most == 1 ? PART_LINE : 1;
    const bool dense = strcmp(step->kernel, "dense_f32") == 0;
    const double work =
        dense ? (double)step_size(step, "k") * (double)step_size(step, "n") : (double)most * PART_ELEMENT;
    const bool ranges = set_grain(program, parts, step->args[parts->argument].count, work, 2);
    if (dense) cut_row(program, step, parts, work);
    return ranges || parts->pieces;
}

/* Of one round; 0: nothing is known of this kernel. */
static double round_work(const Step *step) {
    if (strncmp(step->kernel, "matmul_f", strlen("matmul_f")) != 0) return pieces_work(step);
    double work = 1.0;
    for (int k = 0; k < 3; k++) work *= (double)step->args[k].count.factor;
    return work;
}

/* A round in pieces, or where it is too small for that, or there are as many rounds as one could wish, ranges
 * of rounds. */
static bool cut_rounds(const Program *program, const Step *step, Parts *parts) {
    const double work = round_work(step), worth = work / (double)program->task_work;
    if (work <= 0.0) return false;
    const bool many = !step->rounds.batched && step->rounds.factor >= 2 * program->threads;
    const int count = worth < program->threads ? (int)worth : program->threads;
    if (count > 1 && !many && !has_scratch(step))
        parts->pieces = pieces_cut(program->arena, step, count, &parts->n_pieces);
    parts->argument = -1;
    if (parts->pieces) return true;
    parts->align = 1;
    return set_grain(program, parts, step->rounds, work, 1);
}

/* A recurrent step multiplies rows by matrices of units x gates x units. */
static double recurrent_work(const Step *step) {
    enum { GATES = 4, WEIGHT = 2 };
    const double units = (double)step_size(step, "units");
    return GATES * WEIGHT * (double)step_size(step, "steps") * units * units;
}

/* Of kernels that nothing is known of, it is what they read and write. */
double sample_work(const Step *step) {
    double moved = 0.0;
    for (int k = 0; k < step->n_args; k++)
        if (step->args[k].kind == ARG_BUFFER) moved += (double)step->args[k].buffer->count;
    if (strcmp(step->kernel, "dense_f32") == 0)
        return (double)step->args[1].count.factor * (double)step_size(step, "k") *
               (double)step_size(step, "n");
    if (step_field(step, "units") && step_field(step, "steps")) return recurrent_work(step);
    const double known = round_work(step);
    return (double)step->rounds.factor * (known > 0.0 ? known : moved);
}

/* What steps may not do at once: an external function, and what finds samples in the whole batch. */
static bool samples_apart(const Program *program) {
    if (!program->open_batch || program->chunk == 0 || program->chunk > LARGEST_CHUNK_SPLIT) return false;
    if (program->state_bytes) return false;
    for (size_t i = 0; i < program->n_inputs; i++)
        if (program->inputs[i]->sparse != SPARSE_NONE || !program->inputs[i]->batched) return false;
    for (size_t i = 0; i < program->n_outputs; i++)
        if (!program->outputs[i]->batched) return false;
    for (size_t i = 0; i < program->steps.count; i++)
        if (program->steps.at[i].external) return false;
    return true;
}

static int64_t choose_split(const Program *program) {
    if (!samples_apart(program)) return 0;
    double work = 1.0;
    for (size_t i = 0; i < program->steps.count; i++) work += sample_work(&program->steps.at[i]);
    const double worth = (double)program->task_work / work * (double)program->threads;
    const int64_t least = program->chunk * program->threads;
    return worth > (double)least ? (int64_t)worth : least;
}

void plan_parts(Program *program) {
    if (program->threads < 2 || program->n_dims > 0) return;
    if (program->task_work <= 0) program->task_work = TASK_WORK;
    program->split_batch = choose_split(program);
    const size_t n = program->steps.count;
    Parts **all = ARENA_ARRAY(program->arena, Parts *, n);
    for (size_t i = 0; i < n; i++) {
        const Step *step = &program->steps.at[i];
        if (step->may_fail || step->external || step->rounds.factor == 0) continue;
        Parts *parts = ARENA_NEW(program->arena, Parts);
        if (cut_count(program, step, parts) || cut_rounds(program, step, parts)) all[i] = parts;
    }
    plan_stretches(program, all);
    for (size_t i = 0; i < n; i++) program->steps.at[i].parts = all[i];
}
