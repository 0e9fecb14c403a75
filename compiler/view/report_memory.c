/* The memory map: which bytes of the workspace hold what, and when. In: buffers with offsets and lifetimes.
 * Out: an SVG with time (steps) to the right and offsets upwards; lines at the size and at the most that
 * lives at one time.
 */
#include <stdint.h>

#include "model/cost.h"
#include "view/markup.h"
#include "view/report_parts.h"

static const double WIDTH = 1000, HEIGHT = 380, LEFT = 84, RIGHT = 16, TOP = 26, BOTTOM = 40;
enum { COLORS = 6, TICKS = 4, LETTER = 10 };

typedef struct Map2D {
    const ReportPage *report;
    Text *out;
    double per_step, per_byte;
} Map2D;

static double x_of(const Map2D *m, double step) {
    return LEFT + step * m->per_step;
}

static double y_of(const Map2D *m, double bytes) {
    return HEIGHT - BOTTOM - bytes * m->per_byte;
}

static void number(Text *out, const char *name, double value) {
    text_printf(out, " %s=\"", name);
    markup_number(out, value);
    text_char(out, '"');
}

static void print_label(const Map2D *m, const Buffer *buffer, double x, double y, double width,
                        double height) {
    const char *name = buffer->name ? buffer->name : "";
    if (height < LETTER + 2 || LETTER * text_width(name, false) + 6 > width) return;
    text_add(m->out, "<text class=\"in\"");
    number(m->out, "x", x + 4);
    number(m->out, "y", y + height / 2 + 3.5);
    text_char(m->out, '>');
    markup_text(m->out, name);
    text_add(m->out, "</text>");
}

static void print_buffer(const Map2D *m, const Buffer *buffer, size_t index) {
    const double x = x_of(m, (double)buffer->first),
                 width = (double)(buffer->last - buffer->first + 1) * m->per_step;
    const double height = (double)buffer->bytes * m->per_byte, y = y_of(m, (double)buffer->offset) - height;
    text_printf(m->out, "<g class=\"c%zu\"><title>", index % COLORS);
    markup_text(m->out, buffer->name ? buffer->name : "");
    text_printf(m->out, "\n%s bytes at %s\nsteps %zu to %zu</title><rect",
                cost_number(m->report->arena, (int64_t)buffer->bytes),
                cost_number(m->report->arena, (int64_t)buffer->offset), buffer->first, buffer->last);
    number(m->out, "x", x);
    number(m->out, "y", y);
    number(m->out, "width", width);
    number(m->out, "height", height);
    text_add(m->out, "/>");
    print_label(m, buffer, x, y, width, height);
    text_add(m->out, "</g>\n");
}

static void print_line(const Map2D *m, const char *style, double bytes) {
    text_printf(m->out, "<line class=\"%s\"", style);
    number(m->out, "x1", LEFT);
    number(m->out, "x2", WIDTH - RIGHT);
    number(m->out, "y1", y_of(m, bytes));
    number(m->out, "y2", y_of(m, bytes));
    text_add(m->out, "/>\n");
}

static void print_text(const Map2D *m, double x, double y, const char *anchor, const char *text) {
    text_printf(m->out, "<text text-anchor=\"%s\"", anchor);
    number(m->out, "x", x);
    number(m->out, "y", y);
    text_char(m->out, '>');
    markup_text(m->out, text);
    text_add(m->out, "</text>\n");
}

static void print_axes(const Map2D *m, size_t steps, size_t most) {
    Arena *arena = m->report->arena;
    for (size_t i = 0; i <= TICKS; i++) {
        const double bytes = (double)most * (double)i / TICKS;
        print_line(m, "tick", bytes);
        print_text(m, LEFT - 6, y_of(m, bytes) + 4, "end", cost_memory(arena, bytes));
    }
    const size_t every = steps / 12 + 1;
    for (size_t i = 0; i < steps; i += every)
        print_text(m, x_of(m, (double)i + 0.5), HEIGHT - BOTTOM + 16, "middle",
                   arena_printf(arena, "%zu", i));
    print_text(m, (LEFT + WIDTH) / 2, HEIGHT - 6, "middle", "step");
}

static void print_map(const Map2D *m) {
    const Program *p = m->report->program;
    text_printf(
        m->out,
        "<figure class=\"scroll\"><svg xmlns=\"http://www.w3.org/2000/svg\" class=\"map\" role=\"img\" "
        "aria-labelledby=\"map-title\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\">\n"
        "<title id=\"map-title\">Buffers in the workspace over the steps</title>\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    print_axes(m, p->steps.count, p->workspace_bytes);
    size_t index = 0;
    for (size_t i = 0; i < p->buffers.count; i++) {
        const Buffer *buffer = p->buffers.at[i];
        if (buffer->kind == BUFFER_WORKSPACE && buffer->first != SIZE_MAX) print_buffer(m, buffer, index++);
    }
    print_line(m, "peak", (double)p->workspace_bytes);
    print_line(m, "bound", (double)p->workspace_bound);
    text_add(m->out, "</svg></figure>\n");
}

void report_memory_map(const ReportPage *r, Text *out) {
    const Program *p = r->program;
    text_add(out, "<h2 id=\"memory\">Memory</h2>\n");
    if (p->n_dims > 0 || p->workspace_bytes == 0 || p->steps.count == 0) {
        text_add(out, p->n_dims > 0
                          ? "<p>The workspace depends on dimensions that are left to run time.</p>\n"
                          : "<p>The model needs no workspace.</p>\n");
        return;
    }
    text_printf(out, "<p>The workspace takes %s bytes%s (solid line); ",
                cost_number(r->arena, (int64_t)p->workspace_bytes), p->open_batch ? " for each sample" : "");
    if (p->workspace_bound == p->workspace_bytes)
        text_add(out, "that is as little as can be");
    else
        text_printf(out, "at no time do more than %s live (dashed line)",
                    cost_number(r->arena, (int64_t)p->workspace_bound));
    text_add(out, ". Each rectangle is a buffer: its steps to the right, its bytes upwards.</p>\n");
    const Map2D map = {.report = r,
                       .out = out,
                       .per_step = (WIDTH - LEFT - RIGHT) / (double)p->steps.count,
                       .per_byte = (HEIGHT - TOP - BOTTOM) / (double)p->workspace_bytes};
    print_map(&map);
}
