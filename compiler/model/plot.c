/* A model as a picture in DOT: a record for each layer, an edge for each tensor between two of them.
 */
#include "base/text.h"
#include "model/parts.h"

/* Escapes what a quoted record label gives a meaning to. */
static const char *escape(Arena *arena, const char *label) {
    Text text = text_new(arena);
    for (const char *c = label; *c; c++) {
        if (*c == '\n') {
            text_add(&text, "\\n");
            continue;
        }
        switch (*c) {
        case '\\':
        case '"':
        case '{':
        case '}':
        case '|':
        case '<':
        case '>':
        case ' ': text_char(&text, '\\'); break;
        default: break;
        }
        text_char(&text, *c);
    }
    return text.data;
}

/* Inside a plain quoted string only quotes and backslashes matter. */
static const char *quote(Arena *arena, const char *name) {
    Text text = text_new(arena);
    for (const char *c = name; *c; c++) {
        if (*c == '"' || *c == '\\') text_char(&text, '\\');
        text_char(&text, *c);
    }
    return text.data;
}

static const char *shapes(Arena *arena, Tensor *const *tensors, size_t count) {
    Text text = text_new(arena);
    for (size_t i = 0; i < count; i++)
        text_printf(&text, "%s%s", i ? ", " : "", escape(arena, shape_text(arena, &tensors[i]->shape)));
    return text.data;
}

/* A layer that is called several times has one record, with the shapes of its first call in the model. */
static void print_layer(Arena *arena, const Model *model, const Layer *layer, FILE *out) {
    const Node *node = NULL;
    for (size_t i = 0; !node && i < model->n_nodes; i++) {
        if (model->nodes[i]->layer == layer) node = model->nodes[i];
    }
    fprintf(out, "  layer%u [label=\"{%s|%s", (unsigned)layer->id, escape(arena, layer->name),
            escape(arena, layer->class_->name));
    if (node && node->n_inputs) fprintf(out, "|{in:\\ %s|", shapes(arena, node->inputs, node->n_inputs));
    if (node && !node->n_inputs) fputs("|{", out);
    if (node) fprintf(out, "out:\\ %s}", shapes(arena, node->outputs, node->n_outputs));
    fputs("}\"];\n", out);
}

static void print_edges(const Node *node, FILE *out) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        const Layer *from = node->inputs[i]->history.layer;
        if (from) fprintf(out, "  layer%u -> layer%u;\n", (unsigned)from->id, (unsigned)node->layer->id);
    }
}

void model_plot_dot(Arena *arena, const Model *model, FILE *out) {
    fprintf(out,
            "digraph \"%s\" {\n  rankdir=TB;\n  node [shape=record, fontname=\"sans-serif\", fontsize=10];\n",
            quote(arena, model->layer->name));
    for (size_t i = 0; i < model->n_operations; i++) print_layer(arena, model, model->operations[i], out);
    for (size_t i = 0; i < model->n_nodes; i++) print_edges(model->nodes[i], out);
    fputs("}\n", out);
}
