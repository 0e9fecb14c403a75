/* Namespaces: what a dotted name of keras, tensorflow or another module stands for.
 *
 * In:  a module's path and a name. Out: a layer class, a symbol, a function of ours, a module below, or an
 * opaque value that says what is not evaluated. Which names Keras 3 has is in namespaces_keras.def.
 */
#include <string.h>

#include "base/text.h"
#include "elaborate/applications.h"
#include "elaborate/classes.h"
#include "elaborate/numpy.h"
#include "layers/ops.h"

typedef struct KerasModule {
    const char *path, *names;
} KerasModule;

static const KerasModule MODULES[] = {
#define KERAS_MODULE(path, names) {path, names},
#include "elaborate/namespaces_keras.def"
#undef KERAS_MODULE
};
enum { MODULE_COUNT = sizeof MODULES / sizeof MODULES[0] };

static const KerasModule *find_module(const char *path) {
    for (size_t i = 0; i < MODULE_COUNT; i++)
        if (strcmp(MODULES[i].path, path) == 0) return &MODULES[i];
    return NULL;
}

const char *namespace_near_module(const char *name) {
    const char *names[MODULE_COUNT];
    for (size_t i = 0; i < MODULE_COUNT; i++) {
        const char *dot = strrchr(MODULES[i].path, '.');
        names[i] = dot ? dot + 1 : MODULES[i].path;
    }
    return text_nearest(name, names, MODULE_COUNT);
}

bool namespace_exists(const char *keras_path) {
    return find_module(keras_path) != NULL;
}

/* The kind letter of a name, or 0. Lower case: only below tf.keras. */
static char name_kind(const KerasModule *module, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = module->names; *at;) {
        const size_t n = strcspn(at, ":");
        if (n == length && memcmp(at, name, n) == 0) return at[n + 1];
        at += n + 2;
        while (*at == ' ') at++;
    }
    return 0;
}

static Value space_value(Eval *eval, const char *path, bool tf_keras, bool source) {
    const char *key = eval_str(eval, "%s:%s:%s", tf_keras ? "tf" : "", source ? "src" : "", path);
    struct Namespace *space = map_get(&eval->modules, key);
    if (!space) {
        space = ARENA_NEW(eval->arena, struct Namespace);
        const bool keras = strcmp(path, "keras") == 0 || strncmp(path, "keras.", 6) == 0;
        *space = (struct Namespace){.kind = keras ? SPACE_KERAS : SPACE_PACKAGE,
                                    .path = arena_strdup(eval->arena, path),
                                    .tf_keras = tf_keras,
                                    .source = source};
        map_put(&eval->modules, key, space);
    }
    return (Value){.kind = VALUE_NAMESPACE, .as.space = space};
}

Value namespace_value(Eval *eval, const char *path, bool tf_keras) {
    return space_value(eval, path, tf_keras, false);
}

Value namespace_source(Eval *eval, const char *path, bool tf_keras) {
    return space_value(eval, path, tf_keras, true);
}

/* Packages that change nothing they are given, and give nothing of it back. */
static bool only_reads(const char *path) {
    static const char *const NAMES[] = {"csv",      "datetime", "glob",     "hashlib", "json",     "logging",
                                        "os",       "pathlib",  "pickle",   "pprint",  "platform", "shutil",
                                        "tempfile", "time",     "warnings", "yaml"};
    const size_t length = strcspn(path, ".");
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strlen(NAMES[i]) == length && memcmp(NAMES[i], path, length) == 0) return true;
    return false;
}

static Value package_name(Eval *eval, const char *path, const char *name, SourceRange at) {
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = *eval_opaque_package(eval, at, "%s.%s is not evaluated", path, name).as.opaque;
    opaque->reads_only = only_reads(path);
    return eval_value_of(opaque);
}

/* ---- Keras ---- */

