/* The run function's prototype, in C: batch, run-time dimensions, inputs, outputs, workspace, state, weights,
 * parallel-for. */
#include "emit/emitter.h"

void emit_signature(Emitter *e, Text *out) {
    const Program *p = e->program;
    text_printf(out, "int %s_run(", e->prefix);
    if (p->open_batch) text_add(out, "size_t batch, ");
    for (size_t i = 0; i < p->n_dims; i++) text_printf(out, "size_t %s, ", e->dims[i]);
    for (size_t i = 0; i < p->n_inputs; i++)
        text_printf(out, "const %s *%s, ", c_input_type(p->inputs[i]), e->inputs[i]);
    for (size_t i = 0; i < p->n_outputs; i++)
        text_printf(out, "%s *%s, ", c_type(p->outputs[i]->dtype), e->outputs[i]);
    text_add(out, p->state_bytes ? "void *workspace, void *state" : "void *workspace");
    if (e->options->weights == WEIGHTS_BINARY) text_add(out, ", const void *weights");
    text_add(out, p->threads > 0 ? ", const lamina_parallel *parallel)" : ")");
}
