/* The system's C compiler ($CC, else cc), and folders of our own for its files. */
#ifndef LAMINA_CLI_CC_H
#define LAMINA_CLI_CC_H

#include "cli/driver.h"

/* A new folder under $TMPDIR or /tmp; NULL after reporting E002. */
const char *folder_make(Driver *driver);
const char *folder_file(Driver *driver, const char *folder, const char *name);
/* With all files in it. */
void folder_remove(Driver *driver, const char *folder);

/* Runs $CC with `flags` right after its name, so that what $CC says itself wins, and `operands` at the end;
 * both end with NULL. What it prints goes to "cc.log" in the folder. False after reporting `code`, with that
 * as a note. */
bool cc_run(Driver *driver, DiagCode code, const char *folder, const char *const *flags,
            const char *const *operands);

#endif
