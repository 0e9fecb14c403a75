/* What the files of import/ share: the configuration as values, places in it, and the code under way. */
#ifndef LAMINA_IMPORT_PARTS_H
#define LAMINA_IMPORT_PARTS_H

#include "base/text.h"
#include "import/import.h"
#include "layers/layer.h"

/* A saved model as its file holds it. */
typedef struct SavedModel {
    const char *path;
    const char *container; /* "config.json", or "model_config": where the configuration is */
    Value config;          /* JSON as Python values: dict, list, str, int, float, bool, None */
    int keras;             /* 1, 2 or 3: the major version that wrote it */
    bool old_resizing;     /* written by a Keras that resized images as TensorFlow 1 did */
    const char *backend;   /* "tensorflow", "theano", ...; NULL where the file does not say */
} SavedModel;

/* Reads the container. False after reporting. */
bool saved_read(Arena *arena, Diagnostics *diags, const Bytes *file, SavedModel *out);
/* JSON text to a value; false after reporting E421 or E425. */
bool json_parse(Arena *arena, Diagnostics *diags, const char *path, const char *what, const char *text,
                size_t length, Value *out);

/* Where in the configuration something is; a chain on the C stack, printed only by reports. */
typedef struct Place {
    const struct Place *up;
    const char *key; /* NULL: an index */
    size_t index;
} Place;

/* A layer that the file gives more than once, with one id: written once, then named. */
typedef struct SharedObject {
    int64_t id;
    Value object;
    const char *variable; /* NULL before it is written */
} SharedObject;

typedef struct Writer {
    Arena *arena;
    Diagnostics *diags;
    const SavedModel *saved;
    Text body;       /* the statements so far */
    Map identifiers; /* those in use */
    Map automatic;   /* class in snake case -> how many were named automatically */
    Map imports;     /* names that the code takes from keras */
    bool all_names;  /* write every name, also where Keras would give the same */
    VEC(OperationName) names;
    VEC(SharedObject) shared;
    int depth;             /* of models in models */
    bool old_hard_sigmoid; /* the code defines hard_sigmoid as Keras 1 and 2 computed it */
} Writer;

/* Reports about a place of the configuration; false. */
bool import_error(Writer *writer, DiagCode code, const Place *at, const char *format, ...) DIAG_PRINTF(4, 5);

/* ---- values ---- */

/* The entry of a dict; NULL where it is absent or `dict` is none. */
const Value *config_get(Value dict, const char *key);
/* Its text, number or truth; the fallback where it is absent or of another type. */
const char *config_text(Value dict, const char *key);
bool config_flag(Value dict, const char *key, bool fallback);
bool config_is_list(Value value);
size_t config_count(Value list);
Value config_item(Value list, size_t i);
/* A dict with "class_name" and "config": a serialized object. */
bool config_is_object(Value value);
/* The entry, which must be there and a dict, list or text; NULL after reporting E421. */
const Value *config_dict(Writer *writer, const Place *at, Value dict, const char *key);
const Value *config_list(Writer *writer, const Place *at, Value dict, const char *key);
const char *config_name(Writer *writer, const Place *at, Value dict, const char *key);
/* A copy of the dict's entries: what may be changed without changing the file's own. */
Value config_copy(Arena *arena, Value dict);
/* Renames an entry, keeping its place; drops it where the new name is there already. */
void config_rename(Arena *arena, Value *dict, const char *from, const char *to);
void config_drop(Arena *arena, Value *dict, const char *key);
void config_set(Arena *arena, Value *dict, const char *key, Value value);

/* ---- code ---- */

/* An identifier like the name that is not in use yet. */
const char *names_identifier(Writer *writer, const char *name);
/* True where Keras would give just this name to a new object of the class; it is counted then. */
bool names_automatic(Writer *writer, const char *class_name, const char *name);
void names_count(Writer *writer, const char *class_name);
/* Notes that the code uses keras.NAME, and gives NAME. */
const char *code_import(Writer *writer, const char *name);
/* Adds a statement `variable = value`. */
void code_assign(Writer *writer, const char *variable, const char *value);

/* How lists are written: Keras takes both, people write tuples for shapes. */
typedef enum ListForm { LIST_AS_LIST, LIST_AS_TUPLE } ListForm;
/* A plain value, or a serialized object, as an expression. `role` is the argument's name, or "". */
bool code_value(Writer *writer, const Place *at, Value value, const char *role, ListForm form, Text *out);
/* A serialized object: initializer, regularizer, policy, layer, ...; *left_out where it only matters to
 * training and is not Keras' own. */
bool code_object(Writer *writer, const Place *at, Value object, const char *role, bool *left_out, Text *out);

/* A layer's construction: `layers.Dense(4, activation='relu')`, or the variable of a nested model. */
bool code_layer(Writer *writer, const Place *at, Value object, Text *out);
/* The class of a serialized layer as Keras 3 names it; NULL after reporting. */
const char *layer_class_name(Writer *writer, const Place *at, Value object);
/* `Input((4,), name='x')` for the configuration of an InputLayer. */
bool code_input(Writer *writer, const Place *at, Value config, Text *out);
/* The arguments of a construction, from its configuration, without those that have their defaults. */
bool code_arguments(Writer *writer, const Place *at, const char *class_name, Value config, Text *out);

/* A model: its statements go to the body, which ends in `variable = Model(...)`. */
bool code_model(Writer *writer, const Place *at, Value object, const char *variable);
bool model_is_class(const char *class_name);
bool code_functional(Writer *writer, const Place *at, Value config, const char *class_name,
                     const char *variable);
bool code_sequential(Writer *writer, const Place *at, Value config, const char *variable);

/* The structure of what a model returns: for each tensor in flattened order, how it is reached in the result
 * of a call: "", "[1]", "['a'][0]". */
typedef VEC(const char *) TensorPaths;
bool model_output_paths(Writer *writer, const Place *at, Value object, TensorPaths *out);

/* ---- Keras 1 and 2 ---- */

/* The class and configuration as Keras 3 would write them, same meaning. False after reporting. */
bool legacy_upgrade(Writer *writer, const Place *at, const char **class_name, Value *config);

#endif
