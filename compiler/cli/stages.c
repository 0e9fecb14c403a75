#include "cli/stages.h"

#include <string.h>
#include <sys/resource.h>

static StageClock now(void) {
    StageClock clock = {0};
    struct rusage usage;
    clock_gettime(CLOCK_MONOTONIC, &clock.wall);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &clock.cpu);
    if (getrusage(RUSAGE_SELF, &usage) == 0) clock.memory = usage.ru_maxrss;
    return clock;
}

static double between(const struct timespec *from, const struct timespec *to) {
    return (double)(to->tv_sec - from->tv_sec) + 1e-9 * (double)(to->tv_nsec - from->tv_nsec);
}

static void end(StageTimes *times, size_t *running, const StageClock *began) {
    if (!*running) return;
    const StageClock clock = now();
    StageTime *row = &times->rows.at[*running - 1];
    row->wall += between(&began->wall, &clock.wall);
    row->cpu += between(&began->cpu, &clock.cpu);
    row->memory += clock.memory - began->memory;
    row->times++;
    *running = 0;
}

/* What ran before under that name goes on in its row. */
static size_t row_of(StageTimes *times, const char *name, int depth) {
    for (size_t i = 0; i < times->rows.count; i++)
        if (times->rows.at[i].depth == depth && strcmp(times->rows.at[i].name, name) == 0) return i + 1;
    vec_push(times->arena, &times->rows, ((StageTime){.name = name, .depth = depth}));
    return times->rows.count;
}

void stages_begin(StageTimes *times, const char *name) {
    end(times, &times->pass, &times->pass_began);
    end(times, &times->stage, &times->stage_began);
    if (!name) return;
    times->stage = row_of(times, name, 0);
    times->stage_began = now();
}

void stages_begin_pass(StageTimes *times, const char *name) {
    end(times, &times->pass, &times->pass_began);
    times->pass = row_of(times, name, 1);
    times->pass_began = now();
}

void stages_print(StageTimes *times, FILE *out) {
    double wall = 0, cpu = 0;
    stages_begin(times, NULL);
    for (size_t i = 0; i < times->rows.count; i++) {
        if (times->rows.at[i].depth) continue;
        wall += times->rows.at[i].wall;
        cpu += times->rows.at[i].cpu;
    }
    fprintf(out, "%-28s %10s %7s %10s %12s %7s\n", "stage", "wall ms", "", "cpu ms", "peak grew", "times");
    for (size_t i = 0; i < times->rows.count; i++) {
        const StageTime *row = &times->rows.at[i];
        const double share = wall > 0 ? 100 * row->wall / wall : 0;
        fprintf(out, "%*s%-*s %10.3f %5.1f %% %10.3f %8.1f MiB %7u\n", 2 * row->depth, "",
                28 - 2 * row->depth, row->name, 1e3 * row->wall, share, 1e3 * row->cpu,
                (double)row->memory / 1024, row->times);
    }
    fprintf(out, "%-28s %10.3f %5.1f %% %10.3f %8.1f MiB at most\n", "total", 1e3 * wall, 100.0, 1e3 * cpu,
            (double)now().memory / 1024);
}
