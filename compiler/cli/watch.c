#include "cli/watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Ends the wait; what else could come is not ours to take. */
#define WAKE SIGUSR2

enum { FIRST_SHOWN_MS = 500, TICK_MS = 100, BAR = 24, STACK = 128 * 1024 };

struct Watch {
    pthread_t thread;
    sigset_t signals, before; /* those that are taken; the mask without the watch */
    Temporaries *temporaries;
    bool terminal;
    struct timespec began;
    pthread_mutex_t lock; /* of what follows */
    const char *what;
    size_t done, total;
    struct timespec stage_began;
    bool shown, ended;
};

static double seconds_since(const struct timespec *then) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

/* Over what was there: back to the line's beginning, and erase to its end. */
static void erase(Watch *watch) {
    if (watch->shown) fputs("\r\033[K", stderr);
    watch->shown = false;
}

static void print_left(const Watch *watch, double share) {
    const double left = seconds_since(&watch->stage_began) * (1 - share) / share;
    if (left < 90)
        fprintf(stderr, "  %.0f s left", left);
    else
        fprintf(stderr, "  %.0f min left", left / 60);
}

static void show(Watch *watch) {
    if (!watch->what) return;
    fprintf(stderr, "\r\033[Klamina: %s", watch->what);
    if (watch->total) {
        const double share = (double)watch->done / (double)watch->total;
        char bar[BAR + 1] = {0};
        for (int i = 0; i < BAR; i++) bar[i] = i < (int)(share * BAR) ? '#' : '.';
        fprintf(stderr, " [%s] %3.0f %%", bar, 100 * share);
        if (share > 0.01) print_left(watch, share);
    } else {
        fprintf(stderr, " (%.0f s)", seconds_since(&watch->began));
    }
    fflush(stderr);
    watch->shown = true;
}

/* The command ends as by the signal, once nothing is left of it. */
static void interrupted(Watch *watch, int signal_number) {
    pthread_mutex_lock(&watch->lock);
    erase(watch);
    temporaries_remove(watch->temporaries);
    signal(signal_number, SIG_DFL);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    kill(getpid(), signal_number);
    _exit(128 + signal_number);
}

static void *run(void *argument) {
    Watch *watch = argument;
    const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    for (;;) {
        const int taken =
            watch->terminal ? sigtimedwait(&watch->signals, NULL, &tick) : sigwaitinfo(&watch->signals, NULL);
        pthread_mutex_lock(&watch->lock);
        const bool ended = watch->ended;
        if (!ended && taken < 0 && watch->terminal && seconds_since(&watch->began) * 1000 > FIRST_SHOWN_MS)
            show(watch);
        pthread_mutex_unlock(&watch->lock);
        if (ended) return NULL;
        if (taken > 0 && taken != WAKE) interrupted(watch, taken);
    }
}

/* Those that nobody has switched off, as nohup does. */
static void choose_signals(Watch *watch) {
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(&watch->signals);
    sigaddset(&watch->signals, WAKE);
    for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++) {
        struct sigaction action;
        if (sigaction(SIGNALS[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&watch->signals, SIGNALS[i]);
    }
}

static bool start_thread(Watch *watch) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_sigmask(SIG_BLOCK, &watch->signals, &watch->before);
    const bool fine = pthread_create(&watch->thread, &attributes, run, watch) == 0;
    if (!fine) pthread_sigmask(SIG_SETMASK, &watch->before, NULL);
    pthread_attr_destroy(&attributes);
    return fine;
}

Watch *watch_start(void) {
    Watch *watch = calloc(1, sizeof *watch);
    if (!watch) return NULL;
    const char *kind = getenv("TERM");
    watch->terminal = isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
    watch->temporaries = temporaries_new();
    clock_gettime(CLOCK_MONOTONIC, &watch->began);
    pthread_mutex_init(&watch->lock, NULL);
    choose_signals(watch);
    if (start_thread(watch)) return watch;
    temporaries_free(watch->temporaries);
    free(watch);
    return NULL;
}

void watch_stop(Watch *watch) {
    if (!watch) return;
    pthread_mutex_lock(&watch->lock);
    watch->ended = true;
    erase(watch);
    pthread_mutex_unlock(&watch->lock);
    pthread_kill(watch->thread, WAKE);
    pthread_join(watch->thread, NULL);
    pthread_sigmask(SIG_SETMASK, &watch->before, NULL);
    temporaries_free(watch->temporaries);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

Temporaries *watch_temporaries(Watch *watch) {
    return watch ? watch->temporaries : NULL;
}

void watch_stage(Watch *watch, const char *what) {
    if (!watch) return;
    pthread_mutex_lock(&watch->lock);
    if (!what) erase(watch);
    watch->what = what;
    watch->done = watch->total = 0;
    clock_gettime(CLOCK_MONOTONIC, &watch->stage_began);
    pthread_mutex_unlock(&watch->lock);
}

void watch_progress(Watch *watch, size_t done, size_t total) {
    if (!watch) return;
    pthread_mutex_lock(&watch->lock);
    watch->done = done;
    watch->total = total;
    pthread_mutex_unlock(&watch->lock);
}
