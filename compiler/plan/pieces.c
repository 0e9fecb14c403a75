/* Pieces of one round of a step, made here: rows of the result of a window's kernel, or a range of the first
 * axis of an elementwise one. Each piece is the step with another descriptor and other addresses. */
#include "plan/parts.h"

#include <string.h>

#include "lmrt.h"

/* The axis of a window that is cut, by its fields, and what one position of it holds, as products of fields.
 */
typedef struct WindowAxis {
    const char *in, *out, *pad, *stride;
    const char *x_size[3], *y_size[3];
} WindowAxis;

static const WindowAxis
    DEPTH = {"in_d", "out_d", "pad_front", "stride_d", {"in_h", "in_w", "in_c"}, {"out_h", "out_w", "out_c"}},
    ROWS = {"in_h", "out_h", "pad_top", "stride_h", {"in_w", "in_c", "c"}, {"out_w", "out_c", "c"}},
    COLUMNS = {"in_w", "out_w", "pad_left", "stride_w", {"in_c", "c", ""}, {"out_c", "c", ""}};

/* A kernel, what its addresses are ('x', 'y': they move with the axis; 's': each piece has its own; '.': they
 * stay), and the strides of an elementwise one, by argument ("": row-major). */
typedef struct Cuttable {
    const char *kernel;
    const char *moves; /* NULL: elementwise */
    const char *strides[4];
    int weight; /* work of one of its steps, in multiply-adds of a matrix kernel */
} Cuttable;

static const Cuttable cuttable[] = {
    {"conv2d_f32", "dx..yy", {NULL}, 1},
    {"winograd2_f32", "d.x..yys", {NULL}, 4},
    {"winograd4_f32", "d.x..yys", {NULL}, 3},
    {"conv2d_f64", "dx..y", {NULL}, 4},
    {"conv3d_f32", "dx..yy", {NULL}, 1},
    {"conv3d_f64", "dx..y", {NULL}, 4},
    {"depthwise_f32", "dx..y", {NULL}, 6},
    {"depthwise_parts_f32", "dx..yy", {NULL}, 6},
    {"max_pool2d_", "dxy", {NULL}, 6},
    {"average_pool2d_", "dxy", {NULL}, 6},
    {"copy_b", NULL, {NULL, "src_stride", "dst_stride"}, PART_ELEMENT},
    {"select_b", NULL, {NULL, "c_stride", "a_stride", "b_stride"}, PART_ELEMENT},
    {"", NULL, {NULL, "a_stride", "b_stride"}, PART_ELEMENT}, /* those over an lmrt_broadcast */
};

static const Cuttable *find(const Step *step) {
    const bool broadcast = step->n_args == 4 && step->args[0].kind == ARG_DESCRIPTOR &&
                           strcmp(step->args[0].descriptor->type, "lmrt_broadcast") == 0;
    for (size_t i = 0; i < sizeof cuttable / sizeof *cuttable; i++) {
        const Cuttable *c = &cuttable[i];
        if (c->kernel[0] ? strncmp(step->kernel, c->kernel, strlen(c->kernel)) == 0 : broadcast) return c;
    }
    return NULL;
}

static double product(const Step *step, const char *const *names, int n) {
    double result = 1.0;
    for (int i = 0; i < n; i++) result *= (double)step_size(step, names[i]);
    return result;
}

double pieces_work(const Step *step) {
    static const char *const window[] = {"out_d",    "out_h",    "out_w", "out_c",  "c",     "kernel_d",
                                         "kernel_h", "kernel_w", "in_c",  "size_h", "size_w"};
    const Cuttable *c = find(step);
    if (!c) return 0.0;
    if (c->moves)
        return c->weight * product(step, window, sizeof window / sizeof *window) /
               (double)step_size(step, "groups");
    const Field *extent = step_field(step, "extent");
    double elements = c->weight;
    for (int i = 0; extent && i < extent->n_values; i++) elements *= (double)extent->values[i];
    return elements;
}

/* The piece's own copy of the descriptor: its fields may be changed. */
static Descriptor *copy_step(Arena *arena, const Step *step, Step *piece) {
    *piece = *step;
    Descriptor *d = ARENA_NEW(arena, Descriptor);
    for (int k = 0; k < step->n_args; k++) {
        if (step->args[k].kind != ARG_DESCRIPTOR) continue;
        *d = *step->args[k].descriptor;
        piece->args[k].descriptor = d;
    }
    return d;
}

static void set_size(Descriptor *d, const char *name, int64_t value) {
    for (int f = 0; f < d->n_fields; f++)
        if (strcmp(d->fields[f].name, name) == 0) d->fields[f].values[0] = value;
}

