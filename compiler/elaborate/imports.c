/* Imports: import and from-import, of Keras in every spelling, of installed packages, and of the user's own
 * modules.
 *
 * In:  dotted names, the folder of the importing file and the -I folders. Out: names bound in the scope.
 * Invariant: an import never stops the file because something is not installed here: what it binds is then
 * opaque.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "elaborate/applications.h"
#include "elaborate/classes.h"
#include "elaborate/imports_files.h"

/* ---- names of modules ---- */

bool import_is_package(const char *dotted) {
    static const char *const PACKAGES[] = {
#define PACKAGE(name) name,
#include "elaborate/imports_packages.def"
#undef PACKAGE
    };
    const size_t length = strcspn(dotted, ".");
    for (size_t i = 0; i < sizeof PACKAGES / sizeof PACKAGES[0]; i++)
        if (strlen(PACKAGES[i]) == length && memcmp(PACKAGES[i], dotted, length) == 0) return true;
    return false;
}

typedef struct Spelling {
    const char *prefix, *path;
    bool tf_keras, source; /* source: Keras' own files, where anything may be found */
} Spelling;

/* The rest of `dotted` behind the prefix ("" or ".layers"), or NULL. */
static const char *behind(const char *dotted, const char *prefix) {
    const size_t length = strlen(prefix);
    if (strncmp(dotted, prefix, length) != 0 || (dotted[length] && dotted[length] != '.')) return NULL;
    return dotted + length;
}

static const Spelling *find_spelling(const char *dotted, const char **rest) {
    static const Spelling SPELLINGS[] = {{"tensorflow.keras", "keras", true, false},
                                         {"tensorflow.python.keras", "keras", true, true},
                                         {"tensorflow.compat.v1.keras", "keras", true, false},
                                         {"tensorflow.compat.v2.keras", "keras", true, false},
                                         {"tf_keras.src", "keras", true, true},
                                         {"tf_keras", "keras", true, false},
                                         {"keras._tf_keras.keras", "keras", true, false},
                                         {"keras.api", "keras", false, false},
                                         {"keras.src", "keras", false, true},
                                         {"keras", "keras", false, false}};
    for (size_t i = 0; i < sizeof SPELLINGS / sizeof SPELLINGS[0]; i++)
        if ((*rest = behind(dotted, SPELLINGS[i].prefix))) return &SPELLINGS[i];
    return NULL;
}

/* A module of Keras 2 that is gone: the import fails in Keras 3, but only matters if the model needs it. */
static Value removed_module(Eval *eval, const char *dotted, SourceRange at) {
    diag_report_as(eval->diags, W101, "ModuleNotFoundError", at, "No module named '%s' in Keras 3", dotted);
    const char *dot = strrchr(dotted, '.');
    if (dot) diag_suggest(eval->diags, at, dot + 1, namespace_near_module(dot + 1));
    return eval_opaque_package(eval, at, "%s is no module of Keras 3", dotted);
}

static void import_keras(Eval *eval, const char *dotted, const Spelling *spelling, const char *rest,
                         SourceRange at, Value *out) {
    char *path = arena_strdup(eval->arena, eval_str(eval, "%s%s", spelling->path, rest));
    /* keras.src.layers.layer is a part of keras.layers, as far as names go */
    for (char *dot; spelling->source && !namespace_exists(path) && (dot = strrchr(path, '.'));) *dot = 0;
    if (namespace_exists(path))
        *out = spelling->source ? namespace_source(eval, path, spelling->tf_keras)
                                : namespace_value(eval, path, spelling->tf_keras);
    else if (spelling->source)
        *out = eval_opaque_package(eval, at, "%s is not evaluated", dotted);
    else
        *out = removed_module(eval, dotted, at);
}

/* ---- the user's own modules ---- */

static bool is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

