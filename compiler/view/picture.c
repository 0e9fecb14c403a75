/* Prints a drawing as SVG. In: boxes and edges with their places. Out: one <svg> element; each box is a group
 * whose <title> tells all that is known of the layer.
 */
#include "view/picture.h"

#include <math.h>
#include <string.h>

#include "model/cost.h"
#include "view/drawing.h"
#include "view/markup.h"
#include "view/picture_style.h"

static const double MARGIN = 16;

typedef struct Printer {
    Arena *arena;
    const PictureOptions *options;
    Text *out;
} Printer;

static void attribute(Printer *p, const char *name, double value) {
    text_printf(p->out, " %s=\"", name);
    markup_number(p->out, value);
    text_char(p->out, '"');
}

static void point(Printer *p, char command, double x, double y) {
    text_char(p->out, command);
    markup_number(p->out, x);
    text_char(p->out, ' ');
    markup_number(p->out, y);
}

/* ---- edges ---- */

/* From row to row with vertical ends, so that it never leaves the space between them. */
static void curve(Printer *p, LayoutPoint from, LayoutPoint to) {
    const double middle = (from.y + to.y) / 2;
    point(p, 'C', from.x, middle);
    point(p, ' ', to.x, middle);
    point(p, ' ', to.x, to.y);
}

static void print_edge(Printer *p, const LayoutEdge *edge, double x0, double y0) {
    const LayoutPoint *at = edge->points;
    text_printf(p->out, "<path class=\"e%s\" marker-end=\"url(#lg-arrow)\" d=\"",
                edge->n_points > 4 ? " skip" : "");
    for (size_t i = 0; i < edge->n_points; i += 2) {
        const LayoutPoint top = {at[i].x + x0, at[i].y + y0}, bottom = {at[i + 1].x + x0, at[i + 1].y + y0};
        if (i == 0)
            point(p, 'M', top.x, top.y);
        else if (fabs(at[i].x - at[i - 1].x) < 0.1)
            point(p, 'L', top.x, top.y);
        else
            curve(p, (LayoutPoint){at[i - 1].x + x0, at[i - 1].y + y0}, top);
        if (bottom.y > top.y) point(p, 'L', bottom.x, bottom.y);
    }
    text_add(p->out, "\"/>\n");
}

/* ---- boxes ---- */

static const char *family_of(const Layer *layer) {
    static const struct {
        const char *part, *family;
    } FAMILIES[] = {
#define FAMILY(part, family) {part, family},
#include "view/families.def"
#undef FAMILY
    };
    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++)
        if (strstr(layer->class_->name, FAMILIES[i].part)) return FAMILIES[i].family;
    return "any";
}

static void print_shapes(Printer *p, const char *what, Tensor *const *tensors, size_t count) {
    for (size_t i = 0; i < count; i++)
        text_printf(p->out, "%s%s", i ? ", " : what, shape_text(p->arena, &tensors[i]->shape));
}

static void print_title(Printer *p, const Label *label) {
    const Layer *layer = label->layer;
    const ModelCosts *costs = p->options->costs;
    text_add(p->out, "<title>");
    markup_text(p->out, layer->name);
    text_add(p->out, " (");
    markup_text(p->out, layer->class_->name);
    text_add(p->out, ")");
    if (label->node) print_shapes(p, "\nin: ", label->node->inputs, label->node->n_inputs);
    if (label->node) print_shapes(p, "\nout: ", label->node->outputs, label->node->n_outputs);
    const int64_t params = cost_of_layer(p->arena, layer).params;
    if (params) text_printf(p->out, "\nparameters: %s", cost_number(p->arena, params));
    if (costs && layer->id < costs->n_macs && costs->macs[layer->id] > 0)
        text_printf(p->out, "\nMACs: %s", cost_number(p->arena, costs->macs[layer->id]));
    if (layer->at.file && p->options->sources) {
        text_char(p->out, '\n');
        markup_text(p->out, sources_get(p->options->sources, layer->at.file)->name);
        text_printf(p->out, ":%u",
                    (unsigned)sources_position(p->options->sources, layer->at.file, layer->at.begin).line);
    }
    text_add(p->out, "</title>");
}

