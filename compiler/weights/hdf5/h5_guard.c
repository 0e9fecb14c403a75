/* A trial in a child process: libhdf5 is known to crash, to loop and to lose memory on damaged files, and
 * Lamina must not end by a signal.
 *
 * The child reads the whole file once, into memory that ends with it; only a file that it finds sound is then
 * read in earnest.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weights/hdf5/h5_formats.h"
#include "weights/hdf5/h5_sandbox.h"

enum { SOUND = 42, DAMAGED = 43, MAX_MESSAGE = 1000 };
/* It may wait for ever: a trial has a minute, and more for each 16 MiB, by the clock; less of the processor
 * (h5_sandbox.c). */
enum { TRIAL_SECONDS = 60, BYTES_A_SECOND = 1 << 24 };

/* In the child: reads, sends the report of damage to `out`, and ends. */
static void run_trial(const H5Trial *trial, int out) {
    const int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO); /* what a dying libhdf5 or C library may print */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* the user's interrupt is for this process too */
    alarm((unsigned)(TRIAL_SECONDS + trial->file->size / BYTES_A_SECOND));
    h5_confine(trial->file->size);
    const DiagMark mark = diag_mark(trial->diags);
    bool damaged = false;
    SourceRange at;
    (void)trial->read(trial->context, &damaged);
    if (!damaged) _exit(SOUND);
    const char *text = diag_first_error(trial->diags, mark, &at);
    const size_t length = text ? strlen(text) : 0;
    const bool sent = write(out, text, length < MAX_MESSAGE ? length : MAX_MESSAGE) >= 0;
    _exit(sent ? DAMAGED : EXIT_FAILURE);
}

/* In the parent: the child's report, and how it ended. */
static int finish_trial(pid_t child, int in, char *message) {
    size_t length = 0;
    for (ssize_t n; (n = read(in, message + length, MAX_MESSAGE - length)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        length += (size_t)n;
    }
    message[length] = '\0';
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

static bool report_trial(const H5Trial *trial, int status, const char *message) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == SOUND) return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == DAMAGED && message[0])
        return diag_report(trial->diags, E401, NO_SOURCE, "%s", message);
    diag_report(trial->diags, E401, NO_SOURCE, "\"%s\" is damaged: libhdf5 fails on it", trial->file->path);
    if (WIFSIGNALED(status))
        diag_note(trial->diags, NO_SOURCE, "the child process that read it ended by a signal: %s",
                  strsignal(WTERMSIG(status)));
    return false;
}

/* libhdf5 has state that is one for all threads, and as it is commonly built no lock of its own. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

void h5_lock(void) {
    pthread_mutex_lock(&one_at_a_time);
}

void h5_unlock(void) {
    pthread_mutex_unlock(&one_at_a_time);
}

bool h5_is_sound(const H5Trial *trial) {
    int ends[2];
    char message[MAX_MESSAGE + 1];
    const bool piped = pipe(ends) == 0;
    const pid_t child = piped ? fork() : -1;
    const int why = errno;
    if (child == 0) run_trial(trial, ends[1]);
    if (piped) close(ends[1]);
    const int status = child > 0 ? finish_trial(child, ends[0], message) : 0;
    if (piped) close(ends[0]);
    if (child < 0)
        return diag_report(
            trial->diags, E400, NO_SOURCE,
            "\"%s\" cannot be tried in a process of its own, as HDF5 files are before they are read: %s",
            trial->file->path, strerror(why));
    return report_trial(trial, status, message);
}