const char *import_folder_of(Arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return ".";
    return slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

static bool run_module(Eval *eval, struct Namespace *space, const char *path, SourceRange at) {
    const char *error = NULL;
    const uint32_t file = sources_read(eval->sources, path, &error);
    if (!file)
        return diag_report(eval->diags, E001, at, "cannot read %s: %s", path,
                           error ? error : "unknown error");
    vec_push(eval->arena, &eval->imported, path);
    const DiagMark mark = diag_mark(eval->diags);
    const Module *module = parse_module(eval->arena, eval->sources, file, eval->diags);
    if (!module) return eval_raised(eval, mark);
    if (!eval_enter(eval, at)) return false;
    Frame frame = {.caller = eval->frame, .scope = space->scope, .result = value_none()};
    eval->frame = &frame;
    space->running = true;
    eval_bind(eval, "__name__", value_str(eval->arena, space->path));
    const Flow flow = exec_block(eval, &module->body);
    space->running = false;
    eval->frame = frame.caller;
    eval_leave(eval);
    if (flow == FLOW_RAISE && !eval->exited)
        diag_note(eval->diags, at, "in the import of %s here", space->path);
    return flow != FLOW_RAISE;
}

/* The module `name` in a folder: name.py, name.lam, name/__init__.py or the folder name/. False where there
 * is none, or
 * (*failed) where running it raised. */
static bool import_in_folder(Eval *eval, const char *folder, const char *name, const char *dotted,
                             SourceRange at, Value *out, bool *failed) {
    static const char *const FORMS[] = {".py", ".lam", "/__init__.py", ""};
    for (size_t i = 0; i < 4; i++) {
        const char *path = eval_str(eval, "%s/%s%s", folder, name, FORMS[i]);
        if (strncmp(path, "./", 2) == 0) path += 2;
        if (i < 3 ? !is_file(path) : !is_folder(path)) continue;
        struct Namespace *space = map_get(&eval->modules, eval_str(eval, "file:%s", path));
        *out = (Value){.kind = VALUE_NAMESPACE, .as.space = space};
        if (space) return true;
        space = ARENA_NEW(eval->arena, struct Namespace);
        *space = (struct Namespace){
            .kind = SPACE_LOCAL, .path = dotted, .scope = scope_new(eval->arena, SCOPE_MODULE, NULL)};
        space->folder = i < 2 ? NULL : eval_str(eval, "%s/%s", folder, name);
        space->scope->space = space;
        space->scope->home = i < 2 ? folder : space->folder;
        out->as.space = space;
        map_put(&eval->modules, eval_str(eval, "file:%s", path), space);
        *failed = i < 3 && !run_module(eval, space, path, at);
        return true;
    }
    return false;
}

/* Keras' own model files use one another (keras.src.applications.imagenet_utils): taken from -I where they
 * are there. */
static bool import_keras_source(Eval *eval, const char *dotted, SourceRange at, Value *out, bool *failed) {
    const char *name = behind(dotted, "keras.src.applications");
    if (!name || !name[0] || strchr(name + 1, '.')) return false;
    const char *folder;
    for (size_t i = 0; (folder = applications_folder(eval, i)); i++) {
        struct stat info;
        if (stat(eval_str(eval, "%s/imagenet_utils.py", folder), &info) != 0) continue;
        if (import_in_folder(eval, folder, name + 1, dotted, at, out, failed)) return true;
    }
    return false;
}

bool import_submodule(Eval *eval, const struct Namespace *space, const char *name, SourceRange at,
                      Value *out) {
    bool failed = false;
    if (!space->folder) return false;
    const char *dotted = eval_str(eval, "%s.%s", space->path, name);
    return import_in_folder(eval, space->folder, name, dotted, at, out, &failed) && !failed;
}

static const char *home_folder(Eval *eval) {
    const char *home = scope_module(eval_scope(eval))->home;
    return home ? home : ".";
}

/* The first part of an absolute import: beside the model file, then in the -I folders (where a package
 * that we take to be installed is not looked for: its own files are not evaluated). */
static bool import_top(Eval *eval, const char *name, SourceRange at, Value *out, bool *failed) {
    if (import_in_folder(eval, eval->module->home, name, name, at, out, failed)) return true;
    for (size_t i = 0; i < eval->options->n_include_dirs && !import_is_package(name); i++)
        if (import_in_folder(eval, eval->options->include_dirs[i], name, name, at, out, failed)) return true;
    return false;
}

static Value not_found(Eval *eval, const char *dotted, SourceRange at) {
    static const char *const TOP[] = {"keras", "tensorflow", "numpy"};
    const size_t length = strcspn(dotted, ".");
    const char *near = text_nearest(arena_strndup(eval->arena, dotted, length), TOP, 3);
    if (near)
        return eval_opaque(
            eval, at,
            eval_str(eval, "the module %s was not found: did you mean %s%s?", dotted, near, dotted + length));
    return eval_opaque(eval, at,
                       eval_str(eval, "the module %s was not found (-I DIR adds a place to look)", dotted));
}

/* The modules below the first one: "b.c" of "a.b.c". False where one raised. */
static bool import_rest(Eval *eval, const char *dotted, const char *rest, SourceRange at, Value *out) {
    while (*rest && out->kind == VALUE_NAMESPACE) {
        const size_t length = strcspn(rest, ".");
        const char *name = arena_strndup(eval->arena, rest, length);
        const struct Namespace *space = out->as.space;
        const size_t errors = diag_error_count(eval->diags);
        if (!import_submodule(eval, space, name, at, out)) {
            if (diag_error_count(eval->diags) != errors) return false;
            *out = not_found(eval, dotted, at);
            return true;
        }
        Cell *cell = scope_cell(space->scope, name);
        cell->value = *out;
        cell->bound = true;
        rest += length + (rest[length] == '.');
    }
    return true;
}

/* `from . import x`, `from ..a import b` */
static bool import_relative(Eval *eval, const char *dotted, int level, SourceRange at, Value *out) {
    const char *folder = home_folder(eval);
    for (int i = 1; i < level; i++) folder = eval_str(eval, "%s/..", folder);
    struct Namespace *space = ARENA_NEW(eval->arena, struct Namespace);
    *space = (struct Namespace){.kind = SPACE_LOCAL, .path = dotted[0] ? dotted : ".", .folder = folder};
    space->scope = scope_new(eval->arena, SCOPE_MODULE, NULL);
    space->scope->home = folder;
    *out = (Value){.kind = VALUE_NAMESPACE, .as.space = space};
    return import_rest(eval, dotted, dotted, at, out);
}

bool import_module(Eval *eval, const char *dotted, int level, SourceRange at, Value *out) {
    const char *rest;
    if (level > 0) return import_relative(eval, dotted, level, at, out);
    const Spelling *spelling = find_spelling(dotted, &rest);
    bool failed = false;
    if (import_keras_source(eval, dotted, at, out, &failed)) return !failed;
    if (spelling) {
        import_keras(eval, dotted, spelling, rest, at, out);
        return true;
    }
    const size_t length = strcspn(dotted, ".");
    const char *top = arena_strndup(eval->arena, dotted, length);
    if (strcmp(top, "tensorflow") != 0 && import_top(eval, top, at, out, &failed))
        return !failed && import_rest(eval, dotted, dotted[length] ? dotted + length + 1 : "", at, out);
    if (import_is_package(dotted)) {
        if (strcmp(top, "tensorflow") != 0) eval->opaque_uses++; /* it may not be installed there */
        *out = namespace_value(eval, dotted, false);
        return true;
    }
    *out = not_found(eval, dotted, at);
    return true;
}

/* ---- the statements ---- */

bool exec_import(Eval *eval, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.import.count; i++) {
        const ImportAlias *alias = &stmt->as.import.at[i];
        const char *dotted = alias->dotted_name;
        Value value;
        if (!import_module(eval, dotted, 0, alias->at, &value)) return false;
        if (alias->alias.text) {
            eval_bind(eval, alias->alias.text, value);
            continue;
        }
        const char *top = arena_strndup(eval->arena, dotted, strcspn(dotted, "."));
        if (strcmp(top, dotted) != 0 && (!value_is_opaque(value) || value.as.opaque->harmless) &&
            !import_module(eval, top, 0, alias->at, &value))
            return false;
        eval_bind(eval, top, value);
    }
    return true;
}

