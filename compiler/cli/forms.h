/* Forms: the files that a Program becomes: C, LLVM IR, bitcode, assembly, an object, a library; each with its
 * header, and weights beside it where that is asked for. */
#ifndef LAMINA_CLI_FORMS_H
#define LAMINA_CLI_FORMS_H

#include "cli/driver.h"

/* FORM_LATER: known, and not there yet. */
typedef enum FormKind { FORM_C, FORM_LLVM, FORM_SHARED, FORM_ARCHIVE, FORM_LATER } FormKind;

typedef struct Form {
    const char *name; /* of --emit and of the suffix */
    FormKind kind;
    int llvm; /* FORM_LLVM: an LlvmForm */
} Form;

/* NULL where there is no such form. */
const Form *form_find(const char *name);
/* "c, ll, bc, s, o, so, a" */
const char *form_names(Arena *arena);

/* Writes PATH in the form, the header beside it and, by --weights-as, STEM.weights.bin. To a device C holds
 * its header, and nothing is written beside other forms. False after reporting. */
bool forms_write(Driver *driver, const Form *form, const char *path, const char *prefix);
/* C alone; `target` NULL: --target. */
bool forms_write_c(Driver *driver, const char *path, const char *prefix, const char *target);
/* "dir/mlp.c" -> "mlp"; `path` with its suffix replaced. */
const char *forms_stem(Arena *arena, const char *path);
const char *forms_with_suffix(Arena *arena, const char *path, const char *suffix);

#endif
