/* Driver: the stages of the compiler, in order. READ THIS FIRST: driver.c is the table of contents.
 *
 * Each step returns false (or NULL) after reporting; driver_finish renders the reports and gives the exit
 * status.
 */
#ifndef LAMINA_CLI_DRIVER_H
#define LAMINA_CLI_DRIVER_H

#include "cli/options.h"
#include "cli/stages.h"
#include "cli/watch.h"
#include "elaborate/elaborate.h"
#include "model/model.h"
#include "passes/passes.h"
#include "plan/program.h"
#include "view/report.h"
#include "weights/weights.h"

/* What a report tells of stages that are gone when it is written. */
typedef struct DriverNotes {
    ModelCosts costs;    /* counted before any pass */
    PassChanges changes; /* of the last run of the passes */
} DriverNotes;

typedef struct Driver {
    Arena *arena; /* everything below lives here */
    const Options *options;
    Sources sources;
    Diagnostics *diags;
    Watch *watch;                     /* of a command, or NULL */
    StageTimes *times;                /* -ftime-report, or NULL */
    uint32_t file;                    /* the model file, in sources */
    Bytes model_bytes, weights_bytes; /* in place of the files (liblamina); data NULL: read them */
    bool saved;               /* MODEL is a saved model (.keras, .h5): `file` is the code made from it */
    ExternalLayer *externals; /* --extern */
    size_t n_externals;
    Elaboration *elaboration;
    Graph *graph;
    Model *model;      /* its inputs bound by --dim, and by driver_bind */
    ModelDimList dims; /* what they still leave open beside the batch */
    WeightSet *weights;
    Ir *ir; /* as lowered; driver_optimize rewrites it */
    bool optimized;
    struct DriverQuantized *quantized; /* --quantize, once `ir` is on int8 (cli/quantize.h) */
    Program *program;
    DriverNotes *notes;                          /* NULL: none are taken */
    void (*on_step)(void *context, size_t step); /* EmitOptions.on_step, of engines */
    void *on_step_context;
} Driver;

void driver_init(Driver *driver, Arena *arena, const Options *options, Watch *watch);
/* What is done from here on, for who waits; a text that is kept. */
void driver_stage(Driver *driver, const char *what);

/* text -> AST -> Graph: reads and evaluates the model file. */
bool driver_evaluate(Driver *driver);
/* Graph -> the chosen Model. */
bool driver_model(Driver *driver);
/* -w: the values of the model's weights. */
bool driver_weights(Driver *driver);
/* All of the above: the model with its weights. */
bool driver_load(Driver *driver);
/* Gives the open dimensions of the inputs these shapes (of data): nothing is left open but the batch. */
bool driver_bind(Driver *driver, const Shape *shapes);
/* Model and weights -> Ir, before any pass. No dimension may be open. */
Ir *driver_lower(Driver *driver);
bool driver_optimize(Driver *driver); /* Ir -> passes -> with --quantize, Ir on int8; once for an Ir */
/* Model and weights -> the Ir that says what the outputs are, which the reference executes: as lowered; with
 * --quantize, what was quantised. */
Ir *driver_reference(Driver *driver);
/* Ir -> passes -> Program. */
bool driver_plan(Driver *driver);
/* Model and weights -> Program, where dimensions may be left to run time. */
bool driver_program(Driver *driver);

/* ---- external.c ---- */
bool driver_externals(Driver *driver);      /* reads --extern and --extern-shape */
bool driver_externals_used(Driver *driver); /* each named a layer of the model's file */
/* None is called like what the generated code itself defines. */
bool driver_externals_apart(Driver *driver, const char *prefix);
bool driver_externals_load(Driver *driver); /* --extern-lib: all functions are in this process */

/* ---- dims.c ---- */
bool driver_bind_options(Driver *driver); /* --dim */
bool driver_plan_dims(Driver *driver);
bool driver_refuse_open_quantize(Driver *driver); /* reports E641: false */

/* ---- report.c ---- */
/* --report, where it is given: the page of what was compiled, with the seconds of each step, and of the
 * whole, where they were measured (medians of `runs`, on a batch). False after reporting. */
bool driver_report(Driver *driver, const double *step_seconds, size_t batch, size_t runs);
/* What such a page, or another view of the same numbers, is made of. */
ReportPage driver_report_of(Driver *driver, const double *step_seconds, size_t batch, size_t runs);

/* ---- costs.c ---- */
void driver_note_costs(Driver *driver); /* of driver->ir, into the notes */
/* Of the model, whatever its weights are (driver_model must have run). */
ModelCosts driver_costs(Driver *driver);

/* Renders the diagnostics to stderr: the exit status, 0 or 1 (3 for a bug in Lamina). */
int driver_finish(Driver *driver);

/* MODEL as given, and its stem: "dir/mlp.lam" -> "mlp", "-" -> "model". */
const char *driver_model_path(const Driver *driver);
const char *driver_model_stem(const Driver *driver);
/* --threads=N[:WORK], into the options; false where it is something else. */
bool driver_threads(const Options *given, PlanOptions *options);
/* The words of --conv, in the order of ConvWay. */
#define DRIVER_CONV_WAYS "auto", "direct", "winograd2", "winograd4"
/* --conv, and what the target says to it, into the options. */
void driver_conv(const Driver *driver, PlanOptions *options);
bool driver_says(const Driver *driver);                            /* -v */
bool driver_prints_after(const Driver *driver, const char *stage); /* --print-after */

#endif
