/* Each worker takes the next piece in order, computes it, and writes it when its turn comes: reading and
 * writing are done by one at a time and in order, so that a file may be a pipe or packed, and the first error
 * is the first in the data.
 */
#include "cli/stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lamina_pool.h"

/* Kernels take a few rows at a time: where pieces are as long as many of these, the last rows of the batch
 * are the only ones that are fewer. */
enum { ALIGNED_ROWS = 64 };
enum { PIECE_BYTES = 1 << 20, WORKSPACE_BYTES = 1 << 26, MOST_JOBS = 256 };

typedef struct Stream {
    Driver *driver;
    const lamina_model *compiled;
    TensorRows *rows;
    RowSinks *sinks;
    Array *outputs; /* no data */
    int64_t dims[PROGRAM_MAX_DIMS];
    size_t piece, n_pieces; /* rows in each but the last */
    lamina_pool *pool;      /* of --threads */
    pthread_mutex_t reading, writing;
    pthread_cond_t turn;
    size_t next_read, next_write; /* pieces */
    RowsFailure failure;          /* the first in the order of the data; under `writing` */
} Stream;

typedef struct Piece {
    Arena *arena;
    size_t index, first, count; /* rows */
    Array *inputs;              /* as the model takes them */
    Array *raw;                 /* as they were read */
    const void **in;
    void **out;
    RowsFailure failure;
} Piece;

bool stream_is_possible(const Driver *driver) {
    const Model *model = driver->model;
    if (!driver->program->open_batch || driver->program->state_bytes) return false;
    for (size_t i = 0; i < model->n_inputs; i++)
        if (!model->inputs[i]->shape.rank || model->inputs[i]->shape.dim[0] != DIM_UNKNOWN) return false;
    for (size_t i = 0; i < model->n_outputs; i++)
        if (!model->outputs[i]->shape.rank || model->outputs[i]->shape.dim[0] != DIM_UNKNOWN) return false;
    return true;
}

size_t stream_jobs(const Driver *driver) {
    const char *given = option_value(driver->options, OPT_JOBS);
    if (given) return strtoul(given, NULL, 10);
    const long processors = driver->program->threads > 1 ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > MOST_JOBS ? MOST_JOBS : (size_t)processors;
}

/* ---- one piece ---- */

static size_t row_elements(const Array *array) {
    size_t count = 1;
    for (int i = 1; i < array->shape.rank; i++) count *= (size_t)array->shape.dim[i];
    return count;
}

static bool allocate(Stream *s, Piece *piece) {
    const Model *model = s->driver->model;
    piece->raw = ARENA_ARRAY(piece->arena, Array, model->n_inputs);
    piece->inputs = ARENA_ARRAY(piece->arena, Array, model->n_inputs);
    piece->in = ARENA_ARRAY(piece->arena, const void *, model->n_inputs);
    piece->out = ARENA_ARRAY(piece->arena, void *, model->n_outputs);
    for (size_t i = 0; i < model->n_inputs; i++) {
        Array *raw = &piece->raw[i];
        *raw = s->rows->headers[i];
        raw->shape.dim[0] = (int64_t)piece->count;
        raw->count = row_elements(raw) * piece->count;
        raw->data = arena_alloc_array(piece->arena, raw->count, dtype_size(raw->dtype));
    }
    for (size_t i = 0; i < model->n_outputs; i++) {
        const Array *output = &s->outputs[i];
        piece->out[i] =
            arena_alloc_array(piece->arena, row_elements(output) * piece->count, dtype_size(output->dtype));
    }
    return true;
}

static bool read_piece(Stream *s, Piece *piece) {
    for (size_t i = 0; i < s->driver->model->n_inputs; i++)
        if (!rows_read(s->rows->inputs[i], piece->count, piece->raw[i].data, &piece->failure)) return false;
    return true;
}

static bool convert_piece(Stream *s, Piece *piece) {
    const Driver *driver = s->driver;
    for (size_t i = 0; i < driver->model->n_inputs; i++) {
        if (!tensors_convert_rows(piece->arena, &piece->raw[i], driver->model->inputs[i]->dtype, piece->first,
                                  &piece->inputs[i], &piece->failure))
            return false;
        piece->in[i] = tensors_sparse(piece->arena, &piece->inputs[i], driver->program->inputs[i]->sparse);
    }
    return true;
}

