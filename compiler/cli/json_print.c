/* JSON for programs: text is escaped, bytes that are no UTF-8 become U+FFFD, and there is no number that JSON
 * lacks. */
#include "cli/json_print.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

void json_text(const char *text, FILE *out) {
    const size_t size = strlen(text);
    fputc('"', out);
    for (size_t i = 0; i < size;) {
        const unsigned char c = (unsigned char)text[i];
        const size_t length = text_sequence(text + i, size - i);
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else if (length == 0)
            fputs("\xEF\xBF\xBD", out);
        else
            fwrite(text + i, 1, length, out);
        i += length ? length : 1;
    }
    fputc('"', out);
}

void json_field(const char *name, const char *text, FILE *out) {
    fprintf(out, "\"%s\":", name);
    json_text(text, out);
}

void json_number(const char *name, double number, FILE *out) {
    if (!(number >= 0) || isinf(number))
        fprintf(out, ",\"%s\":null", name);
    else
        fprintf(out, ",\"%s\":%.9g", name, number);
}
