/* Report: one page of HTML that shows a model and its compilation. It holds all that it shows, asks nothing
 * of any network, and its one script is for the order of tables.
 */
#ifndef LAMINA_VIEW_REPORT_H
#define LAMINA_VIEW_REPORT_H

#include "base/text.h"
#include "model/model.h"
#include "passes/passes.h"
#include "plan/program.h"

typedef struct ReportPage {
    Arena *arena;
    const Sources *sources;
    const Model *model;
    const Program *program;
    const ModelCosts *costs;
    const PassChanges *changes;
    const char *file, *version; /* of the model; of Lamina */
    const double *step_seconds; /* measured, by step, and after the last of the whole run; or NULL */
    size_t batch, runs;         /* of the measurement */
} ReportPage;

void report_page(const ReportPage *report, Text *out);

/* What is known of a layer of the model. */
typedef struct LayerView {
    const Layer *layer;
    int64_t params, macs; /* for one sample; -1: not known */
    double weight_bytes;
    double data_bytes;  /* inputs and outputs of its calls, for one sample; less than 0: not known */
    double seconds;     /* measured; less than 0: no step is its own */
    const char *shapes; /* of its outputs */
} LayerView;

/* All of model.operations, in their order. */
LayerView *report_layers(const ReportPage *report, size_t *count);
/* Multiply-adds count as two operations; less than 0: not known. */
double layer_flops(const LayerView *layer);

#endif
