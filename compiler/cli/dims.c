/* Dimensions that an Input leaves open beside the batch: bound by --dim or by the data of a run, or left to
 * the caller of the generated code.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/quantize.h"

/* Extents at which a model is planned to find how its sizes depend on them: far from what layers have, odd
 * and even, and for no two dimensions in step, so that no size of one looks like one of another. */
enum { N_SAMPLES = 3, N_TRIES = 4 };
static const int64_t SAMPLES[PROGRAM_MAX_DIMS][N_SAMPLES] = {
    {50021, 50400, 50078}, {57947, 58752, 57002}, {65951, 63616, 66602}, {73943, 78336, 71602}};
static const int64_t NEXT_TRY = 1117;

static const Shape *input_shapes(Driver *driver) {
    Shape *shapes = ARENA_ARRAY(driver->arena, Shape, driver->model->n_inputs);
    for (size_t i = 0; i < driver->model->n_inputs; i++) shapes[i] = driver->model->inputs[i]->shape;
    return shapes;
}

static void find_dims(Driver *driver) {
    driver->dims.count = 0;
    model_dims(driver->arena, driver->model, &driver->dims);
}

bool driver_bind(Driver *driver, const Shape *shapes) {
    if (driver->dims.count == 0) return true;
    Shape *bound = ARENA_ARRAY(driver->arena, Shape, driver->model->n_inputs);
    for (size_t i = 0; i < driver->model->n_inputs; i++) {
        bound[i] = shapes[i];
        if (bound[i].rank > 0) bound[i].dim[0] = driver->model->inputs[i]->shape.dim[0];
    }
    Model *model = model_bind(driver->graph, driver->model, bound);
    if (!model) return false;
    driver->model = model;
    find_dims(driver);
    return true;
}

/* ---- --dim NAME=N ---- */

static bool unknown_dim(Driver *driver, const char *name) {
    diag_report(driver->diags, E640, NO_SOURCE, "--dim: the model has no open dimension '%s'", name);
    VEC(const char *) names = {0};
    Text list = text_new(driver->arena);
    for (size_t i = 0; i < driver->dims.count; i++) {
        vec_push(driver->arena, &names, driver->dims.at[i].name);
        text_printf(&list, "%s%s", i ? ", " : "", driver->dims.at[i].name);
    }
    if (names.count == 0) {
        diag_note(driver->diags, NO_SOURCE, "every extent but the batch is fixed");
        return false;
    }
    diag_note(driver->diags, NO_SOURCE, "open are: %s", list.data);
    const char *near = text_nearest(name, names.at, names.count);
    if (near) diag_help(driver->diags, NO_SOURCE, near, "did you mean '%s'?", near);
    return false;
}

/* NAME=N, N from 1 on. */
static bool read_dim(Driver *driver, const char *text, const ModelDim **dim, int64_t *extent) {
    const char *equals = strchr(text, '=');
    const char *name = arena_strndup(driver->arena, text, equals ? (size_t)(equals - text) : strlen(text));
    char *end = NULL;
    errno = 0;
    *extent = equals ? strtoll(equals + 1, &end, 10) : 0;
    if (!equals || end == equals + 1 || *end != '\0' || errno != 0 || *extent < 1)
        return diag_report(driver->diags, E640, NO_SOURCE,
                           "--dim %s: expected NAME=N with a number from 1 on", text);
    *dim = NULL;
    for (size_t i = 0; i < driver->dims.count; i++)
        if (strcmp(driver->dims.at[i].name, name) == 0) *dim = &driver->dims.at[i];
    return *dim || unknown_dim(driver, name);
}

bool driver_bind_options(Driver *driver) {
    const TextList *given = &driver->options->values[OPT_DIM];
    find_dims(driver);
    if (given->count == 0) return true;
    Shape *shapes = ARENA_ARRAY(driver->arena, Shape, driver->model->n_inputs);
    memcpy(shapes, input_shapes(driver), driver->model->n_inputs * sizeof *shapes);
    for (size_t i = 0; i < given->count; i++) {
        const ModelDim *dim = NULL;
        int64_t extent = 0;
        if (!read_dim(driver, given->at[i], &dim, &extent)) return false;
        shapes[dim->input].dim[dim->axis] = extent;
    }
    return driver_bind(driver, shapes);
}

/* ---- left to run time ---- */

