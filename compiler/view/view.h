/* View: what people look at of a model and its compilation: costs, pictures, the report. */
#ifndef LAMINA_VIEW_VIEW_H
#define LAMINA_VIEW_VIEW_H

#include "ir/ir.h"
#include "model/model.h"

/* MACs of each layer of the model, counted in its Ir as it was lowered (before any pass). */
void view_macs(Arena *arena, const Model *model, const Ir *ir, ModelCosts *out);

#endif
