/* depthwise_f32: vectors over the channels, at least half a panel of them. The output is cut into blocks
 * whose pixels have the same taps inside the input, and those into lines of pixels. */
#pragma once

#include "kernels/depthwise_strip.h"

/* A block of pixels with the same taps, in lines along its longer side. */
LMRT_KERNEL void LMRT(depthwise_lines)(const lmrt_depthwise *d, LMRT(depthwise_line) *line,
                                       const LMRT(run) *rows, const LMRT(run) *columns, const float *x,
                                       float *y) {
    const size_t across = columns->to - columns->from, down = rows->to - rows->from;
    const size_t x_across = d->stride_w * d->c, x_down = d->stride_h * d->in_w * d->c;
    const size_t y_down = d->out_w * d->c;
    const int flat = across >= down || across >= LMRT_MOST_ROWS / 2;
    const size_t length = flat ? across : down, lines = flat ? down : across;
    const size_t tiles = (length + LMRT_MOST_ROWS - 1) / LMRT_MOST_ROWS,
                 height = (length + tiles - 1) / tiles;
    const int strips = flat && LMRT(strip_fits)(d, line->tap_columns, length);
    line->x_pixel = flat ? x_across : x_down;
    line->y_pixel = flat ? d->c : y_down;
    for (size_t i = 0; i < lines; i++) {
        if (strips) {
            line->count = length;
            line->x = x + i * x_down;
            line->y = y + i * y_down;
            LMRT(strip_lines)(line, d->c, d->stride_w);
            continue;
        }
        for (size_t p = 0; p < length; p += height) {
            line->count = length - p < height ? length - p : height;
            line->x = x + i * (flat ? x_down : x_across) + p * line->x_pixel;
            line->y = y + i * (flat ? y_down : d->c) + p * line->y_pixel;
            LMRT(depthwise_pixels)(line, d->c);
        }
    }
}

/* Rows with the same taps of an image so narrow that each is done whole. */
LMRT_KERNEL void LMRT(depthwise_narrow)(const lmrt_depthwise *d, LMRT(depthwise_line) *line,
                                        const LMRT(run) *rows, const float *x, float *y) {
    const size_t x_down = rows->taps ? d->stride_h * d->in_w * d->c : 0;
    line->y_pixel = d->c;
    for (size_t i = 0; i < rows->to - rows->from; i++) {
        line->x = x + i * x_down;
        line->y = y + i * d->out_w * d->c;
        LMRT(narrow_line)(line, d);
    }
}

LMRT_KERNEL void LMRT(depthwise_f32)(const lmrt_depthwise *d, const float *x, const float *w,
                                     const float *bias, float *y) {
    const LMRT(axis) vertical = {d->in_h, d->out_h, d->kernel_h, d->stride_h, d->dilation_h, d->pad_top};
    const LMRT(axis) horizontal = {d->in_w, d->out_w, d->kernel_w, d->stride_w, d->dilation_w, d->pad_left};
    LMRT(depthwise_line) line;
    memset(&line, 0, sizeof line);
    line.bias = bias;
    line.low = d->epilogue.low;
    line.high = d->epilogue.high;
    line.x_row = d->dilation_h * d->in_w * d->c;
    line.x_column = d->dilation_w * d->c;
    line.w_column = (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    line.w_row = d->kernel_w * line.w_column;
    LMRT(run) rows, columns;
    for (size_t row = 0; row < d->out_h; row = rows.to) {
        rows = LMRT(window_run)(&vertical, row);
        line.tap_rows = rows.taps;
        if (LMRT(narrow_fits)(d)) {
            line.w = w + rows.tap * line.w_row;
            LMRT(depthwise_narrow)(d, &line, &rows, x + rows.start * d->in_w * d->c,
                                   y + row * d->out_w * d->c);
            continue;
        }
        for (size_t column = 0; column < d->out_w; column = columns.to) {
            columns = LMRT(window_run)(&horizontal, column);
            line.tap_columns = columns.taps;
            line.w = w + rows.tap * line.w_row + columns.tap * line.w_column;
            LMRT(depthwise_lines)(d, &line, &rows, &columns,
                                  x + (rows.start * d->in_w + columns.start) * d->c,
                                  y + (row * d->out_w + column) * d->c);
        }
    }
    if (d->epilogue.map) d->epilogue.map(d->epilogue.p, d->out_h * d->out_w * d->c, y, y);
}
