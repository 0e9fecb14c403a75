/* Categories in the reference executor: the table is looked through from its start; the hash is the runtime's
 * own, whose meaning is TensorFlow's bits. */
#include "ir/execute_op.h"
#include "kernels/hash.h"

static int64_t integer(const Values *v, size_t i) {
    return (int64_t)values_bits(v->data[i], v->rest ? v->rest[i] : 0);
}

static double bucket(const Values *boundaries, double x) {
    size_t i = 0;
    while (i < boundaries->count && !(x < boundaries->data[i])) i++;
    return (double)i;
}

static double find(const Values *keys, int64_t x) {
    for (size_t i = 0; i < keys->count; i++)
        if (integer(keys, i) == x) return (double)i;
    return -1;
}

void step_category(Step *s) {
    const Values *x = &s->inputs[0], *table = &s->inputs[1];
    int64_t p[4] = {0};
    for (size_t i = 0; i < 4 && i < table->count && s->op->as.category.function == CATEGORY_HASH; i++)
        p[i] = integer(table, i);
    for (size_t i = 0; i < s->result.count; i++) {
        switch (s->op->as.category.function) {
        case CATEGORY_BUCKET: s->y[i] = bucket(table, x->data[i]); break;
        case CATEGORY_FIND: s->y[i] = find(table, integer(x, i)); break;
        case CATEGORY_HASH: {
            double rest;
            s->y[i] = values_from_bits(DTYPE_INT64, (uint64_t)lmrt_hash_bucket(p, integer(x, i)), &rest);
            s->rest[i] = rest;
            break;
        }
        }
    }
}
