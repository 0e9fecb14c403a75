/* Stages: how long each stage and pass of a command took, and how much memory the process came to; for
 * -ftime-report. */
#ifndef LAMINA_CLI_STAGES_H
#define LAMINA_CLI_STAGES_H

#include <stdio.h>
#include <time.h>

#include "base/vec.h"

typedef struct StageTime {
    const char *name;
    int depth;        /* 0: a stage, 1: a pass of the stage before it */
    double wall, cpu; /* seconds; of all its times */
    long memory;      /* by how many KiB the peak grew */
    unsigned times;
} StageTime;

typedef struct StageClock {
    struct timespec wall, cpu;
    long memory;
} StageClock;

typedef struct StageTimes {
    Arena *arena;
    VEC(StageTime) rows;
    size_t stage, pass; /* running: positions + 1, 0: none */
    StageClock stage_began, pass_began;
} StageTimes;

/* The stage of that name runs from here on, and the one before it, and its pass, end; NULL: none. */
void stages_begin(StageTimes *times, const char *name);
/* The same of a pass of the stage that runs. */
void stages_begin_pass(StageTimes *times, const char *name);
/* The table, slowest stages told by their share. */
void stages_print(StageTimes *times, FILE *out);

#endif
