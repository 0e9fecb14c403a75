/* Temporaries: files and folders that exist for a while only, so that who ends the program can remove them.
 */
#ifndef LAMINA_BASE_TEMPORARY_H
#define LAMINA_BASE_TEMPORARY_H

#include <stddef.h>

typedef struct Temporaries Temporaries;

/* NULL where there is no memory; then, and for NULL, nothing is remembered. */
Temporaries *temporaries_new(void);
void temporaries_free(Temporaries *temporaries);
/* Before the file is made, and after it is gone. Any thread may call these. */
void temporaries_add(Temporaries *temporaries, const char *path);
void temporaries_drop(Temporaries *temporaries, const char *path);
/* Removes all of them, folders with the files in them, and lets no other be added: who tries waits for ever.
 */
void temporaries_remove(Temporaries *temporaries);

#endif
