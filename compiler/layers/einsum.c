/* The notation of einsum: "ab,bc->ac" to labelled axes, and the shape of the result. */
#include "layers/einsum.h"

#include <ctype.h>
#include <string.h>

typedef struct Parser {
    Arena *arena;
    const char *at, *equation;
} Parser;

/* One term; its ellipsis stands for what is left of the rank (rank < 0: `dots` axes). */
static const char *parse_term(Parser *p, int rank, int dots, EinsumTerm *term) {
    int letters = 0;
    bool ellipsis = false;
    const char *start = p->at;
    for (const char *c = start; *c && *c != ',' && strncmp(c, "->", 2) != 0; c++)
        letters += isalpha((unsigned char)*c) != 0;
    const int hidden = rank < 0 ? dots : rank - letters;
    term->rank = 0;
    for (; *p->at && *p->at != ',' && strncmp(p->at, "->", 2) != 0; p->at++) {
        const bool is_dots = strncmp(p->at, "...", 3) == 0;
        if ((!is_dots && !isalpha((unsigned char)*p->at)) || (is_dots && ellipsis))
            return arena_printf(p->arena, "Invalid character '%c' in the equation '%s'", *p->at, p->equation);
        if (is_dots && hidden < 0) break;
        if (term->rank + (is_dots ? hidden : 1) > SHAPE_MAX_RANK) return "An operand has too many axes";
        for (int i = 0; is_dots && i < hidden;
             i++) /* from the right: ellipses of two operands are aligned there */
            term->label[term->rank++] = (uint8_t)(EINSUM_DOTS + hidden - 1 - i);
        if (!is_dots)
            term->label[term->rank++] =
                (uint8_t)(islower((unsigned char)*p->at) ? *p->at - 'a' : *p->at - 'A' + 26);
        if (is_dots) p->at += 2;
        ellipsis |= is_dots;
    }
    if (rank < 0 || term->rank == rank) return NULL;
    return arena_printf(p->arena,
                        "An operand of rank %d does not have the axes of '%.*s' in the equation '%s'", rank,
                        (int)strcspn(start, ",-"), start, p->equation);
}

static int count_label(const Einsum *einsum, uint8_t label) {
    int count = 0;
    for (size_t i = 0; i < einsum->n_operands; i++)
        for (int k = 0; k < einsum->operand[i].rank; k++) count += einsum->operand[i].label[k] == label;
    return count;
}

/* Capital letters sort before small ones. */
static int sort_key(uint8_t label) {
    return label >= 26 ? label - 26 : label + 26;
}

/* The ellipsis, then the labels that appear once, sorted. */
static void implicit_result(Einsum *einsum, int dots) {
    EinsumTerm *out = &einsum->out;
    out->rank = 0;
    for (int i = dots - 1; i >= 0; i--) out->label[out->rank++] = (uint8_t)(EINSUM_DOTS + i);
    for (int key = 0; key < 52; key++)
        for (uint8_t label = 0; label < 52; label++)
            if (sort_key(label) == key && count_label(einsum, label) == 1 && out->rank < SHAPE_MAX_RANK)
                out->label[out->rank++] = label;
}

static const char *check_result(Arena *arena, const Einsum *einsum, const char *equation) {
    for (int i = 0; i < einsum->out.rank; i++) {
        const uint8_t label = einsum->out.label[i];
        for (int k = 0; k < i; k++)
            if (einsum->out.label[k] == label)
                return arena_printf(arena, "An axis appears twice in the result of '%s'", equation);
        if (count_label(einsum, label) == 0)
            return arena_printf(arena, "The result of '%s' has an axis that no operand has", equation);
    }
    return NULL;
}

const char *einsum_parse(Arena *arena, const char *equation, const int *ranks, size_t count, Einsum *out) {
    Parser p = {arena, equation, equation};
    int dots = 0;
    *out = (Einsum){.n_operands = count};
    if (count == 0 || count > EINSUM_MAX_OPERANDS) return "einsum() takes one to eight tensors";
    for (size_t i = 0; i < count; i++) {
        const char *wrong = parse_term(&p, ranks[i], 0, &out->operand[i]);
        if (wrong) return wrong;
        for (int k = 0; k < out->operand[i].rank; k++)
            if (out->operand[i].label[k] >= EINSUM_DOTS && out->operand[i].label[k] - EINSUM_DOTS >= dots)
                dots = out->operand[i].label[k] - EINSUM_DOTS + 1;
        const bool more = *p.at == ',';
        if (more != (i + 1 < count))
            return arena_printf(arena, "Expected %s operands for the equation '%s', but received %zu",
                                more ? "more" : "fewer", equation, count);
        p.at += more;
    }
    if (!*p.at) return implicit_result(out, dots), NULL;
    p.at += 2;
    const char *wrong = parse_term(&p, -1, dots, &out->out);
    if (wrong) return wrong;
    if (*p.at) return arena_printf(arena, "Invalid character '%c' in the equation '%s'", *p.at, equation);
    return check_result(arena, out, equation);
}

const char *einsum_shape(Arena *arena, const Einsum *einsum, const Shape *const *shapes, Shape *out) {
    int64_t extent[EINSUM_DOTS + SHAPE_MAX_RANK];
    bool seen[EINSUM_DOTS + SHAPE_MAX_RANK] = {false};
    for (size_t i = 0; i < einsum->n_operands; i++) {
        for (int k = 0; k < einsum->operand[i].rank; k++) {
            const uint8_t label = einsum->operand[i].label[k];
            const int64_t own = shapes[i]->dim[k];
            const bool grows = label >= EINSUM_DOTS && seen[label] && extent[label] == 1;
            if (!seen[label] || grows || extent[label] == DIM_UNKNOWN) extent[label] = own;
            seen[label] = true;
            if (own == extent[label] || own == DIM_UNKNOWN || (own == 1 && label >= EINSUM_DOTS)) continue;
            return arena_printf(arena,
                                "axis %d of operand %zu has %lld elements where another operand has %lld", k,
                                i, (long long)own, (long long)extent[label]);
        }
    }
    *out = (Shape){.rank = einsum->out.rank};
    for (int i = 0; i < out->rank; i++) out->dim[i] = extent[einsum->out.label[i]];
    return NULL;
}
