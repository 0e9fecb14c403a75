/* The pass manager: level, --disable-pass, --print-after, verification and repetition, so that no pass does.
 */
#include "passes/passes.h"

#include <string.h>

#include "passes/pass.h"

enum { MOST_ROUNDS = 16 };

static const PassInfo pass_table[] = {
#define PASS(name, level, function, about) {name, level, function, about},
#include "passes/passes.def"
#undef PASS
};

enum { PASS_COUNT = sizeof pass_table / sizeof pass_table[0] };

const PassInfo *passes_all(size_t *count) {
    *count = PASS_COUNT;
    return pass_table;
}

const PassInfo *passes_find(const char *name) {
    for (size_t i = 0; i < PASS_COUNT; i++)
        if (strcmp(pass_table[i].name, name) == 0) return &pass_table[i];
    return NULL;
}

static bool listed(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

static void print_after(const Ir *ir, const PassOptions *options, const char *name) {
    if (!options->out || !listed(name, options->print_after, options->n_print_after)) return;
    fprintf(options->out, "after %s:\n", name);
    ir_print(ir, options->sources, options->out);
}

static void count_kinds(const Ir *ir, size_t *kinds) {
    for (size_t i = 0; i < ir->ops.count; i++) kinds[ir->ops.at[i]->kind]++;
}

/* pass->run, and a note of what it did where that is asked for. */
static bool run_noted(Ir *ir, const PassInfo *pass, const PassOptions *options, int round) {
    if (!options->changes) return pass->run(ir);
    PassChange change = {.pass = pass, .round = round};
    count_kinds(ir, change.before);
    change.changed = pass->run(ir);
    count_kinds(ir, change.after);
    vec_push(ir->arena, options->changes, change);
    return change.changed;
}

static bool run_pass(Ir *ir, const PassInfo *pass, const PassOptions *options, int round, bool *changed) {
    if (pass->level > options->level || listed(pass->name, options->disabled, options->n_disabled))
        return true;
    if (options->before) options->before(options->context, pass->name);
    *changed |= run_noted(ir, pass, options, round);
    if (ir->broken || !ir_verify(ir)) {
        diag_note(ir->diags, NO_SOURCE, "this came out of the pass %s", pass->name);
        return false;
    }
    print_after(ir, options, pass->name);
    return true;
}

bool passes_run(Ir *ir, const PassOptions *options) {
    ir_renumber(ir);
    bool changed = true;
    for (int round = 0; changed && round < MOST_ROUNDS; round++) {
        changed = false;
        for (size_t i = 0; i < PASS_COUNT; i++)
            if (!run_pass(ir, &pass_table[i], options, round, &changed)) return false;
    }
    print_after(ir, options, "passes");
    return true;
}
