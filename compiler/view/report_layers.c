/* The layers: what they cost, and where it was measured what they take. In: the model, its costs, times by
 * step. Out: a row for each layer of the model; what its calls hold inside is its own.
 */
#include "model/cost.h"
#include "view/markup.h"
#include "view/report_parts.h"

static double tensor_bytes(const Tensor *tensor) {
    double bytes = (double)dtype_size(tensor->dtype);
    for (int i = 0; i < tensor->shape.rank; i++) {
        if (i > 0 && tensor->shape.dim[i] == DIM_UNKNOWN) return -1;
        if (i > 0) bytes *= (double)tensor->shape.dim[i];
    }
    return bytes;
}

static void add_tensors(Tensor *const *tensors, size_t count, double *sum) {
    for (size_t i = 0; i < count; i++) {
        const double bytes = tensor_bytes(tensors[i]);
        if (*sum >= 0) *sum = bytes < 0 ? -1 : *sum + bytes;
    }
}

static const char *output_shapes(const ReportPage *r, const Node *node) {
    Text text = text_new(r->arena);
    for (size_t i = 0; i < node->n_outputs; i++)
        text_printf(&text, "%s%s", i ? ", " : "", shape_text(r->arena, &node->outputs[i]->shape));
    return text.data;
}

static void add_calls(const ReportPage *r, LayerView *view) {
    for (size_t i = 0; i < r->model->n_nodes; i++) {
        const Node *node = r->model->nodes[i];
        if (node->layer != view->layer) continue;
        add_tensors(node->inputs, node->n_inputs, &view->data_bytes);
        if (node->n_inputs) add_tensors(node->outputs, node->n_outputs, &view->data_bytes);
        view->shapes = output_shapes(r, node);
    }
}

static void add_times(const ReportPage *r, LayerView *views, size_t count) {
    for (size_t i = 0; r->step_seconds && i < r->program->steps.count; i++) {
        const Op *op = r->program->steps.at[i].origin;
        for (size_t k = 0; op && op->call && k < count; k++) {
            if (views[k].layer != op->call->layer) continue;
            views[k].seconds = (views[k].seconds < 0 ? 0 : views[k].seconds) + r->step_seconds[i];
        }
    }
}

LayerView *report_layers(const ReportPage *r, size_t *count) {
    *count = r->model->n_operations;
    LayerView *views = ARENA_ARRAY(r->arena, LayerView, *count);
    for (size_t i = 0; i < *count; i++) {
        const Layer *layer = r->model->operations[i];
        const Cost cost = cost_of_layer(r->arena, layer);
        views[i] = (LayerView){.layer = layer,
                               .params = cost.params,
                               .macs = layer->id < r->costs->n_macs ? r->costs->macs[layer->id] : -1,
                               .weight_bytes = cost.bytes,
                               .seconds = -1,
                               .shapes = ""};
        add_calls(r, &views[i]);
    }
    add_times(r, views, *count);
    return views;
}

double layer_flops(const LayerView *layer) {
    return layer->macs < 0 ? -1 : 2 * (double)layer->macs;
}

static const char *bytes_text(Arena *arena, double bytes) {
    return bytes < 0 ? "?" : cost_memory(arena, bytes);
}

static void print_intensity(const ReportPage *r, const LayerView *view, Text *out) {
    const double bytes = view->data_bytes < 0 ? -1 : view->data_bytes + view->weight_bytes;
    const bool known = bytes > 0 && view->macs >= 0;
    const double intensity = known ? layer_flops(view) / bytes : -1;
    report_number_cell(out, intensity, known ? arena_printf(r->arena, "%.2f", intensity) : "–");
}

static void print_row(const ReportPage *r, const LayerView *view, double all_macs, double all_seconds,
                      Text *out) {
    text_add(out, "<tr>");
    report_cell(out, view->layer->name);
    report_cell(out, view->layer->class_->name);
    text_add(out, "<td class=\"shape\">");
    markup_text(out, view->shapes);
    text_add(out, "</td>");
    report_number_cell(out, (double)view->params, cost_number(r->arena, view->params));
    report_number_cell(out, (double)view->macs, cost_number(r->arena, view->macs));
    report_number_cell(out, view->weight_bytes, bytes_text(r->arena, view->weight_bytes));
    report_number_cell(out, view->data_bytes, bytes_text(r->arena, view->data_bytes));
    print_intensity(r, view, out);
    report_share_cell(out, view->macs < 0 || all_macs <= 0 ? -1 : (double)view->macs / all_macs);
    if (r->step_seconds) {
        report_number_cell(out, view->seconds, report_time(r->arena, view->seconds));
        report_share_cell(out, view->seconds < 0 || all_seconds <= 0 ? -1 : view->seconds / all_seconds);
    }
    text_add(out, "</tr>\n");
}

void report_layer_table(const ReportPage *r, Text *out) {
    size_t count;
    const LayerView *views = report_layers(r, &count);
    double macs = 0, seconds = 0;
    for (size_t i = 0; i < count; i++) {
        if (views[i].macs > 0) macs += (double)views[i].macs;
        if (views[i].seconds > 0) seconds += views[i].seconds;
    }
    text_add(out, "<h2 id=\"layers\">Layers</h2>\n<p>Estimated for one sample; a multiply-add counts as two "
                  "operations, bytes are those of the weights, inputs and outputs.");
    if (r->step_seconds)
        text_printf(
            out,
            " Times are medians of %zu runs on a batch of %zu; what has none is computed with another "
            "layer, or is only a name for memory.",
            r->runs, r->batch);
    if (r->costs->why_not) text_add(out, " What hangs on dimensions left to run time is not known.");
    text_add(out, "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"layers\">"
                  "<table class=\"sort\"><thead><tr><th scope=\"col\">Layer</th><th scope=\"col\">Class</th>"
                  "<th scope=\"col\">Output</th><th scope=\"col\">Parameters</th><th scope=\"col\">MACs</th>"
                  "<th scope=\"col\">Weights</th><th scope=\"col\">Data</th><th scope=\"col\">FLOP/byte</th>"
                  "<th scope=\"col\">Share of MACs</th>");
    if (r->step_seconds) text_add(out, "<th scope=\"col\">Time</th><th scope=\"col\">Share of time</th>");
    text_add(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++) print_row(r, &views[i], macs, seconds, out);
    text_add(out, "</tbody></table></div>\n");
}
