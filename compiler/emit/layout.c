/* The weights file: every constant in the order of the program, each on a boundary of WEIGHTS_ALIGN bytes. */
#include <string.h>

#include "emit/emitter.h"

size_t constant_bytes(const Buffer *b) {
    return (size_t)b->count * dtype_size(b->dtype);
}

void emitter_layout(Emitter *e) {
    const Program *p = e->program;
    if (e->options->weights == WEIGHTS_INLINE) return;
    e->constant_offsets = ARENA_ARRAY(e->arena, size_t, p->constants.count);
    for (size_t i = 0; i < p->constants.count; i++) {
        e->constant_offsets[i] = e->weights_bytes;
        e->weights_bytes +=
            (constant_bytes(p->constants.at[i]) + WEIGHTS_ALIGN - 1) / WEIGHTS_ALIGN * WEIGHTS_ALIGN;
    }
}

Blob emitter_weights(const Emitter *e) {
    if (!e->constant_offsets) return (Blob){0};
    unsigned char *data = arena_alloc(e->arena, e->weights_bytes);
    for (size_t i = 0; i < e->program->constants.count; i++) {
        const Buffer *b = e->program->constants.at[i];
        if (constant_bytes(b)) memcpy(data + e->constant_offsets[i], b->data, constant_bytes(b));
    }
    return (Blob){data, e->weights_bytes};
}
