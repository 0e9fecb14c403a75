#include "cli/tensors.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "data/convert.h"

static const size_t LARGEST_DATA = (size_t)1 << 34; /* 16 GiB: more is taken for a broken header */

/* Repeats become NAME_1, NAME_2, ..., passing over names that are taken. */
static const char **unique_names(Arena *arena, const char *const *names, size_t count) {
    const char **out = ARENA_ARRAY(arena, const char *, count);
    Map taken = map_new(arena);
    for (size_t i = 0; i < count; i++) {
        const char *name = names[i];
        for (int k = 1; map_has(&taken, name); k++) name = arena_printf(arena, "%s_%d", names[i], k);
        out[i] = map_put(&taken, name, NULL);
    }
    return out;
}

const char **tensors_input_names(Arena *arena, const Model *model) {
    const char **names = ARENA_ARRAY(arena, const char *, model->n_inputs);
    for (size_t i = 0; i < model->n_inputs; i++) names[i] = model->inputs[i]->history.layer->name;
    return unique_names(arena, names, model->n_inputs);
}

const char **tensors_output_names(Arena *arena, const Model *model) {
    return unique_names(arena, model->output_names, model->n_outputs);
}

Shape tensors_output_shape(const Model *model, size_t index, size_t batch) {
    Shape shape = model->outputs[index]->shape;
    if (shape.rank && shape.dim[0] == DIM_UNKNOWN) shape.dim[0] = (int64_t)batch;
    return shape;
}

Shape tensors_result_shape(const Driver *driver, size_t index, size_t batch) {
    Shape shape = tensors_output_shape(driver->model, index, batch);
    const Shape *lowered = driver->ir ? &driver->ir->outputs[index]->shape : &shape;
    for (int i = 1; i < shape.rank && shape.rank == lowered->rank; i++)
        if (shape.dim[i] == DIM_UNKNOWN) shape.dim[i] = lowered->dim[i];
    return shape;
}

static bool unknown_name(Driver *driver, const char *path, const char *name, const char *const *names,
                         size_t count, const char *what) {
    diag_report(driver->diags, E551, NO_SOURCE, "%s: the model has no %s '%s'", path, what, name);
    Text list = text_new(driver->arena);
    for (size_t i = 0; i < count; i++) text_printf(&list, "%s%s", i ? ", " : "", names[i]);
    diag_note(driver->diags, NO_SOURCE, "its %ss are: %s", what, list.data);
    return false;
}

/* Puts an array that was read into its place by name; an unnamed one is for the only tensor. */
static bool place(Driver *driver, const char *path, const Array *array, const char *const *names,
                  size_t count, const char *what, Array *out) {
    if (!array->name) {
        if (count == 1) {
            if (out[0].data)
                return diag_report(driver->diags, E551, NO_SOURCE, "the %s '%s' is given twice", what,
                                   names[0]);
            out[0] = *array;
            return true;
        }
        diag_report(driver->diags, E551, NO_SOURCE, "%s: the model has %zu %ss: say which one this is", path,
                    count, what);
        diag_help(driver->diags, NO_SOURCE, NULL, "write NAME=%s, or give an .npz with their names", path);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], array->name) != 0) continue;
        if (out[i].data)
            return diag_report(driver->diags, E551, NO_SOURCE, "the %s '%s' is given twice", what, names[i]);
        out[i] = *array;
        return true;
    }
    return unknown_name(driver, path, array->name, names, count, what);
}

/* The = of NAME=FILE, or NULL. */
static const char *name_end(const char *argument) {
    const char *equals = strchr(argument, '='), *slash = strchr(argument, '/');
    return equals && (!slash || equals < slash) ? equals : NULL;
}

const char *tensors_path(const char *argument) {
    const char *equals = name_end(argument);
    return equals ? equals + 1 : argument;
}

/* One -i, --expect or --calibrate argument: FILE, or NAME=FILE. */
static bool read_argument(Driver *driver, const char *argument, const char *const *names, size_t count,
                          const char *what, Array *out) {
    const char *equals = name_end(argument), *path = tensors_path(argument);
    ArrayList list;
    if (!data_read(driver->arena, driver->diags, path, LARGEST_DATA, &list)) return false;
    for (size_t i = 0; i < list.count; i++) {
        Array array = list.at[i];
        if (equals && list.count == 1)
            array.name = arena_strndup(driver->arena, argument, (size_t)(equals - argument));
        if (!place(driver, path, &array, names, count, what, out)) return false;
    }
    return true;
}

