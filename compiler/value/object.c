/* See object.h. The forms are those of Keras' own __repr__ methods. */
#include "value/object.h"

#include "graph/graph.h"

/* A LayerClass begins with its name (elaborate/builtin_types.c holds it to that). */
static const char *class_name(const struct LayerClass *class_) {
    return *(const char *const *)(const void *)class_;
}

const char *object_layer_class_name(const struct Layer *layer) {
    return class_name(layer->class_);
}

void object_add_tensor(Text *text, const struct Tensor *tensor) {
    text_printf(text, "<KerasTensor shape=%s, dtype=%s, sparse=%s, ragged=%s, name=%s>",
                shape_text(text->arena, &tensor->shape), dtype_name(tensor->dtype),
                tensor->sparse ? "True" : "False", tensor->ragged ? "True" : "False", tensor->name);
}

void object_add_layer(Text *text, const struct Layer *layer) {
    text_printf(text, "<%s name=%s, built=%s>", class_name(layer->class_), layer->name,
                layer->built ? "True" : "False");
}

void object_add_layer_class(Text *text, const struct LayerClass *class_) {
    text_printf(text, "<class 'keras.layers.%s'>", class_name(class_));
}

void object_add_history(Text *text, const struct Tensor *tensor) {
    text_add(text, "KerasHistory(operation=");
    if (tensor->history.layer)
        object_add_layer(text, tensor->history.layer);
    else
        text_add(text, "None");
    text_printf(text, ", node_index=%u, tensor_index=%u)", tensor->history.node_index,
                tensor->history.tensor_index);
}
