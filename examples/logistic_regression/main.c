/* Classifies one made-up point: the smallest program around a compiled model. */
#include <stdio.h>

#include "logistic.h"

int main(void) {
    float point[32], probability[16];
    for (int i = 0; i < 32; i++) point[i] = (float)(i % 7) - 3.0f;
    if (logistic_run(1, point, probability, NULL) != LAMINA_OK) return 1; /* no workspace is needed: NULL */
    float sum = 0;
    int best = 0;
    for (int k = 0; k < 16; k++) {
        sum += probability[k];
        if (probability[k] > probability[best]) best = k;
    }
    printf("class %d with probability %.3f; all sixteen add up to %.3f\n", best, (double)probability[best],
           (double)sum);
    return 0;
}
