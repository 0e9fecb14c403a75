/* The compiler in order: each step of the road from a model file to kernel calls, once. */
#include "cli/driver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/quantize.h"
#include "emit/emit.h"
#include "data/bytes.h"
#include "import/import.h"
#include "lower/lower.h"
#include "passes/passes.h"
#include "plan/program.h"
#include "syntax/parser.h"
#include "weights/inventory.h"

static bool use_color(const Options *options) {
    const char *when = option_value(options, OPT_COLOR);
    if (when && strcmp(when, "auto") != 0) return strcmp(when, "always") == 0;
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && !(no_color && no_color[0]) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

/* -Wall and -Wextra are on already, -Werror and -Wno-error are about all; the rest are names for diag.c. */
static void warning_options(Arena *arena, const Options *options, DiagOptions *out) {
    const TextList *given = &options->values[OPT_WARNING];
    VEC(const char *) flags = {0};
    for (size_t i = 0; i < given->count; i++) {
        const char *flag = given->at[i];
        if (strcmp(flag, "error") == 0)
            out->warnings_as_errors = true;
        else if (strcmp(flag, "no-error") == 0)
            out->warnings_as_errors = false;
        else if (strcmp(flag, "no-everything") == 0)
            out->warnings_off = true;
        else
            vec_push(arena, &flags, flag);
    }
    out->flags = flags.at;
    out->n_flags = flags.count;
}

void driver_init(Driver *driver, Arena *arena, const Options *options, Watch *watch) {
    *driver = (Driver){.arena = arena, .options = options, .watch = watch, .sources = sources_new(arena)};
    const char *format = option_value(options, OPT_DIAGNOSTICS);
    DiagOptions diag = {.format = !format                        ? DIAG_TEXT
                                  : strcmp(format, "json") == 0  ? DIAG_JSON
                                  : strcmp(format, "sarif") == 0 ? DIAG_SARIF
                                                                 : DIAG_TEXT,
                        .version = LAMINA_VERSION,
                        .color = use_color(options),
                        .temporaries = watch_temporaries(watch),
                        .strict_keras = option_given(options, OPT_STRICT_KERAS)};
    warning_options(arena, options, &diag);
    if (option_given(options, OPT_TIME_REPORT)) {
        driver->times = ARENA_NEW(arena, StageTimes);
        driver->times->arena = arena;
    }
    driver->diags = diag_new(arena, &driver->sources, &diag);
}

void driver_stage(Driver *driver, const char *what) {
    watch_stage(driver->watch, what);
    if (what && driver_says(driver)) fprintf(stderr, "lamina: %s\n", what);
    if (driver->times) stages_begin(driver->times, what);
}

const char *driver_model_path(const Driver *driver) {
    const TextList *operands = &driver->options->operands;
    return operands->at[driver->options->command == CMD_LIST ? 1 : 0];
}

const char *driver_model_stem(const Driver *driver) {
    const char *path = driver_model_path(driver);
    if (strcmp(path, "-") == 0) return "model";
    const char *name = source_base_name(path), *dot = strrchr(name, '.');
    return arena_strndup(driver->arena, name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

/* Digits up to `end`, 1 to 999999999. */
static bool read_number(const char *text, const char *end, int64_t *number) {
    *number = strtoll(text, NULL, 10);
    const size_t length = (size_t)(end - text);
    return length > 0 && length < 10 && strspn(text, "0123456789") == length && *number > 0;
}

bool driver_threads(const Options *given, PlanOptions *options) {
    enum { MOST_THREADS = 1024 };
    const char *text = option_value(given, OPT_THREADS);
    if (!text) return true;
    const char *colon = strchr(text, ':'), *end = text + strlen(text);
    int64_t threads;
    if (!read_number(text, colon ? colon : end, &threads) || threads > MOST_THREADS) return false;
    options->threads = (int)threads;
    return !colon || read_number(colon + 1, end, &options->task_work);
}

void driver_conv(const Driver *driver, PlanOptions *options) {
    static const char *const WAYS[] = {DRIVER_CONV_WAYS};
    const char *way = option_value(driver->options, OPT_CONV),
               *target = option_value(driver->options, OPT_TARGET);
    for (int i = 0; way && i < (int)(sizeof WAYS / sizeof *WAYS); i++)
        if (strcmp(way, WAYS[i]) == 0) options->conv = (ConvWay)i;
    options->lanes = target ? emit_target_lanes(target) : 0;
    const bool small = options->lanes == 1 && options->conv == CONV_AUTO; /* code and weights come first */
    if (small || option_given(driver->options, OPT_STRICT_MATH)) options->conv = CONV_DIRECT;
}

bool driver_says(const Driver *driver) {
    return option_given(driver->options, OPT_VERBOSE);
}

bool driver_prints_after(const Driver *driver, const char *stage) {
    const TextList *stages = &driver->options->values[OPT_PRINT_AFTER];
    for (size_t i = 0; i < stages->count; i++)
        if (strcmp(stages->at[i], stage) == 0 || strcmp(stages->at[i], "all") == 0) return true;
    return false;
}

/* A saved model becomes the model file that builds it, under its own name. */
static bool import_saved(Driver *driver, const Bytes *file, ImportedModel *out) {
    if (!import_model(driver->arena, driver->diags, file, out)) return false;
    driver->file = sources_add(&driver->sources, file->path, out->code, out->length);
    driver->saved = true;
    return true;
}

/* What is named like a saved model, or is one: its bytes are kept, for it brings its weights too. */
static bool read_saved(Driver *driver, const char *path, ImportedModel *imported) {
    Bytes *file = &driver->model_bytes;
    if (!file->data && !bytes_read(driver->arena, driver->diags, path, WEIGHTS_LIMIT_BYTES, file))
        return false;
    if (import_sniff(file)) return import_saved(driver, file, imported);
    return diag_report(driver->diags, E401, NO_SOURCE,
                       "\"%s\" is damaged: it begins neither as a zip nor as an HDF5 file does", path);
}

static bool read_model_file(Driver *driver, ImportedModel *imported) {
    const char *path = driver_model_path(driver), *error = NULL;
    const Bytes *given = &driver->model_bytes;
    *imported = (ImportedModel){0};
    if (import_is_named(path) || (given->data && import_sniff(given)))
        return read_saved(driver, path, imported);
    driver->file = given->data ? sources_add(&driver->sources, path, (const char *)given->data, given->size)
                               : sources_read(&driver->sources, path, &error);
    if (!driver->file)
        return diag_report(driver->diags, E001, NO_SOURCE, "cannot read '%s': %s", path, error);
    const SourceFile *source = sources_get(&driver->sources, driver->file);
    const Bytes file = {source->name, (unsigned char *)(uintptr_t)source->text, source->length};
    return !import_sniff(&file) || import_saved(driver, &file, imported);
}

static const ElaborateDefinition *definitions(Driver *driver, size_t *count) {
    const TextList *given = &driver->options->values[OPT_DEFINE];
    ElaborateDefinition *out = ARENA_ARRAY(driver->arena, ElaborateDefinition, given->count);
    for (size_t i = 0; i < given->count; i++) {
        const char *equals = strchr(given->at[i], '=');
        const size_t length = equals ? (size_t)(equals - given->at[i]) : strlen(given->at[i]);
        out[i] = (ElaborateDefinition){arena_strndup(driver->arena, given->at[i], length),
                                       equals ? equals + 1 : "True"};
    }
    *count = given->count;
    return out;
}

static uint64_t bound(const Driver *driver, OptionId id) {
    const char *text = option_value(driver->options, id);
    return text ? strtoull(text, NULL, 10) : 0;
}

bool driver_evaluate(Driver *driver) {
    ImportedModel imported;
    driver_stage(driver, "reading the model");
    if (!driver_externals(driver) || !read_model_file(driver, &imported)) return false;
    if (driver_prints_after(driver, "parse")) {
        const Module *module = parse_module(driver->arena, &driver->sources, driver->file, driver->diags);
        if (!module) return false;
        ast_print(module, &driver->sources, stderr);
    }
    const Options *options = driver->options;
    ElaborateOptions *elaborate = ARENA_NEW(driver->arena, ElaborateOptions);
    *elaborate =
        (ElaborateOptions){.include_dirs = options->values[OPT_INCLUDE].at,
                           .n_include_dirs = options->values[OPT_INCLUDE].count,
                           .call = option_value(options, OPT_CALL),
                           .model_name = option_value(options, OPT_MODEL),
                           .strict_keras = option_given(options, OPT_STRICT_KERAS),
                           .tf1 = option_given(options, OPT_COMPAT),
                           .weights_given = driver->weights_bytes.data || option_given(options, OPT_WEIGHTS),
                           .max_steps = bound(driver, OPT_MAX_STEPS),
                           .max_depth = (unsigned)bound(driver, OPT_MAX_DEPTH),
                           .max_nodes = (size_t)bound(driver, OPT_MAX_NODES),
                           .externals = driver->externals,
                           .n_externals = driver->n_externals,
                           .operation_names = imported.names,
                           .n_operation_names = imported.n_names};
    elaborate->definitions = definitions(driver, &elaborate->n_definitions);
    driver->elaboration =
        elaborate_file(driver->arena, &driver->sources, driver->file, driver->diags, elaborate);
    if (!driver->elaboration) return false;
    driver->graph = elaborate_graph(driver->elaboration);
    return true;
}

bool driver_model(Driver *driver) {
    if (!driver_evaluate(driver) || !driver_externals_used(driver)) return false;
    driver->model = elaborate_model(driver->elaboration);
    return driver->model && diag_error_count(driver->diags) == 0 && driver_bind_options(driver);
}

bool driver_weights(Driver *driver) {
    driver_stage(driver, "reading the weights");
    driver->weights = weights_expect(driver->arena, driver->diags, driver->model);
    const char *source = option_value(driver->options, OPT_WEIGHTS);
    const Bytes *bytes = &driver->weights_bytes;
    if (!source && !bytes->data && driver->saved) { /* a saved model brings its own */
        source = driver_model_path(driver);
        bytes = &driver->model_bytes;
    }
    if (source || bytes->data) { /* a warning of the reader may be an error by -Werror */
        const bool fine =
            bytes->data ? weights_load_bytes(driver->weights, bytes) : weights_load(driver->weights, source);
        return fine && diag_error_count(driver->diags) == 0;
    }
    if (driver->weights->count == 0) return true;
    diag_report(driver->diags, E005, NO_SOURCE, "the model has %zu weights; give them with -w",
                driver->weights->count);
    diag_help(driver->diags, NO_SOURCE, NULL,
              "-w FILE reads a .weights.h5, .keras, .h5, .npz or .safetensors file; -w random tries the "
              "model with Keras' initial values");
    return false;
}

bool driver_load(Driver *driver) {
    return driver_model(driver) && driver_weights(driver);
}

Ir *driver_lower(Driver *driver) {
    driver_stage(driver, "lowering");
    const void *const *values = weights_by_id(driver->weights, driver->graph);
    const char *sparse = option_value(driver->options, OPT_SPARSE_AS);
    const LowerOptions lowering = {.coo = sparse && strcmp(sparse, "coo") == 0};
    driver->ir = lower_model(driver->arena, driver->graph, driver->model, values, &lowering);
    driver->optimized = false;
    if (driver->ir && driver->notes) driver_note_costs(driver);
    if (driver->ir && driver_prints_after(driver, "lower")) ir_print(driver->ir, &driver->sources, stderr);
    return driver->ir;
}

/* --print-after=all stands for every pass. */
static void passes_to_print(Driver *driver, PassOptions *options) {
    const TextList *given = &driver->options->values[OPT_PRINT_AFTER];
    VEC(const char *) names = {0};
    size_t count;
    const PassInfo *passes = passes_all(&count);
    for (size_t i = 0; i < given->count; i++)
        if (strcmp(given->at[i], "all") != 0) vec_push(driver->arena, &names, given->at[i]);
    for (size_t i = 0; i < count && driver_prints_after(driver, "all"); i++)
        vec_push(driver->arena, &names, passes[i].name);
    options->print_after = names.at;
    options->n_print_after = names.count;
}

/* Passes round differently (a folded normalization is one product fewer), and what they fuse is quantised as
 * one: strict arithmetic and int8 have the same ones at every level, which is then about LLVM's work only. */
static int pass_level(const Driver *driver) {
    const char *level = option_value(driver->options, OPT_OPTIMIZE);
    const bool same = option_given(driver->options, OPT_STRICT_MATH) || driver_quantizes(driver);
    return level && !same ? level[0] - '0' : PASS_DEFAULT_LEVEL;
}

static void pass_begins(void *context, const char *pass) {
    const Driver *driver = context;
    if (driver->times) stages_begin_pass(driver->times, pass);
}

static bool run_passes(Driver *driver) {
    driver_stage(driver, "running the passes");
    const TextList *disabled = &driver->options->values[OPT_DISABLE_PASS];
    PassOptions options = {.level = pass_level(driver),
                           .disabled = disabled->at,
                           .n_disabled = disabled->count,
                           .sources = &driver->sources,
                           .out = stderr,
                           .before = pass_begins,
                           .context = driver};
    if (driver->notes) {
        options.changes = &driver->notes->changes;
        driver->notes->changes.count = 0;
    }
    passes_to_print(driver, &options);
    return passes_run(driver->ir, &options);
}

bool driver_optimize(Driver *driver) {
    if (driver->optimized) return true;
    driver->optimized = run_passes(driver) && (!driver_quantizes(driver) || driver_quantize(driver));
    return driver->optimized;
}

Ir *driver_reference(Driver *driver) {
    if (driver_quantizes(driver) && driver->dims.count > 0 && !driver_refuse_open_quantize(driver))
        return NULL;
    if (!driver_lower(driver)) return NULL;
    return !driver_quantizes(driver) || driver_optimize(driver) ? driver->ir : NULL;
}

bool driver_program(Driver *driver) {
    if (driver->dims.count > 0) return driver_plan_dims(driver);
    return driver_lower(driver) && driver_plan(driver);
}

bool driver_plan(Driver *driver) {
    if (!driver_optimize(driver)) return false;
    PlanOptions options = {0};
    driver_stage(driver, "planning");
    driver_threads(driver->options, &options);
    driver_conv(driver, &options);
    driver->program = plan_program(driver->arena, driver->ir, &options);
    if (driver->program && driver_prints_after(driver, "plan"))
        program_print(driver->program, &driver->sources, stderr);
    return driver->program != NULL;
}

int driver_finish(Driver *driver) {
    driver_stage(driver, NULL);
    diag_render(driver->diags, stderr);
    if (driver->times) stages_print(driver->times, stderr);
    if (diag_error_count(driver->diags) == 0) return EXIT_FINE;
    return diag_has(driver->diags, E900) ? EXIT_BUG : EXIT_WRONG;
}