static Value layer_class_value(Eval *eval, const char *path, const char *name, SourceRange at) {
    const struct LayerClass *class_ = layer_class_find(name);
    if (strcmp(name, "Model") == 0 || strcmp(name, "Functional") == 0) class_ = &MODEL_CLASS_FUNCTIONAL;
    if (strcmp(name, "Sequential") == 0) class_ = &MODEL_CLASS_SEQUENTIAL;
    if (strcmp(name, "InputLayer") == 0) class_ = &MODEL_CLASS_INPUT_LAYER;
    if (strcmp(name, "Lambda") == 0) return lambda_class(eval);
    if (class_) return (Value){.kind = VALUE_LAYER_CLASS, .as.layer_class = class_};
    if (strcmp(name, "Layer") == 0) return value_symbol("layers.Layer");
    return eval_opaque_package(eval, at, "the layer %s is not supported yet (%s.%s)", name, path, name);
}

/* Modules whose functions and classes stand for themselves until a layer or compile() takes them. */
static bool is_symbolic(const char *section, size_t length) {
    static const char *const SECTIONS[] = {"activations", "ops",           "initializers", "regularizers",
                                           "constraints", "optimizers",    "losses",       "metrics",
                                           "callbacks",   "dtype_policies"};
    for (size_t i = 0; i < sizeof SECTIONS / sizeof SECTIONS[0]; i++)
        if (strlen(SECTIONS[i]) == length && memcmp(SECTIONS[i], section, length) == 0) return true;
    return false;
}

static bool is_reader(const char *name) {
    return strcmp(name, "get") == 0 || strcmp(name, "serialize") == 0 || strcmp(name, "deserialize") == 0;
}

static Value keras_name(Eval *eval, const char *path, const char *name, SourceRange at) {
    const Builtin *function = keras_function(eval_str(eval, "%s.%s", path, name));
    if (function) return value_builtin(function);
    const char *section = strchr(path, '.');
    section = section ? section + 1 : "";
    const size_t length = strcspn(section, ".");
    if (is_symbolic(section, length) && !is_reader(name))
        return value_symbol(eval_str(eval, "%.*s.%s", (int)length, section, name));
    if (strcmp(section, "layers") == 0 && name[0] >= 'a' && name[0] <= 'z')
        return value_symbol(eval_str(eval, "layers.%s", name)); /* keras.layers.add([a, b]) */
    if (strcmp(path, "keras.backend") == 0 && ops_is_function(eval_str(eval, "K.%s", name)))
        return value_symbol(eval_str(eval, "K.%s", name));
    if (strcmp(name, "Policy") == 0 || strcmp(name, "DTypePolicy") == 0)
        return value_symbol("dtype_policies.DTypePolicy");
    if (!section[0] && strcmp(name, "KerasTensor") == 0) return value_symbol("KerasTensor");
    if (!section[0] && strcmp(name, "__version__") == 0) return value_str(eval->arena, "3.15.1");
    return package_name(eval, path, name, at);
}

const char *namespace_application(Eval *eval, const char *name) {
    static const char PREFIX[] = "keras.applications.";
    for (size_t i = 0; i < MODULE_COUNT; i++) {
        if (strncmp(MODULES[i].path, PREFIX, sizeof PREFIX - 1) != 0) continue;
        const char *module = MODULES[i].path + sizeof PREFIX - 1;
        if (name_kind(&MODULES[i], name) && strcmp(module, "imagenet_utils") != 0)
            return arena_strdup(eval->arena, module);
    }
    return NULL;
}

/* Modules inside Keras' sources that have functions which we evaluate. */
static bool is_inner_module(const char *path) {
    static const char *const PATHS[] = {"keras.ops.operation_utils", "keras.utils.file_utils"};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++)
        if (strcmp(PATHS[i], path) == 0) return true;
    return false;
}

