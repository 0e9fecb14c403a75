/* Samples that threads share: from Program.split_batch on, the run function cuts the batch into one range of
 * samples for each thread and calls itself for every range, each with a part of the workspace. The ranges are
 * independent, so nobody waits before the end; steps are shared where the batch is smaller (tasks.c). They
 * are of whole chunks, the same ones as without threads: what a kernel does with the last few rows depends on
 * how many there are.
 */
#include <inttypes.h>

#include "emit/c/emitter.h"

static void emit_structure(Emitter *e, Text *out) {
    const Program *p = e->program;
    text_printf(out,
                "/* A call whose samples are shared. */\ntypedef struct %s_shared {\n    size_t batch;\n",
                e->prefix);
    for (size_t i = 0; i < p->n_inputs; i++)
        text_printf(out, "    const %s *%s;\n", c_input_type(p->inputs[i]), e->inputs[i]);
    for (size_t i = 0; i < p->n_outputs; i++)
        text_printf(out, "    %s *%s;\n", c_type(p->outputs[i]->dtype), e->outputs[i]);
    text_add(out, "    void *workspace;\n");
    if (e->options->weights == WEIGHTS_BINARY) text_add(out, "    const void *weights;\n");
    text_printf(out, "    int status[%d];\n} %s_shared;\n\n", p->threads, e->prefix);
}

/* "all->x + 784 * first" */
static void emit_pointer(const Emitter *e, const Buffer *b, const char *name, Text *out) {
    text_printf(out, "all->%s + ", name);
    if (b->count != 1) {
        c_size(e, out, b->count);
        text_add(out, " * ");
    }
    text_add(out, "first, ");
}

void emit_samples(Emitter *e, Text *out) {
    const Program *p = e->program;
    if (p->split_batch == 0) return;
    emit_structure(e, out);
    text_printf(out,
                "/* The index-th range of samples, on this thread. */\n"
                "static void %s_samples(void *argument, size_t index, size_t worker) {\n"
                "    %s_shared *const all = (%s_shared *)argument;\n"
                "    const size_t first = %s_cut(all->batch, index, %d, %" PRId64 "),\n"
                "                 last = %s_cut(all->batch, index + 1, %d, %" PRId64 ");\n"
                "    (void)worker;\n"
                "    all->status[index] =\n        %s_run(last - first, ",
                e->prefix, e->prefix, e->prefix, e->prefix, p->threads, p->chunk, e->prefix, p->threads,
                p->chunk, e->prefix);
    for (size_t i = 0; i < p->n_inputs; i++) emit_pointer(e, p->inputs[i], e->inputs[i], out);
    for (size_t i = 0; i < p->n_outputs; i++) emit_pointer(e, p->outputs[i], e->outputs[i], out);
    text_printf(out, "\n            (unsigned char *)all->workspace + %" PRIu64 " * index, ",
                (uint64_t)p->chunk * p->workspace_bytes);
    if (e->options->weights == WEIGHTS_BINARY) text_add(out, "all->weights, ");
    text_add(out, "NULL);\n}\n\n");
}

void emit_shared_samples(Emitter *e, Text *out) {
    const Program *p = e->program;
    if (p->split_batch == 0) return;
    text_printf(out, "    if (parallel && batch >= %" PRId64 " && (", p->split_batch);
    if (p->chunk == 1)
        text_printf(out, "batch %% %d == 0", p->threads);
    else
        text_printf(out, "(batch + %" PRId64 ") / %" PRId64 " %% %d == 0", p->chunk - 1, p->chunk,
                    p->threads);
    text_printf(out, " || batch >= %" PRId64 ")) {\n        %s_shared all = {batch, ",
                SPLIT_MANY_CHUNKS * p->chunk * p->threads, e->prefix);
    for (size_t i = 0; i < p->n_inputs; i++) text_printf(out, "%s, ", e->inputs[i]);
    for (size_t i = 0; i < p->n_outputs; i++) text_printf(out, "%s, ", e->outputs[i]);
    text_add(out, "workspace, ");
    if (e->options->weights == WEIGHTS_BINARY) text_add(out, "weights, ");
    text_printf(out,
                "{0}};\n"
                "        int shared = parallel->run(parallel->context, %d, %s_samples, &all);\n"
                "        for (size_t i = 0; i < %d && !shared; i++) shared = all.status[i];\n"
                "        return shared;\n"
                "    }\n",
                p->threads, e->prefix, p->threads);
}
