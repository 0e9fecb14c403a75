/* Picture: the graph of a model as SVG, with nothing but what is in it: no scripts, no fonts, no links. */
#ifndef LAMINA_VIEW_PICTURE_H
#define LAMINA_VIEW_PICTURE_H

#include "base/text.h"
#include "model/model.h"

typedef struct PictureOptions {
    const Sources *sources;
    const ModelCosts *costs; /* or NULL */
    bool inside_html;        /* no XML declaration, no background */
} PictureOptions;

/* A box for each call of a layer, with the inside of nested models drawn in theirs. */
void picture_svg(Arena *arena, const Model *model, const PictureOptions *options, Text *out);

#endif