static bool keras_get(Eval *eval, const struct Namespace *space, const char *name, SourceRange at,
                      Value *out) {
    const KerasModule *module = find_module(space->path);
    char kind = module ? name_kind(module, name) : 0;
    if (!kind && space->source && strcmp(name, "Layer") == 0) kind = 'L';
    if (kind >= 'a' && kind <= 'z') kind = space->tf_keras ? (char)(kind - 'a' + 'A') : 0;
    if (strcmp(name, "__name__") == 0) {
        *out = value_str(eval->arena, space->path);
        return true;
    }
    switch (kind) {
    case 0:
        if (!space->source) return false;
        if (keras_function(eval_str(eval, "%s.%s", space->path, name))) {
            *out = keras_name(eval, space->path, name, at);
            return true;
        }
        if (is_inner_module(eval_str(eval, "%s.%s", space->path, name))) {
            *out = space_value(eval, eval_str(eval, "%s.%s", space->path, name), false, true);
            return true;
        }
        *out = strcmp(name, "Functional") == 0 ? layer_class_value(eval, space->path, name, at)
                                               : package_name(eval, space->path, name, at);
        return true;
    case 'M':
        *out = space_value(eval, eval_str(eval, "%s.%s", space->path, name), space->tf_keras, space->source);
        return true;
    case 'L': *out = layer_class_value(eval, space->path, name, at); return true;
    case 'F':
        if (strncmp(space->path, "keras.applications", 18) == 0) {
            bool failed;
            *out = applications_get(eval, space->path, name, at, &failed);
            return !failed;
        }
        *out = keras_name(eval, space->path, name, at);
        return true;
    default: *out = keras_name(eval, space->path, name, at); return true;
    }
}

/* ---- other packages ---- */

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

static bool starts_with(const char *path, const char *head) {
    const size_t length = strlen(head);
    return strncmp(path, head, length) == 0 && (!path[length] || path[length] == '.');
}

/* Functions of TensorFlow that layers take as activations. */
static bool is_tf_activation(const char *name) {
    static const char *const NAMES[] = {"relu",    "relu6",       "elu",      "selu",    "gelu", "leaky_relu",
                                        "softmax", "softplus",    "softsign", "sigmoid", "tanh", "swish",
                                        "silu",    "log_softmax", "crelu",    "exp",     "sin",  "cos",
                                        "square",  "sqrt",        "abs",      NULL};
    return is_one_of(name, NAMES);
}

static bool tensorflow_get(Eval *eval, const char *path, const char *name, Value *out) {
    static const char *const BELOW[] = {"nn",         "math",   "compat", "v1",     "v2",      "dtypes",
                                        "python",     "random", "image",  "data",   "io",      "config",
                                        "distribute", "lite",   "train",  "linalg", "strings", NULL};
    DType dtype;
    if (strcmp(name, "keras") == 0) {
        *out = namespace_value(eval, "keras", true);
        return true;
    }
    if (is_one_of(name, BELOW)) {
        *out = namespace_value(eval, eval_str(eval, "%s.%s", path, name), false);
        return true;
    }
    const bool nn = strcmp(path, "tensorflow.nn") == 0;
    if (is_tf_activation(name) &&
        (nn || strcmp(path, "tensorflow") == 0 || strcmp(path, "tensorflow.math") == 0)) {
        *out = value_symbol(eval_str(eval, "tf.%s%s", nn ? "nn." : "", name));
        return true;
    }
    const char *function = eval_str(eval, "tf.%s", name);
    static const char *const HOMES[] = {"tensorflow", "tensorflow.math", "tensorflow.nn", "tensorflow.linalg",
                                        NULL};
    if (is_one_of(path, HOMES) && (ops_is_function(function) || ops_is_maker(function))) {
        *out = value_symbol(function);
        return true;
    }
    if (strcmp(name, "__version__") == 0) {
        *out = value_str(eval->arena, "2.21.0");
        return true;
    }
    if (!dtype_parse(name, &dtype) || strcmp(name, "int") == 0 || strcmp(name, "float") == 0) return false;
    *out = value_dtype(dtype);
    return true;
}

/* Names of math that are not evaluated. */
static bool math_has(const char *name) {
    static const char *const NAMES[] = {"dist", "fma", "nextafter", "sumprod", "ulp", NULL};
    return is_one_of(name, NAMES);
}

static bool numpy_get(Eval *eval, const char *name, Value *out) {
    static const char *const TYPES[] = {"float16", "float32", "float64", "int8",   "int16",  "int32",
                                        "int64",   "uint8",   "uint16",  "uint32", "uint64", NULL};
    DType dtype;
    if (is_one_of(name, TYPES) && dtype_parse(name, &dtype)) {
        *out = value_dtype(dtype);
        return true;
    }
    static const char *const KINDS[] = {"ndarray", "floating", "integer", "number", "generic", NULL};
    if (is_one_of(name, KINDS)) {
        *out = value_symbol(arena_printf(eval->arena, "numpy.%s", name));
        return true;
    }
    if (strcmp(name, "newaxis") != 0) return false;
    *out = value_none();
    return true;
}

