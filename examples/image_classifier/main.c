/* Says what each picture shows, out of ten things: image_classifier PICTURE.ppm ... (32 x 32 pixels). */
#include <stdio.h>
#include <stdlib.h>

#include "photo.h"
#include "resnet8.h"

static const char *const LABELS[10] = {"an airplane", "an automobile", "a bird",  "a cat",  "a deer",
                                       "a dog",       "a frog",        "a horse", "a ship", "a truck"};

int main(int argc, char **argv) {
    static float picture[32 * 32 * 3];
    void *workspace = malloc(RESNET8_WORKSPACE_BYTES(1));
    if (argc < 2 || !workspace) {
        fprintf(stderr, "usage: image_classifier PICTURE.ppm ...\n");
        return 2;
    }
    int failures = 0;
    for (int i = 1; i < argc; i++) {
        float label[10];
        if (photo_read(argv[i], 32, 32, 1.0f, picture) != 0 ||
            resnet8_run(1, picture, label, workspace) != LAMINA_OK) {
            failures++;
            continue;
        }
        int best = 0;
        for (int k = 1; k < 10; k++)
            if (label[k] > label[best]) best = k;
        printf("%s: most like %s (%.0f %%)\n", argv[i], LABELS[best], 100.0 * (double)label[best]);
    }
    free(workspace);
    return failures != 0;
}