/* Which of the model's open dimensions are one: by position among those of the Program. */
typedef struct Grouping {
    size_t of[PROGRAM_MAX_DIMS * 4];
    size_t count;
} Grouping;

static Program *plan_sample(Driver *driver, Model *model, const Grouping *groups, size_t sample, size_t try) {
    RunTimeDim dims[PROGRAM_MAX_DIMS] = {0};
    driver->model = model;
    Shape *shapes = ARENA_ARRAY(driver->arena, Shape, model->n_inputs);
    memcpy(shapes, input_shapes(driver), model->n_inputs * sizeof *shapes);
    ModelDimList open = {0};
    model_dims(driver->arena, model, &open);
    for (size_t i = open.count; i-- > 0;) {
        RunTimeDim *dim = &dims[groups->of[i]];
        dim->name = open.at[i].name;
        dim->sample = SAMPLES[groups->of[i]][sample] + (int64_t)try * NEXT_TRY;
        shapes[open.at[i].input].dim[open.at[i].axis] = dim->sample;
    }
    driver->dims = open;
    if (!driver_bind(driver, shapes) || !driver_lower(driver)) return NULL;
    for (size_t i = 0; i < groups->count; i++) driver->ir->open[i] = dims[i].sample;
    driver->ir->n_open = groups->count;
    if (!driver_optimize(driver)) return NULL;
    PlanOptions options = {.dims = dims, .n_dims = groups->count};
    driver_threads(driver->options, &options);
    return plan_program(driver->arena, driver->ir, &options);
}

static bool plan_samples(Driver *driver, Model *model, const Grouping *groups) {
    for (size_t try = 0; try < N_TRIES; try++) {
        Program *programs[N_SAMPLES];
        bool retry = false;
        for (size_t i = 0; i < N_SAMPLES; i++) {
            programs[i] = plan_sample(driver, model, groups, i, try);
            if (!programs[i]) return false;
        }
        if (plan_dims(programs, N_SAMPLES, &retry)) {
            driver->program = programs[0];
            return true;
        }
        if (!retry) return false;
    }
    return diag_report(driver->diags, E641, driver->model->layer->at,
                       "how the sizes of the model depend on its open dimensions could not be found");
}

/* What a layer said of sample extents is told as what it is: a limit of the open dimension. */
static bool explain(Driver *driver, DiagMark mark) {
    if (diag_has(driver->diags, E641)) return false;
    SourceRange at = NO_SOURCE;
    const char *text = diag_first_error(driver->diags, mark, &at);
    if (!text) return false;
    diag_rewind(driver->diags, mark);
    diag_report(driver->diags, E641, at, "the model cannot leave %s to run time: tried at %lld, it says: %s",
                driver->dims.at[0].name, (long long)SAMPLES[0][0], text);
    diag_help(driver->diags, at, NULL, "bind it when compiling: --dim %s=N", driver->dims.at[0].name);
    return false;
}

bool driver_refuse_open_quantize(Driver *driver) {
    const char *name = driver->dims.at[0].name;
    diag_report(driver->diags, E641, driver->model->layer->at,
                "a quantised model cannot leave %s to run time: its ranges are found for one extent", name);
    diag_help(driver->diags, NO_SOURCE, NULL, "bind it: --dim %s=N", name);
    return false;
}

/* Each dimension is tried as one of its own; where the model does not allow that (tensors of two inputs are
 * added), all are one. */
bool driver_plan_dims(Driver *driver) {
    Model *model = driver->model;
    if (driver_quantizes(driver)) return driver_refuse_open_quantize(driver);
    const ModelDimList open = driver->dims;
    Grouping groups = {.count = open.count};
    if (open.count > sizeof groups.of / sizeof groups.of[0])
        return diag_report(driver->diags, E641, model->layer->at,
                           "the model leaves %zu dimensions open, which is too many", open.count);
    for (size_t i = 0; i < open.count; i++) groups.of[i] = i;
    const DiagMark mark = diag_mark(driver->diags);
    bool done = open.count <= PROGRAM_MAX_DIMS && plan_samples(driver, model, &groups);
    if (!done && open.count > 1) {
        diag_rewind(driver->diags, mark);
        groups = (Grouping){.count = 1};
        done = plan_samples(driver, model, &groups);
    }
    driver->model = model;
    driver->dims = open;
    return done || explain(driver, mark);
}
