/* Tensors: the data of `run` and `verify`, read and matched with the model's inputs or outputs. */
#ifndef LAMINA_CLI_TENSORS_H
#define LAMINA_CLI_TENSORS_H

#include "cli/driver.h"
#include "data/rows.h"

/* The names of CONTRACT §2: the InputLayers', and model.output_names with repeats made unique by _1, _2, ...
 */
const char **tensors_input_names(Arena *arena, const Model *model);
const char **tensors_output_names(Arena *arena, const Model *model);

/* The file of an argument of -i, --expect or --calibrate: FILE, or NAME=FILE. */
const char *tensors_path(const char *argument);
/* -i: one array per model input, in the model's order, converted to the input's element type; *batch is their
 * common leading extent. False after reporting (E55x). */
bool tensors_read_inputs(Driver *driver, Array **out, size_t *batch);
/* --calibrate: the same. */
bool tensors_read_calibration(Driver *driver, Array **out, size_t *batch);
/* The inputs as what can be read row by row, in the model's order; headers say their shapes. */
typedef struct TensorRows {
    RowSourceList *files;
    size_t n_files;
    RowSource **inputs;
    Array *headers; /* no data; not yet converted */
    size_t batch;
} TensorRows;

/* False after reporting; tensors_close_inputs also then. */
bool tensors_open_inputs(Driver *driver, TensorRows *rows);
void tensors_close_inputs(TensorRows *rows);
/* All rows that are left, as the model takes them. False after reporting. */
bool tensors_read_rows(Driver *driver, TensorRows *rows, Array **out);
/* Some rows as the model's element type, in the arena where they are of another; any thread may call this. */
bool tensors_convert_rows(Arena *arena, const Array *source, DType wanted, size_t first_row, Array *out,
                          RowsFailure *failure);
/* Made-up inputs, the same each time; a fixed batch is written to *batch. */
void tensors_make_inputs(Driver *driver, size_t *batch, Array **out);
/* Gives the model's open dimensions the extents of these inputs (driver_bind). */
bool tensors_bind(Driver *driver, const Array *inputs);
/* The run-time dimensions of the Program, as lamina_call has them: false after reporting (E642) where two
 * inputs give one dimension different extents. */
bool tensors_dims(Driver *driver, const Array *inputs, int64_t *dims);
/* What a caller passes for an input: the data itself, or a lamina_csr or lamina_coo of its elements that are
 * not 0. */
const void *tensors_sparse(Arena *arena, const Array *input, SparseFormat format);
/* --expect: one array per model output, as doubles in float64 arrays, shapes checked against the batch. */
bool tensors_read_expected(Driver *driver, size_t batch, Array **out);
/* -o: all outputs as .npz, or one as .npy. */
bool tensors_write_outputs(Driver *driver, Array *outputs);

/* Stores a double as an element of the type; false where the type cannot hold it (a fraction, or too large).
 */
bool tensors_store(void *data, size_t index, DType dtype, double value);

/* The shape of model output `index` for a batch; what Keras leaves open in it is known once it is lowered. */
Shape tensors_result_shape(const Driver *driver, size_t index, size_t batch);
Shape tensors_output_shape(const Model *model, size_t index, size_t batch);

#endif
