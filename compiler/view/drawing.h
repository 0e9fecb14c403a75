/* A drawing: boxes of calls and their layout, before it is printed as SVG. */
#ifndef LAMINA_VIEW_DRAWING_H
#define LAMINA_VIEW_DRAWING_H

#include "model/model.h"
#include "view/layout.h"

typedef struct Drawing Drawing;

/* What stands in a box. */
typedef struct Label {
    const Layer *layer;
    const Node *node;                /* NULL: an input of a nested model's call */
    const char *name, *kind, *shape; /* shortened */
    Drawing *inside;                 /* of a nested model, or NULL */
} Label;

struct Drawing {
    Layout layout;
    Label *labels; /* of the layout's boxes */
};

enum { DRAWING_NAME_SIZE = 12, DRAWING_TEXT_SIZE = 11, DRAWING_PAD = 12, DRAWING_HEAD = 42 };

Drawing *drawing_of_model(Arena *arena, const Model *model);

#endif
