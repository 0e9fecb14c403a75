/* The child process that has libhdf5 to itself: its beginning, its confinement, its end, and what goes
 * between. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weights/hdf5/h5_message.h"
#include "weights/hdf5/sandbox.h"

/* libhdf5 may wait for ever: the child has a minute, and more for each 16 MiB, by the clock; less of the
 * processor (sandbox.c). */
enum { CHILD_SECONDS = 60, BYTES_A_SECOND = 1 << 24 };

bool h5_send(int socket, const void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t n = send(socket, (const char *)bytes + done, size - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

bool h5_receive(int socket, void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t n = recv(socket, (char *)bytes + done, size - done, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

static _Noreturn void run_child(int socket, const Bytes *bytes) {
    const int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO); /* what a dying libhdf5 or C library may print */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* the user's interrupt is for this process too */
    alarm((unsigned)(CHILD_SECONDS + bytes->size / BYTES_A_SECOND));
    sandbox_confine(bytes->size);
    h5_serve(socket, bytes);
}

bool h5_start(H5File *file, const Bytes *bytes) {
    int ends[2];
    const bool connected = socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
    file->child = connected ? fork() : -1;
    const int why = errno;
    if (file->child == 0) {
        close(ends[0]);
        run_child(ends[1], bytes);
    }
    if (connected) close(ends[1]);
    if (file->child > 0) {
        file->socket = ends[0];
        (void)fcntl(file->socket, F_SETFD, FD_CLOEXEC);
        return true;
    }
    if (connected) close(ends[0]);
    return diag_report(file->diags, E400, NO_SOURCE,
                       "\"%s\" cannot be read in a process of its own, as HDF5 files are: %s", file->path,
                       strerror(why));
}

static void report_end(H5File *file, int status) {
    if (!file->damaged)
        diag_report(file->diags, E401, NO_SOURCE, "\"%s\" is damaged: libhdf5 fails on it", file->path);
    if (!file->damaged && WIFSIGNALED(status))
        diag_note(file->diags, NO_SOURCE, "the child process that read it ended by a signal: %s",
                  strsignal(WTERMSIG(status)));
    file->damaged = true;
}

void h5_end(H5File *file, bool answered) {
    if (file->socket < 0) return;
    shutdown(file->socket, SHUT_RDWR); /* also where another process has a copy of it */
    close(file->socket);
    file->socket = -1;
    int status = 0;
    while (waitpid(file->child, &status, 0) < 0 && errno == EINTR) continue;
    if (!answered) report_end(file, status);
}
