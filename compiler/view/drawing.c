/* From a model to boxes and edges. In: the calls of a model. Out: a drawing, laid out; nested models are
 * drawings in their boxes, where they are called first.
 */
#include "view/drawing.h"

#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "view/markup.h"

enum { MOST_NAME = 48, MOST_SHAPE = 56, MOST_DEPTH = 8 };
static const double GAP = 14; /* between the class and the shape */

typedef struct Maker {
    Arena *arena;
    Map drawn; /* nested models, by id */
    int depth;
} Maker;

static Drawing *draw(Maker *maker, Node *const *nodes, size_t n_nodes, const ModelCall *call,
                     const Model *inner);

/* ---- labels ---- */

static const char *kind_of(Arena *arena, const Layer *layer) {
    const char *name = layer->class_->name;
    if (layer->model || layer->n_sublayers == 0 || layer->n_sublayers > 2) return name;
    return arena_printf(arena, "%s(%s)", name, layer->sublayers[0]->class_->name);
}

static const char *shape_of(Arena *arena, Tensor *const *tensors, size_t count) {
    Text text = text_new(arena);
    for (size_t i = 0; i < count && text.length < 2 * MOST_SHAPE; i++)
        text_printf(&text, "%s%s", i ? ", " : "", shape_text(arena, &tensors[i]->shape));
    return markup_shorten(arena, text.data, MOST_SHAPE);
}

static Label label_of(Arena *arena, const Layer *layer, const Node *node, Tensor *const *outputs, size_t n) {
    const char *name = markup_shorten(arena, layer->name, MOST_NAME);
    if (node && node->index > 0 && !layer->model)
        name = arena_printf(arena, "%s, call %u", name, (unsigned)node->index + 1);
    return (Label){.layer = layer,
                   .node = node,
                   .name = name,
                   .kind = markup_shorten(arena, kind_of(arena, layer), MOST_NAME),
                   .shape = shape_of(arena, outputs, n)};
}

static void size_box(const Label *label, LayoutBox *box) {
    const double name = DRAWING_NAME_SIZE * text_width(label->name, true);
    const double rest =
        DRAWING_TEXT_SIZE * (text_width(label->kind, false) + text_width(label->shape, false)) + GAP;
    box->width = (name > rest ? name : rest) + 2 * DRAWING_PAD;
    box->height = DRAWING_HEAD;
    if (!label->inside) return;
    const double inside = label->inside->layout.width + 2 * DRAWING_PAD;
    if (inside > box->width) box->width = inside;
    box->height += label->inside->layout.height + DRAWING_PAD;
}

/* Later calls of a model, and what is nested too deeply to be read, are plain boxes. */
static Drawing *inside_of(Maker *maker, const Node *node) {
    const Model *model = node->layer->model;
    const ModelCall *call = model ? node_inside(node) : NULL;
    if (!call || maker->depth >= MOST_DEPTH) return NULL;
    const char *key = arena_printf(maker->arena, "%u", (unsigned)node->layer->id);
    if (map_has(&maker->drawn, key)) return NULL;
    map_put(&maker->drawn, key, maker);
    maker->depth++;
    Drawing *inside = draw(maker, call->nodes, call->n_nodes, call, model);
    maker->depth--;
    return inside;
}

/* ---- edges ---- */

typedef struct Makers { /* by Tensor.id: 1 + the box that makes it */
    size_t *box, count;
} Makers;

static void note_tensors(Tensor *const *tensors, size_t count, size_t *most) {
    for (size_t i = 0; i < count; i++)
        if (tensors[i]->id >= *most) *most = (size_t)tensors[i]->id + 1;
}

static Makers makers_new(Arena *arena, Node *const *nodes, size_t n_nodes, const ModelCall *call,
                         size_t n_inputs) {
    Makers makers = {0};
    for (size_t i = 0; i < n_nodes; i++) note_tensors(nodes[i]->outputs, nodes[i]->n_outputs, &makers.count);
    if (call) note_tensors(call->inputs, n_inputs, &makers.count);
    makers.box = ARENA_ARRAY(arena, size_t, makers.count);
    return makers;
}

static void made_by(Makers *makers, Tensor *const *tensors, size_t count, size_t box) {
    for (size_t i = 0; i < count; i++) makers->box[tensors[i]->id] = box + 1;
}

static size_t count_inputs(Node *const *nodes, size_t n_nodes) {
    size_t count = 0;
    for (size_t i = 0; i < n_nodes; i++) count += nodes[i]->n_inputs;
    return count;
}

/* One edge for each box that is read, however often. */
static void add_edges(Layout *layout, const Makers *makers, const Node *node, size_t box) {
    const size_t first = layout->n_edges;
    for (size_t k = 0; k < node->n_inputs; k++) {
        const size_t id = node->inputs[k]->id, from = id < makers->count ? makers->box[id] : 0;
        bool there = from == 0 || from > box;
        for (size_t i = first; !there && i < layout->n_edges; i++) there = layout->edges[i].from == from - 1;
        if (!there) layout->edges[layout->n_edges++] = (LayoutEdge){.from = from - 1, .to = box};
    }
}

/* ---- drawings ---- */

/* Inputs of a nested model's call that no InputLayer among its nodes makes. */
static size_t add_inputs(Maker *maker, Drawing *d, Makers *makers, const ModelCall *call,
                         const Model *inner) {
    size_t count = 0;
    for (size_t i = 0; call && i < inner->n_inputs; i++) {
        if (makers->box[call->inputs[i]->id]) continue;
        made_by(makers, &call->inputs[i], 1, count);
        const Layer *layer = inner->inputs[i]->history.layer;
        d->labels[count++] = label_of(maker->arena, layer, NULL, &call->inputs[i], 1);
    }
    return count;
}

static Drawing *draw(Maker *maker, Node *const *nodes, size_t n_nodes, const ModelCall *call,
                     const Model *inner) {
    const size_t n_inputs = call ? inner->n_inputs : 0, most = n_nodes + n_inputs;
    Drawing *d = ARENA_NEW(maker->arena, Drawing);
    Makers makers = makers_new(maker->arena, nodes, n_nodes, call, n_inputs);
    d->labels = ARENA_ARRAY(maker->arena, Label, most);
    d->layout.boxes = ARENA_ARRAY(maker->arena, LayoutBox, most);
    d->layout.edges = ARENA_ARRAY(maker->arena, LayoutEdge, count_inputs(nodes, n_nodes));
    for (size_t i = 0; i < n_nodes; i++) /* boxes come later: only marks that there is a maker */
        if (nodes[i]->n_inputs == 0) made_by(&makers, nodes[i]->outputs, nodes[i]->n_outputs, most);
    size_t box = add_inputs(maker, d, &makers, call, inner);
    for (size_t i = 0; i < n_nodes; i++, box++) {
        const Node *node = nodes[i];
        d->labels[box] = label_of(maker->arena, node->layer, node, node->outputs, node->n_outputs);
        d->labels[box].inside = inside_of(maker, node);
        add_edges(&d->layout, &makers, node, box);
        made_by(&makers, node->outputs, node->n_outputs, box);
    }
    d->layout.n_boxes = box;
    for (size_t i = 0; i < box; i++) size_box(&d->labels[i], &d->layout.boxes[i]);
    layout_find(maker->arena, &d->layout);
    return d;
}

Drawing *drawing_of_model(Arena *arena, const Model *model) {
    Maker maker = {.arena = arena, .drawn = map_new(arena)};
    return draw(&maker, model->nodes, model->n_nodes, NULL, model);
}
