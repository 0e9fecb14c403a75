/* The thread pool of lamina_pool.h.
 *
 * A job is published in one word, its number above and the next task below, so that claiming a task is one
 * compare-and-exchange: it fails for a worker that woke for a job that is over. The caller works too, and a
 * job is done when all its tasks are: a worker that the system does not let run holds up nothing it has not
 * begun. Waiting is spinning for some microseconds (the steps of a model follow each other closely), then
 * sleeping.
 */
#define _POSIX_C_SOURCE 200809L

#include "lamina_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ __volatile__("yield")
#else
#define PAUSE() (void)0
#endif

enum { SPINS = 2000, INDEX_BITS = 32 };

#define LOAD(place) __atomic_load_n(&(place), __ATOMIC_SEQ_CST)
#define STORE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_SEQ_CST)

typedef void task_function(void *argument, size_t index, size_t worker);

typedef struct worker {
    struct lamina_pool *pool;
    size_t index;
    pthread_t thread;
} worker;

struct lamina_pool {
    lamina_parallel parallel;
    pthread_mutex_t running; /* held by the run that has the pool */
    uint64_t job;            /* number << INDEX_BITS | next task */
    size_t n_tasks, done;
    task_function *task;
    void *argument;
    pthread_mutex_t mutex; /* of those who sleep */
    pthread_cond_t begun, finished;
    size_t sleepers; /* workers that wait for a job */
    int stop, caller_sleeps;
    size_t n_threads;
    worker *threads;
};

static uint32_t number_of(uint64_t job) {
    return (uint32_t)(job >> INDEX_BITS);
}

/* Takes tasks of the current job until there are none; returns the job's number. */
static uint32_t work(lamina_pool *pool, size_t index) {
    for (;;) {
        uint64_t job = LOAD(pool->job);
        const size_t n = LOAD(pool->n_tasks), next = (size_t)(job & UINT32_MAX);
        task_function *const task = LOAD(pool->task);
        void *const argument = LOAD(pool->argument);
        if (next >= n) return number_of(job);
        if (!__atomic_compare_exchange_n(&pool->job, &job, job + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            continue;
        task(argument, next, index);
        if (__atomic_add_fetch(&pool->done, 1, __ATOMIC_SEQ_CST) == n && LOAD(pool->caller_sleeps)) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->finished);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

/* Waits for another job than number `seen`, or the end. */
static void await_job(lamina_pool *pool, uint32_t seen) {
    for (int i = 0; i < SPINS; i++) {
        if (number_of(LOAD(pool->job)) != seen || LOAD(pool->stop)) return;
        PAUSE();
    }
    pthread_mutex_lock(&pool->mutex);
    __atomic_add_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
    while (number_of(LOAD(pool->job)) == seen && !LOAD(pool->stop))
        pthread_cond_wait(&pool->begun, &pool->mutex);
    __atomic_sub_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&pool->mutex);
}

static void *thread_main(void *argument) {
    const worker *self = argument;
    uint32_t seen = 0;
    while (!LOAD(self->pool->stop)) {
        await_job(self->pool, seen);
        seen = work(self->pool, self->index);
    }
    return NULL;
}

static void await_done(lamina_pool *pool, size_t n) {
    for (int i = 0; i < SPINS; i++) {
        if (LOAD(pool->done) == n) return;
        PAUSE();
    }
    pthread_mutex_lock(&pool->mutex);
    STORE(pool->caller_sleeps, 1);
    while (LOAD(pool->done) != n) pthread_cond_wait(&pool->finished, &pool->mutex);
    STORE(pool->caller_sleeps, 0);
    pthread_mutex_unlock(&pool->mutex);
}

/* The last job is over. It is closed first, so that nobody claims a task of it by what is written here. */
static void publish(lamina_pool *pool, size_t n, task_function *task, void *argument) {
    const uint32_t last = number_of(LOAD(pool->job));
    STORE(pool->job, (uint64_t)last << INDEX_BITS | UINT32_MAX);
    STORE(pool->n_tasks, n);
    STORE(pool->done, 0);
    STORE(pool->task, task);
    STORE(pool->argument, argument);
    STORE(pool->job, (uint64_t)(uint32_t)(last + 1) << INDEX_BITS);
    if (LOAD(pool->sleepers) == 0) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->begun);
    pthread_mutex_unlock(&pool->mutex);
}

static int run(void *context, size_t n_tasks, task_function *task, void *argument) {
    lamina_pool *pool = context;
    const int alone =
        pool->n_threads == 0 || n_tasks >= UINT32_MAX || pthread_mutex_trylock(&pool->running) != 0;
    if (alone) {
        for (size_t i = 0; i < n_tasks; i++) task(argument, i, 0);
        return 0;
    }
    if (n_tasks > 0) {
        publish(pool, n_tasks, task, argument);
        work(pool, 0);
        await_done(pool, n_tasks);
    }
    pthread_mutex_unlock(&pool->running);
    return 0;
}

lamina_pool *lamina_pool_new(size_t n_workers) {
    if (n_workers == 0) {
        const long processors = sysconf(_SC_NPROCESSORS_ONLN);
        n_workers = processors > 0 ? (size_t)processors : 1;
    }
    lamina_pool *pool = calloc(1, sizeof *pool);
    worker *threads = calloc(n_workers, sizeof *threads);
    if (!pool || !threads || pthread_mutex_init(&pool->running, NULL) != 0) {
        free(threads);
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->begun, NULL);
    pthread_cond_init(&pool->finished, NULL);
    pool->parallel = (lamina_parallel){sizeof pool->parallel, n_workers, pool, run};
    pool->threads = threads;
    for (size_t i = 0; i + 1 < n_workers; i++) {
        threads[i].pool = pool;
        threads[i].index = i + 1;
        if (pthread_create(&threads[i].thread, NULL, thread_main, &threads[i]) != 0) {
            lamina_pool_delete(pool);
            return NULL;
        }
        pool->n_threads++; /* read by run and by lamina_pool_delete only */
    }
    return pool;
}

const lamina_parallel *lamina_pool_parallel(const lamina_pool *pool) {
    return pool ? &pool->parallel : NULL;
}

void lamina_pool_delete(lamina_pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    STORE(pool->stop, 1);
    pthread_cond_broadcast(&pool->begun);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->n_threads; i++) pthread_join(pool->threads[i].thread, NULL);
    pthread_cond_destroy(&pool->begun);
    pthread_cond_destroy(&pool->finished);
    pthread_mutex_destroy(&pool->mutex);
    pthread_mutex_destroy(&pool->running);
    free(pool->threads);
    free(pool);
}