static bool read_all(Driver *driver, OptionId option, const char *const *names, size_t count,
                     const char *what, Array *out) {
    const TextList *arguments = &driver->options->values[option];
    for (size_t i = 0; i < arguments->count; i++)
        if (!read_argument(driver, arguments->at[i], names, count, what, out)) return false;
    for (size_t i = 0; i < count; i++)
        if (!out[i].data)
            return diag_report(driver->diags, E551, NO_SOURCE, "the %s '%s' is missing: give it with %s",
                               what, names[i],
                               option == OPT_INPUT    ? "-i"
                               : option == OPT_EXPECT ? "--expect"
                                                      : "--calibrate");
    return true;
}

static bool wrong_shape(Driver *driver, const char *what, const char *name, const Shape *expected,
                        const Shape *found) {
    return diag_report(driver->diags, E552, NO_SOURCE, "the data of %s '%s' has shape %s, expected %s", what,
                       name, shape_text(driver->arena, found), shape_text(driver->arena, expected));
}

/* Checks the extents; the leading one of a dynamic batch is the batch, the same for all. */
static bool check_shape(Driver *driver, const char *what, const char *name, const Shape *expected,
                        const Array *array, size_t *batch, bool *batch_known) {
    const Shape *found = &array->shape;
    if (!shape_compatible(expected, found)) return wrong_shape(driver, what, name, expected, found);
    if (!expected->rank || expected->dim[0] != DIM_UNKNOWN) return true;
    if (*batch_known && *batch != (size_t)found->dim[0])
        return diag_report(driver->diags, E552, NO_SOURCE,
                           "the data of %s '%s' has %lld samples, others have %zu", what, name,
                           (long long)found->dim[0], *batch);
    *batch = (size_t)found->dim[0];
    *batch_known = true;
    return true;
}

bool tensors_store(void *data, size_t index, DType dtype, double value) {
    switch (dtype) {
    case DTYPE_FLOAT32: ((float *)data)[index] = (float)value; return true;
    case DTYPE_FLOAT64: ((double *)data)[index] = value; return true;
    case DTYPE_FLOAT16:
    case DTYPE_BFLOAT16: convert_set(dtype, data, index, value); return true;
    case DTYPE_BOOL: ((unsigned char *)data)[index] = value != 0; return value == 0 || value == 1;
#define STORE(DTYPE, Type, low, high)                                                                        \
    case DTYPE:                                                                                              \
        if (!(value >= (double)(low) && value <= (double)(high)) || value != floor(value)) return false;     \
        ((Type *)data)[index] = (Type)value;                                                                 \
        return true;
        STORE(DTYPE_INT8, int8_t, INT8_MIN, INT8_MAX)
        STORE(DTYPE_UINT8, uint8_t, 0, UINT8_MAX)
        STORE(DTYPE_INT16, int16_t, INT16_MIN, INT16_MAX)
        STORE(DTYPE_UINT16, uint16_t, 0, UINT16_MAX)
        STORE(DTYPE_INT32, int32_t, INT32_MIN, INT32_MAX)
        STORE(DTYPE_UINT32, uint32_t, 0, UINT32_MAX)
        STORE(DTYPE_INT64, int64_t, -9007199254740992.0, 9007199254740992.0) /* exact in a double */
        STORE(DTYPE_UINT64, uint64_t, 0, 9007199254740992.0)
#undef STORE
    default: return false;
    }
}

/* The array with the element type of the tensor it is for. */
static bool convert(Driver *driver, const char *name, DType wanted, Array *array) {
    if (array->dtype == wanted) return true;
    double *values = data_to_double(driver->arena, array);
    void *data = arena_alloc_array(driver->arena, array->count, dtype_size(wanted));
    for (size_t i = 0; i < array->count; i++) {
        if (tensors_store(data, i, wanted, values[i])) continue;
        return diag_report(driver->diags, E553, NO_SOURCE,
                           "the data of input '%s' is %s and holds %g, which is no %s", name,
                           dtype_name(array->dtype), values[i], dtype_name(wanted));
    }
    array->data = data;
    array->dtype = wanted;
    return true;
}

