/* Says for each photo whether a person is in it: person_detector PHOTO.ppm ... (96 x 96 pixels). */
#include <stdio.h>
#include <stdlib.h>

#include "photo.h"
#include "vww.h"

int main(int argc, char **argv) {
    static float photo[96 * 96 * 3];
    void *workspace = malloc(VWW_WORKSPACE_BYTES(1));
    if (argc < 2 || !workspace) {
        fprintf(stderr, "usage: person_detector PHOTO.ppm ...\n");
        return 2;
    }
    int failures = 0;
    for (int i = 1; i < argc; i++) {
        float answer[2]; /* nobody, a person */
        if (photo_read(argv[i], 96, 96, 255.0f, photo) != 0 ||
            vww_run(1, photo, answer, workspace) != LAMINA_OK) {
            failures++;
            continue;
        }
        printf("%s: %s (%.0f %% sure)\n", argv[i],
               answer[1] > answer[0] ? "there is a person" : "nobody is there",
               100.0 * (double)(answer[1] > answer[0] ? answer[1] : answer[0]));
    }
    free(workspace);
    return failures != 0;
}
