/* What `lamina profile` has measured, and its two forms. */
#ifndef LAMINA_CLI_PROFILE_H
#define LAMINA_CLI_PROFILE_H

#include "cli/driver.h"

typedef struct Profile {
    ReportPage report;  /* with the seconds of each step */
    double seconds; /* of the whole: the median too */
    const char *way;
} Profile;

void profile_print_text(const Profile *profile, FILE *out);
/* One object: the model, each layer and each step. */
void profile_print_json(const Profile *profile, FILE *out);

#endif