static lamina_call call_of(const Stream *s, size_t batch, void *workspace, size_t size) {
    return (lamina_call){.size = sizeof(lamina_call),
                         .batch = batch,
                         .dims = s->dims,
                         .workspace = workspace,
                         .workspace_size = size,
                         .parallel = lamina_pool_parallel(s->pool)};
}

/* The first row of a piece that the model refuses alone. */
static size_t refused_row(Stream *s, Piece *piece, lamina_call call) {
    const size_t n_inputs = s->driver->model->n_inputs;
    call.batch = 1;
    for (size_t row = 0; row < piece->count; row++) {
        for (size_t i = 0; i < n_inputs; i++) {
            Array one = piece->inputs[i];
            const size_t elements = row_elements(&one);
            one.data = (char *)one.data + row * elements * dtype_size(one.dtype);
            one.shape.dim[0] = 1;
            one.count = elements;
            piece->in[i] = tensors_sparse(piece->arena, &one, s->driver->program->inputs[i]->sparse);
        }
        if (s->compiled->run(&call) != LAMINA_OK) return piece->first + row;
    }
    return piece->first;
}

static bool compute_piece(Stream *s, Piece *piece, void *workspace, size_t size) {
    lamina_call call = call_of(s, piece->count, workspace, size);
    call.inputs = piece->in;
    call.outputs = piece->out;
    const int status = s->compiled->run(&call);
    if (status == LAMINA_OK) return true;
    if (status == LAMINA_E_INDEX)
        return rows_fail(&piece->failure, E554, "an id of an Embedding is out of range, in row %zu",
                         refused_row(s, piece, call));
    return rows_fail(&piece->failure, E900, "the compiled model returned status %d", status);
}

static bool write_piece(Stream *s, Piece *piece) {
    for (size_t i = 0; i < s->driver->model->n_outputs; i++)
        if (!rows_write(s->sinks, i, piece->out[i], row_elements(&s->outputs[i]) * piece->count,
                        &piece->failure))
            return false;
    return true;
}

/* ---- workers ---- */

/* Takes the next piece and reads it; false where there is none any more. What failed is told when its turn
 * comes. */
static bool take_piece(Stream *s, Piece *piece) {
    pthread_mutex_lock(&s->reading);
    piece->index = s->next_read;
    const bool more = piece->index < s->n_pieces;
    if (more) {
        s->next_read++;
        piece->first = piece->index * s->piece;
        piece->count = s->rows->batch - piece->first;
        if (piece->count > s->piece) piece->count = s->piece;
        if (!allocate(s, piece) || !read_piece(s, piece)) s->next_read = s->n_pieces; /* the last */
    }
    pthread_mutex_unlock(&s->reading);
    return more;
}

/* In its turn; false where the work is to end. */
static bool hand_in(Stream *s, Piece *piece) {
    pthread_mutex_lock(&s->writing);
    while (s->next_write != piece->index && !s->failure.set) pthread_cond_wait(&s->turn, &s->writing);
    if (!s->failure.set && (piece->failure.set || !write_piece(s, piece))) s->failure = piece->failure;
    s->next_write++;
    watch_progress(s->driver->watch, piece->first + piece->count, s->rows->batch);
    pthread_cond_broadcast(&s->turn);
    const bool fine = !s->failure.set;
    pthread_mutex_unlock(&s->writing);
    return fine;
}

static void *work(void *argument) {
    Stream *s = argument;
    const lamina_call call = call_of(s, s->piece, NULL, 0);
    const size_t size = s->compiled->workspace_bytes(&call);
    void *workspace = NULL;
    const bool memory = size == 0 || posix_memalign(&workspace, 64, size) == 0;
    for (bool more = true; more;) {
        Piece piece = {.arena = arena_new()};
        more = take_piece(s, &piece);
        if (more && !memory)
            rows_fail(&piece.failure, E552, "there is no memory for a workspace of %zu bytes", size);
        if (more && !piece.failure.set && convert_piece(s, &piece)) compute_piece(s, &piece, workspace, size);
        more = more && hand_in(s, &piece);
        arena_free(piece.arena);
    }
    free(workspace);
    return NULL;
}

