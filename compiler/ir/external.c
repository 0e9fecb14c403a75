/* OP_EXTERNAL: its builder, and the reference executor's call of the function where it is in this process. */
#include "ir/build.h"
#include "ir/execute_op.h"

Op *ir_external(Lowering *l, const Node *origin, const ExternalLayer *external, Op *const *inputs, size_t n,
                const Shape *shape, DType dtype) {
    Op *op = ir_new_op(l, origin, OP_EXTERNAL, inputs, n);
    op->shape = *shape;
    op->dtype = dtype;
    op->as.external = external;
    return ir_finish_op(l, op);
}

/* Pointers to objects of any type are passed alike on every machine that Lamina itself runs on. */
static int call(ExternalFunction *address, size_t samples, void *const *p, size_t n) {
    typedef void *P;
    typedef size_t N;
    switch (n) {
    case 2: return ((int (*)(N, P, P))address)(samples, p[0], p[1]);
    case 3: return ((int (*)(N, P, P, P))address)(samples, p[0], p[1], p[2]);
    case 4: return ((int (*)(N, P, P, P, P))address)(samples, p[0], p[1], p[2], p[3]);
    case 5: return ((int (*)(N, P, P, P, P, P))address)(samples, p[0], p[1], p[2], p[3], p[4]);
    case 6: return ((int (*)(N, P, P, P, P, P, P))address)(samples, p[0], p[1], p[2], p[3], p[4], p[5]);
    case 7:
        return ((int (*)(N, P, P, P, P, P, P, P))address)(samples, p[0], p[1], p[2], p[3], p[4], p[5], p[6]);
    default:
        return ((int (*)(N, P, P, P, P, P, P, P, P))address)(samples, p[0], p[1], p[2], p[3], p[4], p[5],
                                                             p[6], p[7]);
    }
}

static void *stored(Step *s, const Values *v, DType dtype) {
    char *data = arena_alloc_array(s->arena, v->count, dtype_size(dtype));
    for (size_t i = 0; i < v->count; i++)
        ir_exact_store(dtype, v->data[i], v->rest ? v->rest[i] : 0, i, data);
    return data;
}

void step_external(Step *s) {
    const Op *op = s->op;
    const ExternalLayer *external = op->as.external;
    void *pointers[EXTERNAL_MAX_POINTERS];
    if (!external->address) {
        s->error = arena_printf(s->arena, "%s is not in this process: --extern-lib names what holds it",
                                external->function);
        return;
    }
    for (size_t i = 0; i < op->n_inputs; i++) pointers[i] = stored(s, &s->inputs[i], op->inputs[i]->dtype);
    pointers[op->n_inputs] = arena_alloc_array(s->arena, s->result.count, dtype_size(op->dtype));
    const int status = call(external->address, s->result.extent[0], pointers, op->n_inputs + 1);
    if (status != 0) s->error = arena_printf(s->arena, "%s returned %d", external->function, status);
    const ExactArray array = ir_exact_array(s->arena, op->dtype, s->result.count, pointers[op->n_inputs]);
    for (size_t i = 0; i < s->result.count; i++) {
        s->y[i] = array.data[i];
        if (s->rest && array.rest) s->rest[i] = array.rest[i];
    }
}
