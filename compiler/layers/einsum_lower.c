/* Lowering of labelled products: operand by operand, each pair one matrix product or one elementwise product.
 *
 * The labels of a pair fall into four groups: both and wanted (batch), both and not wanted (summed), left
 * only, right only. [batch..., left, summed] x [batch..., summed, right] is a matrix product. The open batch
 * of the model, where there is one, stays axis 0 throughout.
 */
#include "layers/einsum.h"

typedef struct Factor {
    Op *op;
    EinsumTerm term;
} Factor;

typedef struct Contraction {
    Lowering *l;
    const Node *node;
    uint64_t wanted[2]; /* labels that are needed later, as bits */
} Contraction;

typedef struct Labels {
    int count;
    uint8_t at[SHAPE_MAX_RANK];
} Labels;

static int find(const EinsumTerm *term, uint8_t label) {
    for (int i = 0; i < term->rank; i++)
        if (term->label[i] == label) return i;
    return -1;
}

static void mark(uint64_t *set, const EinsumTerm *term) {
    for (int i = 0; i < term->rank; i++) set[term->label[i] / 64] |= UINT64_C(1) << term->label[i] % 64;
}

static bool has(const uint64_t *set, uint8_t label) {
    return set[label / 64] >> label % 64 & 1;
}

static int64_t extent_of(const Factor *factor, uint8_t label) {
    const int axis = find(&factor->term, label);
    return axis < 0 ? 1 : factor->op->shape.dim[axis];
}

static void push(Labels *labels, uint8_t label) {
    labels->at[labels->count++] = label;
}

static void remove_axis(EinsumTerm *term, int axis) {
    for (int i = axis; i + 1 < term->rank; i++) term->label[i] = term->label[i + 1];
    term->rank--;
}

/* Sums over the labels that neither the other factor (or NULL) nor anybody later needs. */
static void reduce(const Contraction *c, Factor *factor, const Factor *other) {
    uint32_t axes = 0;
    for (int i = factor->term.rank - 1; i >= 0; i--) {
        const uint8_t label = factor->term.label[i];
        if (has(c->wanted, label) || (other && find(&other->term, label) >= 0)) continue;
        axes |= 1u << i;
        remove_axis(&factor->term, i);
    }
    if (axes) factor->op = ir_reduce(c->l, c->node, factor->op, REDUCE_SUM, axes, false);
}

/* Takes away axes of one element whose label has more in the other factor. */
static void drop_ones(const Contraction *c, Factor *factor, const Factor *other) {
    Shape shape = factor->op->shape;
    for (int i = factor->term.rank - 1; i >= 0; i--) {
        const int64_t there = extent_of(other, factor->term.label[i]);
        if (shape.dim[i] != 1 || there == 1) continue;
        for (int k = i; k + 1 < shape.rank; k++) shape.dim[k] = shape.dim[k + 1];
        shape.rank--;
        remove_axis(&factor->term, i);
    }
    if (shape.rank != factor->op->shape.rank) factor->op = ir_reshape(c->l, c->node, factor->op, &shape);
}

/* The factor with its axes in the order of the labels, those it lacks left out. */
static Op *ordered(const Contraction *c, const Factor *factor, const Labels *order) {
    int perm[SHAPE_MAX_RANK], rank = 0;
    bool same = true;
    for (int i = 0; i < order->count; i++) {
        const int axis = find(&factor->term, order->at[i]);
        if (axis < 0) continue;
        same &= axis == rank;
        perm[rank++] = axis;
    }
    return same ? factor->op : ir_transpose(c->l, c->node, factor->op, perm);
}

static Op *reshaped(const Contraction *c, Op *x, const Shape *shape) {
    return shape_equal(&x->shape, shape) ? x : ir_reshape(c->l, c->node, x, shape);
}

/* Without a sum: an elementwise product over all labels. */
static Op *aligned(const Contraction *c, const Factor *factor, const Labels *all) {
    Shape shape = {.rank = all->count};
    for (int i = 0; i < all->count; i++) shape.dim[i] = extent_of(factor, all->at[i]);
    return reshaped(c, ordered(c, factor, all), &shape);
}

static int64_t product(const Factor *factor, const Labels *labels) {
    int64_t count = 1; /* a part of the factor's own count, which ir_rule has checked */
    for (int i = 0; i < labels->count; i++) count *= extent_of(factor, labels->at[i]);
    return count;
}

static Labels joined(const Labels *a, const Labels *b, const Labels *d) {
    Labels all = *a;
    for (int i = 0; i < b->count; i++) push(&all, b->at[i]);
    for (int i = 0; i < d->count; i++) push(&all, d->at[i]);
    return all;
}

/* [outer..., first, second] of a factor; outer axes that it lacks are left out, so that they broadcast. */
static Op *as_matrices(const Contraction *c, const Factor *factor, const Labels *outer, const Labels *first,
                       const Labels *second) {
    const Labels order = joined(outer, first, second);
    Shape shape = {.rank = 0};
    for (int i = 0; i < outer->count; i++)
        if (find(&factor->term, outer->at[i]) >= 0) shape.dim[shape.rank++] = extent_of(factor, outer->at[i]);
    shape.dim[shape.rank++] = product(factor, first);
    shape.dim[shape.rank++] = product(factor, second);
    return reshaped(c, ordered(c, factor, &order), &shape);
}