static bool read_inputs(Driver *driver, OptionId option, Array **out, size_t *batch) {
    const Model *model = driver->model;
    const char **names = tensors_input_names(driver->arena, model);
    Array *arrays = ARENA_ARRAY(driver->arena, Array, model->n_inputs);
    if (!read_all(driver, option, names, model->n_inputs, "input", arrays)) return false;
    bool batch_known = false;
    *batch = 1;
    for (size_t i = 0; i < model->n_inputs; i++) {
        const Tensor *tensor = model->inputs[i];
        if (!check_shape(driver, "input", names[i], &tensor->shape, &arrays[i], batch, &batch_known) ||
            !convert(driver, names[i], tensor->dtype, &arrays[i]))
            return false;
        arrays[i].name = names[i];
    }
    *out = arrays;
    return true;
}

bool tensors_read_inputs(Driver *driver, Array **out, size_t *batch) {
    return read_inputs(driver, OPT_INPUT, out, batch);
}

bool tensors_read_calibration(Driver *driver, Array **out, size_t *batch) {
    return read_inputs(driver, OPT_CALIBRATE, out, batch);
}

/* ---- row by row ---- */

static bool place_source(Driver *driver, const char *path, RowSource *source, const char *name,
                         const char *const *names, size_t count, RowSource **out) {
    Array *taken = ARENA_ARRAY(driver->arena, Array, count), header = *rows_array(source);
    for (size_t i = 0; i < count; i++) taken[i].data = out[i];
    header.name = name;
    header.data = source;
    if (!place(driver, path, &header, names, count, "input", taken)) return false;
    for (size_t i = 0; i < count; i++) out[i] = taken[i].data;
    return true;
}

static bool open_argument(Driver *driver, const char *argument, const char *const *names, size_t count,
                          RowSourceList *list, RowSource **out) {
    const char *equals = name_end(argument), *path = tensors_path(argument);
    if (!rows_open(driver->arena, driver->diags, path, LARGEST_DATA, list)) return false;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = rows_array(list->at[i])->name;
        if (equals && list->count == 1)
            name = arena_strndup(driver->arena, argument, (size_t)(equals - argument));
        if (!place_source(driver, path, list->at[i], name, names, count, out)) return false;
    }
    return true;
}

bool tensors_open_inputs(Driver *driver, TensorRows *rows) {
    const Model *model = driver->model;
    const TextList *arguments = &driver->options->values[OPT_INPUT];
    const char **names = tensors_input_names(driver->arena, model);
    *rows = (TensorRows){.files = ARENA_ARRAY(driver->arena, RowSourceList, arguments->count),
                         .inputs = ARENA_ARRAY(driver->arena, RowSource *, model->n_inputs),
                         .headers = ARENA_ARRAY(driver->arena, Array, model->n_inputs),
                         .batch = 1};
    for (size_t i = 0; i < arguments->count; i++)
        if (!open_argument(driver, arguments->at[i], names, model->n_inputs, &rows->files[rows->n_files++],
                           rows->inputs))
            return false;
    bool batch_known = false;
    for (size_t i = 0; i < model->n_inputs; i++) {
        if (!rows->inputs[i])
            return diag_report(driver->diags, E551, NO_SOURCE, "the input '%s' is missing: give it with -i",
                               names[i]);
        rows->headers[i] = *rows_array(rows->inputs[i]);
        rows->headers[i].name = names[i];
        if (!check_shape(driver, "input", names[i], &model->inputs[i]->shape, &rows->headers[i], &rows->batch,
                         &batch_known))
            return false;
    }
    return true;
}

void tensors_close_inputs(TensorRows *rows) {
    for (size_t i = 0; i < rows->n_files; i++) rows_close_all(&rows->files[i]);
    rows->n_files = 0;
}

bool tensors_convert_rows(Arena *arena, const Array *source, DType wanted, size_t first_row, Array *out,
                          RowsFailure *failure) {
    *out = *source;
    if (source->dtype == wanted) return true;
    out->dtype = wanted;
    out->data = arena_alloc_array(arena, source->count, dtype_size(wanted));
    if (dtype_is_float(wanted)) {
        convert_array(source->dtype, source->data, wanted, out->data, source->count);
        return true;
    }
    const double *values = data_to_double(arena, source);
    const size_t row =
        source->shape.rank && source->shape.dim[0] > 0 ? source->count / (size_t)source->shape.dim[0] : 1;
    for (size_t i = 0; i < source->count; i++)
        if (!tensors_store(out->data, i, wanted, values[i]))
            return rows_fail(
                failure, E553, "the data of input '%s' is %s and holds %g in row %zu, which is no %s",
                source->name, dtype_name(source->dtype), values[i], first_row + i / row, dtype_name(wanted));
    return true;
}

