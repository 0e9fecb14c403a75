/* Rows: .npy and .npz files read and written a few rows (elements along axis 0) at a time, in order, so that
 * data may be larger than memory. What is read is row-major and in native byte order, whatever the file has.
 */
#ifndef LAMINA_DATA_ROWS_H
#define LAMINA_DATA_ROWS_H

#include "data/data.h"

/* What went wrong, for who must not report it now: several threads read and write. */
typedef struct RowsFailure {
    bool set;
    DiagCode code;
    char text[600];
} RowsFailure;

/* Keeps the first. False. */
bool rows_fail(RowsFailure *failure, DiagCode code, const char *format, ...) DIAG_PRINTF(3, 4);

typedef struct RowSource RowSource;

typedef struct RowSourceList {
    RowSource **at;
    size_t count;
} RowSourceList;

/* The arrays of a file. Regular files stay on disk; pipes, and packed arrays in Fortran order, are read
 * whole, at most `limit_bytes`. False after reporting. rows_close_all closes what was opened, also then. */
bool rows_open(Arena *arena, Diagnostics *diags, const char *path, size_t limit_bytes, RowSourceList *out);
void rows_close_all(RowSourceList *list);
/* Name (or NULL), type and shape; no data. */
const Array *rows_array(const RowSource *source);
/* The next `count` rows, which must be there. */
bool rows_read(RowSource *source, size_t count, void *out, RowsFailure *failure);

typedef struct RowSinks RowSinks;

/* A file for arrays of which all is known but the data: one as .npy, or all as .npz, by the path's suffix.
 * NULL after reporting. */
RowSinks *rows_create(Arena *arena, Diagnostics *diags, const char *path, const Array *arrays, size_t count);
/* The next rows of one of them: `count` elements. */
bool rows_write(RowSinks *sinks, size_t index, const void *data, size_t count, RowsFailure *failure);
/* All rows are written: the file appears. False after reporting. */
bool rows_finish(RowSinks *sinks);
void rows_cancel(RowSinks *sinks);

#endif
