/* The registry: every row of layers.def, found by name or alias. */
#include <string.h>

#include "layers/rules.h"

static const LayerClass *const classes[] = {
#define LAYER(row) &LAYER_CLASS_##row,
#include "layers/layers.def"
#undef LAYER
};
enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

static bool has_alias(const LayerClass *class_, const char *name) {
    for (const char *const *alias = class_->aliases; alias && *alias; alias++) {
        if (strcmp(*alias, name) == 0) return true;
    }
    return false;
}

const LayerClass *layer_class_find(const char *name) {
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (strcmp(classes[i]->name, name) == 0 || has_alias(classes[i], name)) return classes[i];
    }
    return NULL;
}

const LayerClass *const *layer_class_all(size_t *count) {
    *count = CLASS_COUNT;
    return classes;
}