bool tensors_read_rows(Driver *driver, TensorRows *rows, Array **out) {
    RowsFailure failure = {0};
    const Model *model = driver->model;
    *out = ARENA_ARRAY(driver->arena, Array, model->n_inputs);
    for (size_t i = 0; i < model->n_inputs; i++) {
        Array raw = rows->headers[i];
        raw.data = arena_alloc_array(driver->arena, raw.count, dtype_size(raw.dtype));
        const size_t count = raw.shape.rank ? (size_t)raw.shape.dim[0] : 1;
        if (!rows_read(rows->inputs[i], count, raw.data, &failure) ||
            !tensors_convert_rows(driver->arena, &raw, model->inputs[i]->dtype, 0, &(*out)[i], &failure))
            return diag_report(driver->diags, failure.code, NO_SOURCE, "%s", failure.text);
    }
    return true;
}

bool tensors_bind(Driver *driver, const Array *inputs) {
    Shape *shapes = ARENA_ARRAY(driver->arena, Shape, driver->model->n_inputs);
    for (size_t i = 0; i < driver->model->n_inputs; i++) shapes[i] = inputs[i].shape;
    return driver_bind(driver, shapes);
}

static bool take_dim(Driver *driver, const Array *input, int axis, const RunTimeDim *dim, int64_t *extent) {
    if (*extent == 0) *extent = input->shape.dim[axis];
    if (*extent != input->shape.dim[axis])
        return diag_report(
            driver->diags, E642, NO_SOURCE,
            "axis %d of input '%s' is %lld long, another input's %s is %lld: they are one run-time dimension",
            axis, input->name, (long long)input->shape.dim[axis], dim->name, (long long)*extent);
    if (*extent >= dim->least && *extent <= dim->most) return true;
    return diag_report(driver->diags, E642, NO_SOURCE, "%s is %lld, the model takes %lld to %lld", dim->name,
                       (long long)*extent, (long long)dim->least, (long long)dim->most);
}

bool tensors_dims(Driver *driver, const Array *inputs, int64_t *dims) {
    const Program *program = driver->program;
    memset(dims, 0, PROGRAM_MAX_DIMS * sizeof *dims);
    for (size_t i = 0; i < program->n_inputs; i++) {
        const Shape *shape = &program->inputs[i]->origin->shape;
        for (int axis = 1; axis < shape->rank; axis++)
            for (size_t k = 0; k < program->n_dims; k++)
                if (shape->dim[axis] == program->dims[k].sample &&
                    !take_dim(driver, &inputs[i], axis, &program->dims[k], &dims[k]))
                    return false;
    }
    return true;
}

bool tensors_read_expected(Driver *driver, size_t batch, Array **out) {
    const Model *model = driver->model;
    const char **names = tensors_output_names(driver->arena, model);
    Array *arrays = ARENA_ARRAY(driver->arena, Array, model->n_outputs);
    if (!read_all(driver, OPT_EXPECT, names, model->n_outputs, "output", arrays)) return false;
    for (size_t i = 0; i < model->n_outputs; i++) {
        const Shape shape = tensors_result_shape(driver, i, batch);
        if (!shape_equal(&shape, &arrays[i].shape))
            return wrong_shape(driver, "output", names[i], &shape, &arrays[i].shape);
        arrays[i].data = data_to_double(driver->arena, &arrays[i]);
        arrays[i].dtype = DTYPE_FLOAT64;
        arrays[i].name = names[i];
    }
    *out = arrays;
    return true;
}

bool tensors_write_outputs(Driver *driver, Array *outputs) {
    const char *path = option_value(driver->options, OPT_OUTPUT), *suffix = strrchr(path, '.');
    const size_t count = driver->model->n_outputs;
    if (suffix && strcmp(suffix, ".npy") == 0) {
        if (count != 1)
            return diag_report(driver->diags, E506, NO_SOURCE,
                               "\"%s\" can hold one array, the model has %zu outputs: name an .npz file",
                               path, count);
        outputs[0].name = NULL;
    }
    return data_write(driver->diags, path, outputs, count);
}
