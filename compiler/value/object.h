/* Objects of the stages above, as text: what error messages and f-strings show of tensors and layers.
 *
 * object.c reads the structures of graph.h and calls nothing of its, so that a value can be
 * printed anywhere; this is the only place below the graph that knows them.
 */
#ifndef LAMINA_VALUE_OBJECT_H
#define LAMINA_VALUE_OBJECT_H

#include "base/text.h"
#include "value/value.h"

const char *object_layer_class_name(const struct Layer *layer); /* "Dense" */
void object_add_tensor(Text *text, const struct Tensor *tensor);
void object_add_layer(Text *text, const struct Layer *layer);
void object_add_layer_class(Text *text, const struct LayerClass *class_);
void object_add_history(Text *text, const struct Tensor *tensor);

#endif
