#include <stdio.h>

#include "logistic.h"

int main(void) {
    float point[LOGISTIC_INPUT_LAYER_SIZE], probability[LOGISTIC_DENSE_SIZE];
    for (int i = 0; i < LOGISTIC_INPUT_LAYER_SIZE; i++) point[i] = (float)(i % 7) - 3.0f;
    if (logistic_run(1, point, probability, NULL) != LAMINA_OK) return 1;
    int best = 0;
    for (int k = 1; k < LOGISTIC_DENSE_SIZE; k++)
        if (probability[k] > probability[best]) best = k;
    printf("class %d\n", best);
    return 0;
}
