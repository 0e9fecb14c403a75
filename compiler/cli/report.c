/* --report: the page of what was compiled (view/report.h), written beside the other outputs. */
#include "cli/driver.h"
#include "data/bytes.h"

/* What was counted at samples of open dimensions stands for nothing. */
static ModelCosts costs_of(const Driver *driver) {
    if (driver->program->n_dims == 0) return driver->notes->costs;
    return (ModelCosts){.total_macs = -1, .workspace = -1, .why_not = "dimensions are left to run time"};
}

ReportPage driver_report_of(Driver *driver, const double *step_seconds, size_t batch, size_t runs) {
    ModelCosts *costs = ARENA_NEW(driver->arena, ModelCosts);
    *costs = costs_of(driver);
    return (ReportPage){.arena = driver->arena,
                        .sources = &driver->sources,
                        .model = driver->model,
                        .program = driver->program,
                        .costs = costs,
                        .changes = &driver->notes->changes,
                        .file = sources_get(&driver->sources, driver->file)->name,
                        .version = LAMINA_VERSION,
                        .step_seconds = step_seconds,
                        .batch = batch,
                        .runs = runs};
}

bool driver_report(Driver *driver, const double *step_seconds, size_t batch, size_t runs) {
    const char *path = option_value(driver->options, OPT_REPORT);
    if (!path) return true;
    const ReportPage report = driver_report_of(driver, step_seconds, batch, runs);
    Text page = text_new(driver->arena);
    report_page(&report, &page);
    return bytes_write(driver->diags, path, page.data, page.length);
}
