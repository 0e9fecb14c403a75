/* The weights of tf.image.resize: half-pixel centres; nearest, bilinear and bicubic as the kernels
 * ResizeNearest- Neighbor, ResizeBilinear and ResizeBicubic have them (the latter from a table of 1024
 * steps), the others and antialiasing as ScaleAndTranslate. Positions are computed in float32, as there: they
 * decide which pixel is meant. */
#include "layers/resize.h"

#include <float.h>

const char *const RESIZE_METHODS[] = {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", NULL};

static const double PI = 3.14159265358979323846;

/* Rows of `taps` weights under construction. */
typedef struct Table {
    int64_t in, out, taps;
    int32_t *starts;
    double *weights;
} Table;

static Table table_new(Arena *arena, int64_t in, int64_t out, int64_t taps) {
    Table t = {in, out, taps < in ? taps : in, NULL, NULL};
    t.starts = ARENA_ARRAY(arena, int32_t, (size_t)out);
    t.weights = ARENA_ARRAY(arena, double, (size_t)(out * t.taps));
    return t;
}

/* Adds to the weight of an input position; the row begins at or before it. */
static void table_add(Table *t, int64_t row, int64_t at, double weight) {
    t->weights[row * t->taps + at - t->starts[row]] += weight;
}

/* Where a row may begin: its taps end inside the input. */
static void table_start(Table *t, int64_t row, int64_t first) {
    if (first > t->in - t->taps) first = t->in - t->taps;
    t->starts[row] = (int32_t)(first < 0 ? 0 : first);
}

static float half_pixel(int64_t row, float scale) {
    return ((float)row + 0.5f) * scale - 0.5f;
}

static Table nearest(Arena *arena, int64_t in, int64_t out) {
    Table t = table_new(arena, in, out, 1);
    const float scale = (float)in / (float)out;
    for (int64_t i = 0; i < out; i++) {
        const int64_t at = (int64_t)floorf(((float)i + 0.5f) * scale);
        table_start(&t, i, at < in ? at : in - 1);
        t.weights[i] = 1;
    }
    return t;
}

static Table bilinear(Arena *arena, int64_t in, int64_t out) {
    Table t = table_new(arena, in, out, 2);
    const float scale = (float)in / (float)out;
    for (int64_t i = 0; i < out; i++) {
        const float at = half_pixel(i, scale), below = floorf(at);
        const int64_t lower = below < 0 ? 0 : (int64_t)below;
        const int64_t upper = (int64_t)ceilf(at) < in - 1 ? (int64_t)ceilf(at) : in - 1;
        const double part = (double)(at - below);
        table_start(&t, i, lower);
        table_add(&t, i, lower, 1 - part);
        table_add(&t, i, upper < 0 ? 0 : upper, part);
    }
    return t;
}

/* Keys' cubic, a = -0.5. */
static double keys(double x) {
    if (x >= 2) return 0;
    if (x >= 1) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
    return (1.5 * x - 2.5) * x * x + 1;
}

static void normalize_row(Table *t, int64_t row) {
    double sum = 0;
    for (int64_t k = 0; k < t->taps; k++) sum += t->weights[row * t->taps + k];
    if (fabs(sum) < 1000.0 * (double)FLT_MIN) return;
    for (int64_t k = 0; k < t->taps; k++) t->weights[row * t->taps + k] /= sum;
}

static Table bicubic(Arena *arena, int64_t in, int64_t out) {
    enum { STEPS = 1024 };
    Table t = table_new(arena, in, out, 4);
    const float scale = (float)in / (float)out;
    for (int64_t i = 0; i < out; i++) {
        const float at = half_pixel(i, scale), below = floorf(at);
        const double part = (double)lrintf((at - below) * (float)STEPS) / STEPS;
        const int64_t first = (int64_t)below - 1;
        table_start(&t, i, first);
        for (int64_t k = 0; k < 4; k++)
            if (first + k >= 0 && first + k < in)
                table_add(&t, i, first + k, keys(fabs((double)(k - 1) - part)));
        normalize_row(&t, i);
    }
    return t;
}

static double lanczos(double radius, double x) {
    if (x > radius) return 0;
    if (x <= 1e-3) return 1;
    return radius * sin(PI * x) * sin(PI * x / radius) / (PI * PI * x * x);
}

static double kernel_at(ResizeMethod method, double x) {
    switch (method) {
    case RESIZE_BILINEAR: return x < 1 ? 1 - x : 0;
    case RESIZE_BICUBIC: return keys(x);
    case RESIZE_LANCZOS3: return lanczos(3, x);
    default: return lanczos(5, x);
    }
}

static Table spans(Arena *arena, int64_t in, int64_t out, ResizeMethod method, bool antialias) {
    static const float RADIUS[] = {0, 1, 2, 3, 5};
    const float inverse = 1.0f / ((float)out / (float)in);
    const float wide = antialias && inverse > 1 ? inverse : 1, reach = RADIUS[method] * wide;
    Table t = table_new(arena, in, out, 2 * (int64_t)ceilf(reach) + 1);
    for (int64_t i = 0; i < out; i++) {
        const float centre = ((float)i + 0.5f) * inverse;
        int64_t first = (int64_t)ceilf(centre - reach - 0.5f), last = (int64_t)floorf(centre + reach - 0.5f);
        first = first < 0 ? 0 : first < in ? first : in - 1;
        last = last < 0 ? 0 : last < in ? last : in - 1;
        table_start(&t, i, first);
        for (int64_t at = first; at <= last && at - first < t.taps; at++) {
            const float place = (float)at + 0.5f - centre;
            table_add(&t, i, at, kernel_at(method, fabs((double)place / (double)wide)));
        }
        normalize_row(&t, i);
    }
    return t;
}

static Table table_of(Arena *arena, int64_t in, int64_t out, ResizeMethod method, bool antialias) {
    if (method == RESIZE_NEAREST) return nearest(arena, in, out);
    if (antialias || method >= RESIZE_LANCZOS3) return spans(arena, in, out, method, antialias);
    return method == RESIZE_BILINEAR ? bilinear(arena, in, out) : bicubic(arena, in, out);
}

Op *resize_axis(Lowering *lowering, const Node *node, Op *x, int axis, int64_t out, int64_t taps,
                const int32_t *starts, const double *weights) {
    Arena *arena = lowering->ir->arena;
    const char *name = node->layer->name;
    const Shape rows = {1, {out}}, table = {2, {out, taps}};
    Op *start =
        ir_constant(lowering, node, arena_printf(arena, "%s/positions", name), &rows, DTYPE_INT32, starts);
    Op *weight =
        ir_constant(lowering, node, arena_printf(arena, "%s/weights", name), &table, DTYPE_FLOAT64, weights);
    return ir_resample(lowering, node, x, start, weight, axis);
}

static Op *resize_one(Lowering *lowering, const Node *node, Op *x, int axis, int64_t out, ResizeMethod method,
                      bool antialias) {
    const int64_t in = x->shape.dim[axis];
    if (in == out) return x;
    const Table t = table_of(lowering->ir->arena, in, out, method, antialias);
    return resize_axis(lowering, node, x, axis, out, t.taps, t.starts, t.weights);
}

Op *resize_image(Lowering *lowering, const Node *node, Op *x, int64_t height, int64_t width,
                 ResizeMethod method, bool antialias) {
    const double height_first = (double)height * (double)x->shape.dim[2];
    const bool first =
        height_first <= (double)width * (double)x->shape.dim[1]; /* the smaller image between */
    if (first) x = resize_one(lowering, node, x, 1, height, method, antialias);
    x = resize_one(lowering, node, x, 2, width, method, antialias);
    return first ? x : resize_one(lowering, node, x, 1, height, method, antialias);
}

bool resize_possible(Lowering *lowering, const Node *node, const Op *x, int first, int last) {
    for (int i = first; i < last; i++)
        if (ir_is_open(lowering->ir, x->shape.dim[i]))
            return lower_unsupported(lowering, node,
                                     "it works along axis %d, whose extent is known at run time only", i);
    return true;
}