static void print_line(Printer *p, const char *style, double x, double y, bool right, const char *text) {
    text_printf(p->out, "<text class=\"%s\"%s", style, right ? " text-anchor=\"end\"" : "");
    attribute(p, "x", x);
    attribute(p, "y", y);
    text_char(p->out, '>');
    markup_text(p->out, text);
    text_add(p->out, "</text>");
}

static void print_rectangle(Printer *p, const char *style, double x, double y, double width, double height,
                            double round) {
    text_printf(p->out, "<rect class=\"%s\"", style);
    attribute(p, "x", x);
    attribute(p, "y", y);
    attribute(p, "width", width);
    attribute(p, "height", height);
    if (round > 0) attribute(p, "rx", round);
    text_add(p->out, "/>");
}

static void print_drawing(Printer *p, const Drawing *drawing, double x0, double y0);

static void print_box(Printer *p, const Label *label, const LayoutBox *box, double x0, double y0) {
    const double x = box->x + x0, y = box->y + y0;
    text_printf(p->out, "<g class=\"%s\">", label->inside ? "model" : family_of(label->layer));
    print_title(p, label);
    print_rectangle(p, label->inside ? "nest" : "b", x, y, box->width, box->height, 5);
    if (!label->inside) print_rectangle(p, "s", x, y + 4, 4, box->height - 8, 2);
    print_line(p, "n", x + DRAWING_PAD, y + 17, false, label->name);
    print_line(p, "t", x + DRAWING_PAD, y + 33, false, label->kind);
    print_line(p, "t", x + box->width - DRAWING_PAD, y + 33, true, label->shape);
    text_add(p->out, "</g>\n");
    if (!label->inside) return;
    const double left = (box->width - label->inside->layout.width) / 2;
    print_drawing(p, label->inside, x + left, y + DRAWING_HEAD);
}

static void print_drawing(Printer *p, const Drawing *drawing, double x0, double y0) {
    const Layout *layout = &drawing->layout;
    for (size_t i = 0; i < layout->n_edges; i++) print_edge(p, &layout->edges[i], x0, y0);
    for (size_t i = 0; i < layout->n_boxes; i++) print_box(p, &drawing->labels[i], &layout->boxes[i], x0, y0);
}

void picture_svg(Arena *arena, const Model *model, const PictureOptions *options, Text *out) {
    Printer p = {arena, options, out};
    const Drawing *drawing = drawing_of_model(arena, model);
    const double width = drawing->layout.width + 2 * MARGIN, height = drawing->layout.height + 2 * MARGIN;
    if (!options->inside_html) text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text_add(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lg\" role=\"img\" aria-labelledby=\"lg-title\"");
    attribute(&p, "width", width);
    attribute(&p, "height", height);
    text_add(out, " viewBox=\"0 0 ");
    markup_number(out, width);
    text_char(out, ' ');
    markup_number(out, height);
    text_add(out, "\">\n<title id=\"lg-title\">The layers of the model ");
    markup_text(out, model->layer->name);
    text_printf(out, "</title>\n<style>%s</style>\n", PICTURE_STYLE);
    text_add(out,
             "<defs><marker id=\"lg-arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" "
             "markerHeight=\"7\" orient=\"auto\" markerUnits=\"userSpaceOnUse\">"
             "<path class=\"a\" d=\"M0 0.5L8 4L0 7.5z\"/></marker></defs>\n");
    if (!options->inside_html) print_rectangle(&p, "bg", 0, 0, width, height, 0);
    text_char(out, '\n');
    print_drawing(&p, drawing, MARGIN, MARGIN);
    text_add(out, "</svg>\n");
}