/* Output positions from .. to of the axis. The input begins at the first tap of the first; what is beyond the
 * last stays in sight, so that the end of the input is where it was. */
static void cut_window(Arena *arena, const Step *step, const Cuttable *c, const WindowAxis *axis,
                       int64_t from, int64_t to, int index, Step *piece) {
    const int64_t origin = from * step_size(step, axis->stride), pad = step_size(step, axis->pad);
    const int64_t in = step_size(step, axis->in), past = origin > pad ? origin - pad : 0;
    const int64_t skipped = past < in ? past : in;
    Descriptor *d = copy_step(arena, step, piece);
    set_size(d, axis->out, to - from);
    set_size(d, axis->in, in - skipped);
    set_size(d, axis->pad, pad > origin ? pad - origin : 0);
    const int64_t x = (int64_t)product(step, axis->x_size, 3), y = (int64_t)product(step, axis->y_size, 3);
    for (int k = 0; k < piece->n_args; k++) {
        if (c->moves[k] == 'x') piece->args[k].offset += skipped * x;
        if (c->moves[k] == 'y' && piece->args[k].kind == ARG_BUFFER) piece->args[k].offset += from * y;
        if (c->moves[k] == 's') piece->args[k].offset += index * winograd_scratch(step);
    }
}

static const WindowAxis *axis_of(const Step *step) {
    if (step_field(step, "out_d")) return &DEPTH;
    const bool line = step_size(step, "in_h") == 1 && step_size(step, "out_h") == 1;
    return line ? &COLUMNS : &ROWS;
}

static void cut_elements(Arena *arena, const Step *step, const Cuttable *c, int64_t from, int64_t to,
                         Step *piece) {
    Descriptor *d = copy_step(arena, step, piece);
    const Field *extent = step_field(step, "extent");
    int64_t row = 1;
    for (int i = 1; i < extent->n_values; i++) row *= extent->values[i];
    for (int k = 1; k < piece->n_args; k++) {
        const Field *stride = k < 4 && c->strides[k] ? step_field(step, c->strides[k]) : NULL;
        piece->args[k].offset += from * (stride ? stride->values[0] : row);
    }
    for (int f = 0; f < d->n_fields; f++)
        if (strcmp(d->fields[f].name, "extent") == 0) d->fields[f].values[0] = to - from;
}

static int64_t nearest(int64_t at, int64_t multiple) {
    return (at + multiple / 2) / multiple * multiple;
}

/* Ranges begin where a row's kernel would begin another set of sums side by side: the sums of the last few
 * panels depend on how many there are. */
const Step *pieces_cut_row(Arena *arena, const Step *step, int count, int *n_pieces) {
    static const char moves[] = "d#.wyyy";
    enum { SET = 8 * LMRT_PANEL };
    const int64_t k = step_size(step, "k"), columns = step_size(step, "n");
    const int64_t sets = columns / SET, n = sets < count ? sets : count;
    if (n < 2) return NULL;
    Step *pieces = ARENA_ARRAY(arena, Step, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        const int64_t from = nearest(columns * i / n, SET),
                      to = i + 1 == n ? columns : nearest(columns * (i + 1) / n, SET);
        set_size(copy_step(arena, step, &pieces[i]), "n", to - from);
        for (int a = 0; a < step->n_args; a++)
            if (step->args[a].kind == ARG_BUFFER)
                pieces[i].args[a].offset += moves[a] == 'w' ? from * k : moves[a] == 'y' ? from : 0;
    }
    *n_pieces = (int)n;
    return pieces;
}

const Step *pieces_cut(Arena *arena, const Step *step, int count, int *n_pieces) {
    const Cuttable *c = find(step);
    const WindowAxis *axis = c->moves ? axis_of(step) : NULL;
    const Field *extent = step_field(step, axis ? axis->out : "extent");
    const int64_t all = extent->values[0], n = all < count ? all : count;
    const int64_t tile = winograd_tile(step), line = !axis && extent->n_values == 1 ? PART_LINE : 1;
    const int64_t align = tile ? tile : line;
    if (n < 2) return NULL;
    Step *pieces = ARENA_ARRAY(arena, Step, (size_t)n);
    int64_t from = 0;
    *n_pieces = 0;
    for (int64_t i = 1; i <= n; i++) {
        const int64_t middle = nearest(all * i / n, align), to = i == n || middle > all ? all : middle;
        if (to == from) continue;
        if (axis)
            cut_window(arena, step, c, axis, from, to, *n_pieces, &pieces[*n_pieces]);
        else
            cut_elements(arena, step, c, from, to, &pieces[*n_pieces]);
        ++*n_pieces;
        from = to;
    }
    return pieces;
}
