/* Depthwise convolutions: a tile of output pixels, in a line across or down the image, by a vector of
 * channels. Every product reads its input itself, which costs no more than the product where both can be had
 * once a cycle, and so any window, stride and dilation is the same to it. The last vector of the channels
 * reaches back over what is already there, so that nothing is left over. */
#pragma once

#include "kernels/window.h"
#include "simd/half.h"

typedef struct LMRT(depthwise_line) {
    size_t tap_rows, tap_columns;   /* inside the input */
    size_t x_row, x_column;         /* distances of taps in the input */
    size_t w_row, w_column;         /* and in the weights */
    size_t x_pixel, y_pixel, count; /* of the tile's pixels: distances, and how many */
    const float *x, *w, *bias;      /* bias may be NULL */
    float *y;
    float low, high;
} LMRT(depthwise_line);

/* All pixels by the vector of channels at c; pixels is a constant. */
LMRT_INLINE void LMRT(depthwise_tile)(const LMRT(depthwise_line) *line, size_t c, const size_t pixels) {
    LMRT_VF sum[LMRT_MOST_ROWS];
    const LMRT_VF bias = line->bias ? LMRT(load)(line->bias + c) : LMRT(splat)(0.0f);
    LMRT_UNROLL
    for (size_t i = 0; i < pixels; i++) sum[i] = bias;
    const size_t pixel = line->x_pixel;
    for (size_t row = 0; row < line->tap_rows; row++) {
        const float *x = line->x + row * line->x_row + c, *w = line->w + row * line->w_row + c;
        LMRT_NO_UNROLL
        for (size_t column = 0; column < line->tap_columns; column++) {
            const LMRT_VF weight = LMRT(load)(w);
            LMRT_UNROLL
            for (size_t i = 0; i < pixels; i++) sum[i] = LMRT(fma)(LMRT(load)(x + i * pixel), weight, sum[i]);
            x += line->x_column;
            w += line->w_column;
        }
    }
    float *y = line->y + c;
    LMRT_UNROLL
    for (size_t i = 0; i < pixels; i++)
        LMRT(store)(y + i * line->y_pixel, LMRT(clamp)(sum[i], line->low, line->high));
}

/* The same by half a panel of channels. */
LMRT_INLINE void LMRT(depthwise_half)(const LMRT(depthwise_line) *line, size_t c, const size_t pixels) {
    LMRT_HF sum[LMRT_MOST_ROWS];
    const LMRT_HF bias = line->bias ? LMRT(half_load)(line->bias + c) : LMRT(half_splat)(0.0f);
    LMRT_UNROLL
    for (size_t i = 0; i < pixels; i++) sum[i] = bias;
    const size_t pixel = line->x_pixel;
    for (size_t row = 0; row < line->tap_rows; row++) {
        const float *x = line->x + row * line->x_row + c, *w = line->w + row * line->w_row + c;
        LMRT_NO_UNROLL
        for (size_t column = 0; column < line->tap_columns; column++) {
            const LMRT_HF weight = LMRT(half_load)(w);
            LMRT_UNROLL
            for (size_t i = 0; i < pixels; i++)
                sum[i] = LMRT(half_fma)(LMRT(half_load)(x + i * pixel), weight, sum[i]);
            x += line->x_column;
            w += line->w_column;
        }
    }
    float *y = line->y + c;
    LMRT_UNROLL
    for (size_t i = 0; i < pixels; i++)
        LMRT(half_store)(y + i * line->y_pixel, LMRT(half_clamp)(sum[i], line->low, line->high));
}

LMRT_INLINE size_t LMRT(least)(size_t a, size_t b) {
    return a < b ? a : b;
}

/* All channels of `pixels` pixels. One call of each form: a tile is a lot of code. */
LMRT_INLINE void LMRT(depthwise_channels)(const LMRT(depthwise_line) *line, size_t channels,
                                          const size_t pixels) {
    size_t c = 0;
    if (channels >= LMRT_LANES)
        for (; c + LMRT_HALF_LANES < channels; c += LMRT_LANES)
            LMRT(depthwise_tile)(line, LMRT(least)(c, channels - LMRT_LANES), pixels);
    for (; c < channels; c += LMRT_HALF_LANES)
        LMRT(depthwise_half)(line, LMRT(least)(c, channels - LMRT_HALF_LANES), pixels);
}

LMRT_KERNEL void LMRT(depthwise_pixels)(const LMRT(depthwise_line) *line, size_t channels) {
    switch (line->count) {
#if LMRT_MOST_ROWS == 12
    case 12: LMRT(depthwise_channels)(line, channels, 12); return;
    case 11: LMRT(depthwise_channels)(line, channels, 11); return;
    case 10: LMRT(depthwise_channels)(line, channels, 10); return;
    case 9: LMRT(depthwise_channels)(line, channels, 9); return;
    case 8: LMRT(depthwise_channels)(line, channels, 8); return;
    case 7: LMRT(depthwise_channels)(line, channels, 7); return;
    case 6: LMRT(depthwise_channels)(line, channels, 6); return;
    case 5: LMRT(depthwise_channels)(line, channels, 5); return;
#endif
#if LMRT_MOST_ROWS >= 4
    case 4: LMRT(depthwise_channels)(line, channels, 4); return;
    case 3: LMRT(depthwise_channels)(line, channels, 3); return;
#endif
    case 2: LMRT(depthwise_channels)(line, channels, 2); return;
    default: LMRT(depthwise_channels)(line, channels, 1); return;
    }
}
