/* See object.h. The forms are those of Keras' own __repr__ methods. */
#include "value/object.h"

#include "layers/layer.h"

const char *object_layer_class_name(const struct Layer *layer) {
    return layer->class_->name;
}

void object_add_tensor(Text *text, const struct Tensor *tensor) {
    text_printf(text, "<KerasTensor shape=%s, dtype=%s, sparse=%s, ragged=%s, name=%s>",
                shape_text(text->arena, &tensor->shape), dtype_name(tensor->dtype),
                tensor->sparse ? "True" : "False", tensor->ragged ? "True" : "False", tensor->name);
}

void object_add_layer(Text *text, const struct Layer *layer) {
    text_printf(text, "<%s name=%s, built=%s>", layer->class_->name, layer->name,
                layer->built ? "True" : "False");
}

void object_add_layer_class(Text *text, const struct LayerClass *class_) {
    text_printf(text, "<class '%s.%s'>", class_->module, class_->name);
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