/* The label with the open batch, or -1. */
static int open_label(const Factor *a, const Factor *b) {
    if (a->term.rank > 0 && a->op->shape.dim[0] == DIM_UNKNOWN) return a->term.label[0];
    return b->term.rank > 0 && b->op->shape.dim[0] == DIM_UNKNOWN ? b->term.label[0] : -1;
}

typedef struct Groups {
    Labels outer, summed, left, right;
} Groups;

/* The open label comes first; on the left, it is an outer axis that the right factor lacks. */
static Groups group(const Contraction *c, const Factor *a, const Factor *b, int open) {
    Groups g = {0};
    if (open >= 0 && has(c->wanted, (uint8_t)open)) push(&g.outer, (uint8_t)open);
    for (int i = 0; i < a->term.rank; i++) {
        const uint8_t label = a->term.label[i];
        if (label == open && g.outer.count > 0) continue;
        if (find(&b->term, label) < 0)
            push(&g.left, label);
        else
            push(has(c->wanted, label) ? &g.outer : &g.summed, label);
    }
    for (int i = 0; i < b->term.rank; i++)
        if (find(&a->term, b->term.label[i]) < 0) push(&g.right, b->term.label[i]);
    return g;
}

/* A product with a matrix that all samples share: its rows are all axes of the left factor. */
static Op *dense(const Contraction *c, const Factor *a, const Factor *b, const Groups *g) {
    Op *x = as_matrices(c, a, &g->outer, &g->left, &g->summed);
    const Labels none = {0};
    Op *kernel = as_matrices(c, b, &none, &g->summed, &g->right);
    if (g->outer.count == 1 && g->left.count == 0) {
        const Shape rows = {2, {x->shape.dim[0], x->shape.dim[2]}};
        x = reshaped(c, x, &rows);
    }
    return ir_dense(c->l, c->node, x, kernel, NULL);
}

static Op *multiply_matrices(const Contraction *c, const Factor *a, const Factor *b, const Groups *g,
                             int open) {
    const bool shared =
        g->outer.count == 0 || (g->outer.count == 1 && open >= 0 && find(&b->term, (uint8_t)open) < 0);
    if (shared) return dense(c, a, b, g);
    const uint8_t last = b->term.label[b->term.rank - 1];
    const bool transposed = find(&a->term, last) >= 0 && !has(c->wanted, last);
    Op *left = as_matrices(c, a, &g->outer, &g->left, &g->summed);
    Op *right = transposed ? as_matrices(c, b, &g->outer, &g->right, &g->summed)
                           : as_matrices(c, b, &g->outer, &g->summed, &g->right);
    return ir_matmul(c->l, c->node, left, right, transposed);
}

static Factor multiply(const Contraction *c, Factor a, Factor b) {
    reduce(c, &a, &b);
    reduce(c, &b, &a);
    drop_ones(c, &a, &b);
    drop_ones(c, &b, &a);
    const int open = open_label(&a, &b);
    if (open >= 0 && find(&a.term, (uint8_t)open) < 0) {
        const Factor swapped = a;
        a = b;
        b = swapped;
    }
    const Groups g = group(c, &a, &b, open);
    if (open >= 0 && (g.outer.count == 0 || g.outer.at[0] != open)) {
        c->l->ir->broken = true;
        (void)lower_unsupported(c->l, c->node, "it sums over the batch");
        return a;
    }
    Factor result = {0};
    const Labels all = joined(&g.outer, &g.left, &g.right);
    result.term.rank = all.count;
    Shape shape = {.rank = all.count};
    for (int i = 0; i < all.count; i++) {
        const int64_t left = extent_of(&a, all.at[i]);
        result.term.label[i] = all.at[i];
        shape.dim[i] = find(&a.term, all.at[i]) < 0 ? extent_of(&b, all.at[i]) : left;
    }
    if (g.summed.count == 0)
        result.op = ir_binary(c->l, c->node, BIN_MUL, aligned(c, &a, &all), aligned(c, &b, &all));
    else
        result.op = multiply_matrices(c, &a, &b, &g, open);
    if (!c->l->ir->broken) result.op = reshaped(c, result.op, &shape);
    return result;
}

/* A label twice in one operand means its diagonal. */
static bool has_repeats(const EinsumTerm *term) {
    for (int i = 0; i < term->rank; i++)
        if (find(term, term->label[i]) != i) return true;
    return false;
}

Op *einsum_lower(Lowering *l, const Node *node, const Einsum *einsum, Op *const *operands) {
    Contraction c = {.l = l, .node = node};
    Factor result = {0};
    for (size_t i = 0; i < einsum->n_operands; i++) {
        if (has_repeats(&einsum->operand[i]))
            return lower_unsupported(l, node, "it takes a diagonal of an operand"), NULL;
        const Factor next = {operands[i], einsum->operand[i]};
        c.wanted[0] = c.wanted[1] = 0;
        mark(c.wanted, &einsum->out);
        for (size_t k = i + 1; k < einsum->n_operands; k++) mark(c.wanted, &einsum->operand[k]);
        result = i == 0 ? next : multiply(&c, result, next);
        if (l->ir->broken) return NULL;
    }
    reduce(&c, &result, NULL);
    Labels order = {.count = einsum->out.rank};
    for (int i = 0; i < order.count; i++) order.at[i] = einsum->out.label[i];
    return ordered(&c, &result, &order);
}
