#include "cli/cc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

const char *folder_make(Driver *driver) {
    const char *base = getenv("TMPDIR");
    char *folder = arena_printf(driver->arena, "%s/lamina-XXXXXX", base && base[0] ? base : "/tmp");
    if (mkdtemp(folder)) {
        temporaries_add(diag_temporaries(driver->diags), folder);
        return folder;
    }
    diag_report(driver->diags, E002, NO_SOURCE, "cannot make a temporary folder '%s': %s", folder,
                strerror(errno));
    return NULL;
}

const char *folder_file(Driver *driver, const char *folder, const char *name) {
    return arena_printf(driver->arena, "%s/%s", folder, name);
}

void folder_remove(Driver *driver, const char *folder) {
    DIR *files = opendir(folder);
    for (struct dirent *file = files ? readdir(files) : NULL; file; file = readdir(files))
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0)
            unlink(folder_file(driver, folder, file->d_name));
    if (files) closedir(files);
    rmdir(folder);
    temporaries_drop(diag_temporaries(driver->diags), folder);
}

typedef VEC(char *) CcArguments;

static void add_all(Driver *driver, CcArguments *argv, const char *const *list) {
    for (; *list; list++) vec_push(driver->arena, argv, arena_strdup(driver->arena, *list));
}

static char **command(Driver *driver, const char *const *flags, const char *const *operands) {
    const char *cc = getenv("CC");
    if (!cc || !cc[strspn(cc, " \t")]) cc = "cc";
    CcArguments argv = {0};
    char *words = arena_strdup(driver->arena, cc), *rest = NULL;
    for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        vec_push(driver->arena, &argv, word);
        if (argv.count == 1) add_all(driver, &argv, flags);
    }
    add_all(driver, &argv, operands);
    vec_push(driver->arena, &argv, NULL);
    return argv.at;
}

static void say_command(char *const *argv) {
    for (; *argv; argv++) fprintf(stderr, "%s%c", *argv, argv[1] ? ' ' : '\n');
}

bool cc_run(Driver *driver, DiagCode code, const char *folder, const char *const *flags,
            const char *const *operands) {
    char **argv = command(driver, flags, operands);
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = 0;
    const char *log = folder_file(driver, folder, "cc.log");
    posix_spawnattr_t attributes;
    sigset_t none; /* the signals that the command's watch takes are the child's own again */
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (driver_says(driver)) say_command(argv);
    const int error = posix_spawnp(&child, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        return diag_report(driver->diags, code, NO_SOURCE, "cannot run the C compiler '%s': %s", argv[0],
                           strerror(error));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    diag_report(driver->diags, code, NO_SOURCE, "the C compiler '%s' failed", argv[0]);
    const char *reason = NULL;
    Sources text = sources_new(driver->arena);
    const uint32_t file = sources_read(&text, log, &reason);
    if (file && sources_get(&text, file)->length)
        diag_note(driver->diags, NO_SOURCE, "it said:\n%s", sources_get(&text, file)->text);
    return false;
}
