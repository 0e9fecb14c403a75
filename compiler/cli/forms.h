/* Forms: the files that a Program becomes: C, LLVM IR, bitcode, assembly, an object, a library; each with its
 * header, and weights beside it where that is asked for. */
#ifndef LAMINA_CLI_FORMS_H
#define LAMINA_CLI_FORMS_H

#include "cli/driver.h"
#include "emit/emit.h"

typedef enum FormKind { FORM_C, FORM_LLVM, FORM_SHARED, FORM_ARCHIVE, FORM_PYTHON } FormKind;

typedef struct Form {
    const char *name, *suffix; /* of --emit, and of the file */
    FormKind kind;
    int llvm; /* FORM_LLVM: an LlvmForm */
} Form;

/* NULL where there is no such form. */
const Form *form_find(const char *name);
const Form *form_of_suffix(const char *suffix);
/* "c, ll, bc, s, o, so, a, python" */
const char *form_names(Arena *arena);

/* What is wrong with the command line for this form; NULL where nothing is. */
const char *forms_wrong(const Driver *driver, const Form *form);
/* The form that a path has by its suffix, or by `name` where that is not NULL, into *form; or what is wrong.
 */
const char *forms_pick(const Driver *driver, const char *name, const char *path, const Form **form);
/* The symbols' prefix: --prefix, else the stem made an identifier. */
const char *forms_prefix(const Driver *driver, const char *stem);

typedef struct FormOutput {
    Blob code;
    Text header;
    Blob weights; /* by --weights-as */
    Blob library; /* of the Python module: libSTEM.so */
} FormOutput;

/* What a file in the form holds, and those beside it; `stem` is its name. False after reporting. */
bool forms_make(Driver *driver, const Form *form, const char *stem, FormOutput *out);
/* Writes PATH in the form, the header beside it and, by --weights-as, STEM.weights.bin. To a device C holds
 * its header, and nothing is written beside other forms. False after reporting. */
bool forms_write(Driver *driver, const Form *form, const char *path);
/* C alone; `target` NULL: --target. */
bool forms_write_c(Driver *driver, const char *path, const char *prefix, const char *target);
/* "dir/mlp.c" -> "mlp"; `path` with its suffix replaced. */
const char *forms_stem(Arena *arena, const char *path);
const char *forms_with_suffix(Arena *arena, const char *path, const char *suffix);

#endif
