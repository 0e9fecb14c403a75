/* What the two files that cut steps into parts share. */
#ifndef LAMINA_PLAN_PARTS_H
#define LAMINA_PLAN_PARTS_H

#include "plan/program.h"

/* Work is counted in multiply-adds of a busy matrix kernel, of which a core does some 50 in a nanosecond. */
enum {
    PART_ELEMENT = 32, /* an element that is read, worked on and stored */
    PART_LINE = 64     /* elements at whose multiples ranges of single elements begin: whole cache lines */
};

/* A field of the step's descriptor, or NULL. */
const Field *step_field(const Step *step, const char *name);
/* Its value; 1 where there is no such field. */
int64_t step_size(const Step *step, const char *name);

/* ---- parts.c ---- */
/* The work of the whole step for one sample. */
double sample_work(const Step *step);

/* ---- stretches.c ---- */
/* By step; NULL: it stays whole. */
void plan_stretches(const Program *program, Parts **parts);

/* ---- winograd.c ---- */
/* The outputs of a tile, along an axis; 0: the step has no tiles. */
int64_t winograd_tile(const Step *step);
/* Floats of scratch that a task of the step needs. */
int64_t winograd_scratch(const Step *step);

/* ---- pieces.c ---- */
/* The work of one round of the step; 0: nothing is known of this kernel. */
double pieces_work(const Step *step);
/* At most `count` pieces of a round; NULL where it cannot be cut. */
const Step *pieces_cut(Arena *arena, const Step *step, int count, int *n_pieces);
/* At most `count` ranges of columns of a dense step for a single row; NULL where there are too few. */
const Step *pieces_cut_row(Arena *arena, const Step *step, int count, int *n_pieces);

#endif