static void run_workers(Stream *s, size_t jobs) {
    pthread_t threads[MOST_JOBS];
    size_t started = 0;
    if (jobs > s->n_pieces) jobs = s->n_pieces;
    if (jobs > MOST_JOBS) jobs = MOST_JOBS;
    while (started + 1 < jobs && pthread_create(&threads[started], NULL, work, s) == 0) started++;
    work(s);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
}

/* ---- all ---- */

static bool make_outputs(Stream *s) {
    Driver *driver = s->driver;
    const char **names = tensors_output_names(driver->arena, driver->model);
    s->outputs = ARENA_ARRAY(driver->arena, Array, driver->model->n_outputs);
    for (size_t i = 0; i < driver->model->n_outputs; i++) {
        int64_t count = 0;
        const Shape shape = tensors_result_shape(driver, i, s->rows->batch);
        if (!shape_count(&shape, 0, &count))
            return diag_report(driver->diags, E552, NO_SOURCE, "output '%s' would be too large", names[i]);
        s->outputs[i] = (Array){.name = names[i],
                                .dtype = driver->model->outputs[i]->dtype,
                                .shape = shape,
                                .count = (size_t)count};
    }
    return true;
}

/* Whole chunks of the generated code, so that it does the same work however the batch is cut: about a
 * megabyte of data, less where there would be nothing to do for some worker. */
static size_t piece_rows(const Stream *s, size_t jobs) {
    const size_t chunk = s->driver->program->chunk > 0 ? (size_t)s->driver->program->chunk : ALIGNED_ROWS;
    size_t bytes = 1;
    for (size_t i = 0; i < s->driver->model->n_inputs; i++)
        bytes += row_elements(&s->rows->headers[i]) * dtype_size(s->rows->headers[i].dtype);
    for (size_t i = 0; i < s->driver->model->n_outputs; i++)
        bytes += row_elements(&s->outputs[i]) * dtype_size(s->outputs[i].dtype);
    size_t rows = PIECE_BYTES / bytes;
    const size_t share = (s->rows->batch + jobs - 1) / jobs;
    if (rows > share) rows = share;
    if (rows < 1) rows = 1;
    lamina_call call = call_of(s, rows, NULL, 0);
    while (call.batch > 1 && s->compiled->workspace_bytes(&call) > WORKSPACE_BYTES) call.batch /= 2;
    return (call.batch + chunk - 1) / chunk * chunk;
}

static bool run_stream(Stream *s) {
    const size_t jobs = stream_jobs(s->driver);
    s->piece = piece_rows(s, jobs);
    s->n_pieces = (s->rows->batch + s->piece - 1) / s->piece;
    s->sinks = rows_create(s->driver->arena, s->driver->diags, option_value(s->driver->options, OPT_OUTPUT),
                           s->outputs, s->driver->model->n_outputs);
    if (!s->sinks) return false;
    run_workers(s, jobs);
    if (!s->failure.set) return rows_finish(s->sinks);
    rows_cancel(s->sinks);
    return diag_report(s->driver->diags, s->failure.code, NO_SOURCE, "%s", s->failure.text);
}

bool stream_run(Driver *driver, const lamina_model *compiled, TensorRows *rows) {
    Stream s = {.driver = driver, .compiled = compiled, .rows = rows};
    driver_stage(driver, "running the model");
    if (!tensors_dims(driver, rows->headers, s.dims) || !make_outputs(&s)) return false;
    if (driver->program->threads > 1) s.pool = lamina_pool_new((size_t)driver->program->threads);
    pthread_mutex_init(&s.reading, NULL);
    pthread_mutex_init(&s.writing, NULL);
    pthread_cond_init(&s.turn, NULL);
    const bool fine = run_stream(&s);
    pthread_cond_destroy(&s.turn);
    pthread_mutex_destroy(&s.writing);
    pthread_mutex_destroy(&s.reading);
    lamina_pool_delete(s.pool);
    return fine;
}
