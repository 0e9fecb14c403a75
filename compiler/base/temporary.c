#include "base/temporary.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 16, LONGEST = 4096 };

struct Temporaries {
    pthread_mutex_t lock;
    char *paths[MOST]; /* NULL: free */
};

Temporaries *temporaries_new(void) {
    Temporaries *temporaries = calloc(1, sizeof *temporaries);
    if (temporaries) pthread_mutex_init(&temporaries->lock, NULL);
    return temporaries;
}

void temporaries_free(Temporaries *temporaries) {
    if (!temporaries) return;
    for (size_t i = 0; i < MOST; i++) free(temporaries->paths[i]);
    pthread_mutex_destroy(&temporaries->lock);
    free(temporaries);
}

void temporaries_add(Temporaries *temporaries, const char *path) {
    if (!temporaries) return;
    pthread_mutex_lock(&temporaries->lock);
    for (size_t i = 0; i < MOST; i++) {
        if (temporaries->paths[i]) continue;
        temporaries->paths[i] = strdup(path);
        break;
    }
    pthread_mutex_unlock(&temporaries->lock);
}

void temporaries_drop(Temporaries *temporaries, const char *path) {
    if (!temporaries) return;
    pthread_mutex_lock(&temporaries->lock);
    for (size_t i = 0; i < MOST; i++) {
        if (!temporaries->paths[i] || strcmp(temporaries->paths[i], path) != 0) continue;
        free(temporaries->paths[i]);
        temporaries->paths[i] = NULL;
        break;
    }
    pthread_mutex_unlock(&temporaries->lock);
}

static void remove_folder(const char *path) {
    DIR *files = opendir(path);
    char name[LONGEST];
    for (struct dirent *file = files ? readdir(files) : NULL; file; file = readdir(files)) {
        if (strcmp(file->d_name, ".") == 0 || strcmp(file->d_name, "..") == 0) continue;
        snprintf(name, sizeof name, "%s/%s", path, file->d_name);
        unlink(name);
    }
    if (files) closedir(files);
    rmdir(path);
}

void temporaries_remove(Temporaries *temporaries) {
    if (!temporaries) return;
    pthread_mutex_lock(&temporaries->lock); /* for good */
    for (size_t i = 0; i < MOST; i++)
        if (temporaries->paths[i] && unlink(temporaries->paths[i]) != 0) remove_folder(temporaries->paths[i]);
}
