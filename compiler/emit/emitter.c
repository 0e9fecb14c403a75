/* The start of every emitter: target, names, layout. */
#include "emit/emitter.h"

#include "emit/embedded.h"

#include <string.h>

void emitter_names_begin(Emitter *e, Arena *arena, const Program *program, const EmitOptions *options) {
    *e = (Emitter){.arena = arena, .program = program, .options = options};
    emitter_names(e);
    emitter_layout(e);
}

bool emitter_begin(Emitter *e, Arena *arena, const Program *program, const EmitOptions *options) {
    emitter_names_begin(e, arena, program, options);
    e->target = target_find(options->target);
    if (e->target) return true;
    return diag_report(program->ir->diags, E607, NO_SOURCE, "target \"%s\" cannot be compiled for",
                       options->target);
}

const char *const *embedded_lines(const char *path) {
    for (size_t i = 0; i < embedded_runtime_count; i++)
        if (strcmp(embedded_runtime[i].path, path) == 0) return embedded_runtime[i].lines;
    return NULL;
}
