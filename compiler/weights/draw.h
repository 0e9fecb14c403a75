/* Random numbers for initial weights: the same on every machine.
 *
 * Generator: splitmix64's finalizer over a counter (Steele, Lea, Flood 2014). A stream is chosen by the seed
 * and a text; element i of a stream has its own sequence, so that no element depends on how many numbers
 * another one needed. Uniform numbers take the upper 53 bits. Normal ones come by Marsaglia's polar method,
 * whose logarithm is a series here, not the C library's: only + - * / and sqrt are used, which IEEE 754
 * rounds in one way.
 */
#ifndef LAMINA_WEIGHTS_DRAW_H
#define LAMINA_WEIGHTS_DRAW_H

#include <stdint.h>

typedef struct Draw {
    uint64_t state, counter;
} Draw;

uint64_t draw_stream(uint64_t seed, const char *text);
Draw draw_element(uint64_t stream, uint64_t index);

double draw_uniform(Draw *draw);          /* in [0, 1) */
double draw_normal(Draw *draw);           /* mean 0, standard deviation 1 */
double draw_truncated_normal(Draw *draw); /* the same, drawn again beyond 2 */

#endif
