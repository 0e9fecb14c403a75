/* keras.applications: evaluated from Keras' own sources, which -I finds. */
#ifndef LAMINA_ELABORATE_APPLICATIONS_H
#define LAMINA_ELABORATE_APPLICATIONS_H

#include "elaborate/eval_parts.h"

/* The folders in which Keras' model files may be: below each -I, such a folder itself, and the model file's
 * own. */
const char *applications_folder(Eval *eval, size_t index);
/* NAME of keras.applications or keras.applications.MODULE; *failed where running the sources raised. */
Value applications_get(Eval *eval, const char *path, const char *name, SourceRange at, bool *failed);
/* True where the code under way is one of Keras' model files. */
bool applications_running(Eval *eval);
/* The functions of Keras' utilities that those files use; NULL where there is none of this name. */
const Builtin *applications_function(const char *path);

#endif
