/* A profile as a table for people, and as JSON for programs. In: seconds by step. Out: layers in the model's
 * order; what has no step of its own (computed with its neighbour) has no time.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/json_print.h"
#include "cli/profile.h"

static int widest(const LayerView *layers, size_t count, bool kind, int most) {
    int width = 5;
    for (size_t i = 0; i < count; i++) {
        const char *text = kind ? layers[i].layer->class_->name : layers[i].layer->name;
        const int points = (int)text_code_points(text, strlen(text));
        if (points > width) width = points;
    }
    return width < most ? width : most;
}

/* printf pads by bytes. */
static void print_padded(FILE *out, const char *text, int width) {
    const int points = (int)text_code_points(text, strlen(text));
    fprintf(out, "%s%*s  ", text, points < width ? width - points : 0, "");
}

/* One unit for all, by the whole: a column of numbers can be compared. */
static double unit_of(const Profile *p, const char **name) {
    const bool small = p->seconds < 1e-3;
    *name = small ? "µs" : "ms";
    return small ? 1e6 : 1e3;
}

static double bytes_of(const Profile *p, const LayerView *layer) {
    return layer->data_bytes < 0 ? -1 : layer->data_bytes * (double)p->report.batch + layer->weight_bytes;
}

static void print_rate(FILE *out, double amount, double seconds) {
    if (amount > 0 && seconds > 0)
        fprintf(out, "%10.2f", 1e-9 * amount / seconds);
    else
        fprintf(out, "%10s", "-");
}

static void print_layer(const Profile *p, const LayerView *layer, int name, int kind, FILE *out) {
    print_padded(out, layer->layer->name, name);
    print_padded(out, layer->layer->class_->name, kind);
    if (layer->seconds < 0) {
        fprintf(out, "%12s%9s%10s%10s\n", "-", "-", "-", "-");
        return;
    }
    const char *unit;
    const double scale = unit_of(p, &unit);
    fprintf(out, "%9.3f %s%7.1f %%", scale * layer->seconds, unit,
            p->seconds > 0 ? 100 * layer->seconds / p->seconds : 0.0);
    print_rate(out, layer_flops(layer) * (double)p->report.batch, layer->seconds);
    print_rate(out, bytes_of(p, layer), layer->seconds);
    fputc('\n', out);
}

void profile_print_text(const Profile *p, FILE *out) {
    size_t count;
    const LayerView *layers = report_layers(&p->report, &count);
    const int name = widest(layers, count, false, 40), kind = widest(layers, count, true, 28);
    print_padded(out, "layer", name);
    print_padded(out, "class", kind);
    fprintf(out, "%12s%9s%10s%10s\n", "time", "share", "GFLOP/s", "GB/s");
    for (size_t i = 0; i < count; i++) print_layer(p, &layers[i], name, kind, out);
    const char *unit;
    const double scale = unit_of(p, &unit);
    fprintf(out, "%.3f %s for a batch of %zu: medians of %zu runs, by %s\n", scale * p->seconds, unit,
            p->report.batch, p->report.runs, p->way);
}

/* ---- JSON ---- */

static void json_layer(const Profile *p, const LayerView *layer, FILE *out) {
    fputc('{', out);
    json_field("name", layer->layer->name, out);
    fputc(',', out);
    json_field("class", layer->layer->class_->name, out);
    json_number("seconds", layer->seconds, out);
    json_number("macs", layer->macs < 0 ? -1 : (double)layer->macs * (double)p->report.batch, out);
    json_number("bytes", bytes_of(p, layer), out);
    fputc('}', out);
}

static void json_step(const Profile *p, size_t index, FILE *out) {
    const Step *step = &p->report.program->steps.at[index];
    fputc('{', out);
    json_field("kernel", step->kernel, out);
    fputc(',', out);
    json_field("layer", step->origin && step->origin->call ? step->origin->call->layer->name : "", out);
    json_number("seconds", p->report.step_seconds[index], out);
    fputc('}', out);
}

void profile_print_json(const Profile *p, FILE *out) {
    size_t count;
    const LayerView *layers = report_layers(&p->report, &count);
    fputc('{', out);
    json_field("model", p->report.model->layer->name, out);
    fputc(',', out);
    json_field("file", p->report.file, out);
    fputc(',', out);
    json_field("via", p->way, out);
    fprintf(out, ",\"batch\":%zu,\"runs\":%zu", p->report.batch, p->report.runs);
    json_number("seconds", p->seconds, out);
    fputs(",\"layers\":[", out);
    for (size_t i = 0; i < count; i++) {
        if (i) fputc(',', out);
        json_layer(p, &layers[i], out);
    }
    fputs("],\"steps\":[", out);
    for (size_t i = 0; i < p->report.program->steps.count; i++) {
        if (i) fputc(',', out);
        json_step(p, i, out);
    }
    fputs("]}\n", out);
}