/* False where the package has no such name, as far as we know its names. */
static bool package_get(Eval *eval, const struct Namespace *space, const char *name, SourceRange at,
                        Value *out) {
    const char *path = space->path;
    if (starts_with(path, "tensorflow") && tensorflow_get(eval, path, name, out)) return true;
    if (strcmp(path, "numpy") == 0 && (numpy_get(eval, name, out) || numpy_constant(name, out))) return true;
    if (strcmp(path, "math") == 0 && math_find(name, out)) return true;
    if (strcmp(path, "math") == 0 && name[0] != '_' && !math_has(name)) return false;
    const Builtin *function = keras_function(eval_str(eval, "%s.%s", path, name));
    if (function) {
        *out = value_builtin(function);
        return true;
    }
    if (strcmp(path, "collections") == 0 && collections_find(name, out)) return true;
    *out = package_name(eval, path, name, at);
    return true;
}

/* ---- all of them ---- */

bool namespace_get(Eval *eval, const struct Namespace *space, const char *name, SourceRange at, Value *out) {
    switch (space->kind) {
    case SPACE_KERAS: return keras_get(eval, space, name, at, out);
    case SPACE_PACKAGE: return package_get(eval, space, name, at, out);
    case SPACE_LOCAL: {
        if (scope_lookup(space->scope, name, out) == LOOKUP_FOUND) return true;
        return import_submodule(eval, space, name, at, out);
    }
    }
    return false;
}

typedef VEC(const char *) NameVec;

static void list_names(Eval *eval, const struct Namespace *space, NameVec *names) {
    if (space->kind == SPACE_LOCAL)
        for (size_t i = 0; i < space->scope->cells.count; i++)
            vec_push(eval->arena, names, space->scope->cells.entries[i].key);
    const KerasModule *module = space->kind == SPACE_KERAS ? find_module(space->path) : NULL;
    for (const char *at = module ? module->names : ""; *at;) {
        const size_t n = strcspn(at, ":");
        const bool old = at[n + 1] >= 'a' && at[n + 1] <= 'z';
        if (!old || space->tf_keras) vec_push(eval->arena, names, arena_strndup(eval->arena, at, n));
        at += n + 2;
        while (*at == ' ') at++;
    }
}

bool namespace_missing(Eval *eval, const struct Namespace *space, const char *name, SourceRange at,
                       bool import) {
    NameVec names = {0};
    if (import)
        eval_raise(eval, E306, NULL, at, "cannot import name '%s' from '%s'", name, space->path);
    else
        eval_raise(eval, E302, NULL, at, "module '%s' has no attribute '%s'", space->path, name);
    list_names(eval, space, &names);
    eval_suggest(eval, at, name, names.at, names.count);
    return false;
}

void namespace_bind_all(Eval *eval, const struct Namespace *space, SourceRange at) {
    NameVec names = {0};
    list_names(eval, space, &names);
    for (size_t i = 0; i < names.count; i++) {
        Value value;
        if (names.at[i][0] != '_' && namespace_get(eval, space, names.at[i], at, &value))
            eval_bind(eval, names.at[i], value);
    }
    if (space->kind == SPACE_PACKAGE) /* any name may come from there */
        scope_module(eval_scope(eval))->star = package_name(eval, space->path, "*", at).as.opaque;
}

bool namespace_predefined(Eval *eval, const char *name, SourceRange at, Value *out) {
    if (strcmp(name, "keras") == 0) {
        *out = namespace_value(eval, "keras", false);
        return true;
    }
    static const char *const TOP[] = {"Input", "Model", "Sequential", "layers", "ops", "activations", NULL};
    const struct Namespace *keras = namespace_value(eval, "keras", false).as.space;
    if (is_one_of(name, TOP)) return keras_get(eval, keras, name, at, out);
    const KerasModule *layers = find_module("keras.layers");
    if (!layers || name_kind(layers, name) != 'L') return false;
    *out = layer_class_value(eval, "keras.layers", name, at);
    return true;
}