/* Names that were modules of Keras 2. */
static bool was_module(const char *name) {
    static const char *const NAMES[] = {
        "np_utils",      "vis_utils",     "generic_utils", "layer_utils",
        "data_utils",    "io_utils",      "experimental",  "advanced_activations",
        "normalization", "convolutional", "recurrent",     "embeddings",
        "pooling",       "wrappers",      "merge",         "core",
        "topology",      "text",          "scikit_learn",  "conv_utils",
        "losses_utils"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(NAMES[i], name) == 0) return true;
    return false;
}

static bool import_name(Eval *eval, const Stmt *stmt, const ImportAlias *alias, Value module) {
    const char *name = alias->dotted_name;
    Value value;
    bool failed = false;
    const char *dotted = eval_str(eval, "%s.%s", stmt->as.import.module, name);
    if (import_keras_source(eval, dotted, alias->at, &value, &failed)) {
        if (failed) return false;
    } else if (value_is_opaque(module)) {
        value = module;
    } else if (!namespace_get(eval, module.as.space, name, alias->at, &value)) {
        const char *rest;
        const Spelling *spelling = find_spelling(stmt->as.import.module, &rest);
        const size_t errors = diag_error_count(eval->diags);
        if (spelling && was_module(name))
            value = removed_module(eval, dotted, alias->at);
        else if (stmt->as.import.level > 0 && !stmt->as.import.module[0])
            value = not_found(eval, name, alias->at);
        else
            return diag_error_count(eval->diags) == errors
                       ? namespace_missing(eval, module.as.space, name, alias->at, true)
                       : false;
    }
    if (value_is_opaque(value)) {
        const Value outside = external_class(eval, name, alias->at);
        if (!value_is_none(outside)) value = outside;
    }
    eval_bind(eval, alias->alias.text ? alias->alias.text : name, value);
    return true;
}

bool exec_import_from(Eval *eval, const Stmt *stmt) {
    Value module;
    if (strcmp(stmt->as.import.module, "__future__") == 0) return true;
    if (!import_module(eval, stmt->as.import.module, stmt->as.import.level, stmt->at, &module)) return false;
    for (size_t i = 0; i < stmt->as.import.count; i++) {
        const ImportAlias *alias = &stmt->as.import.at[i];
        if (strcmp(alias->dotted_name, "*") != 0) {
            if (!import_name(eval, stmt, alias, module)) return false;
        } else if (value_is_opaque(module)) {
            scope_module(eval_scope(eval))->star = module.as.opaque;
        } else {
            namespace_bind_all(eval, module.as.space, alias->at);
        }
    }
    return true;
}
