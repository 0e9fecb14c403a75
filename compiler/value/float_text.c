/* Floats as Python prints them: the shortest decimal that reads back as the same double.
 *
 * The C library rounds a given number of digits correctly both ways, so the shortest is found by trying.
 * Between two powers of two the nearest decimal of the shortest length is right; just at a power of two a
 * decimal above may read back where the nearest, below, does not, so its neighbour is tried as well.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "value/value.h"

static bool reads_back(const char *digits, int exponent, double value) {
    char text[64];
    snprintf(text, sizeof text, "%c.%se%d", digits[0], digits[1] ? digits + 1 : "0", exponent);
    return strtod(text, NULL) == value;
}

/* Adds one in the last place; false where a digit would have to be added in front. */
static bool increment(char *digits) {
    for (size_t i = strlen(digits); i-- > 0;) {
        if (digits[i] != '9') {
            digits[i]++;
            return true;
        }
        digits[i] = '0';
    }
    return false;
}

void value_float_digits(double value, char digits[32], int *exponent) {
    value = fabs(value);
    strcpy(digits, "0");
    *exponent = 0;
    if (value == 0 || !isfinite(value)) return;
    for (int precision = 1; precision <= 17; precision++) {
        char text[64], *e;
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        e = strchr(text, 'e');
        *exponent = (int)strtol(e + 1, NULL, 10);
        digits[0] = text[0];
        memcpy(digits + 1, text + 2, (size_t)precision - 1);
        digits[precision] = '\0';
        if (reads_back(digits, *exponent, value)) break;
        char above[32];
        strcpy(above, digits);
        if (increment(above) && reads_back(above, *exponent, value)) {
            strcpy(digits, above);
            break;
        }
    }
    for (size_t n = strlen(digits); n > 1 && digits[n - 1] == '0'; n--) digits[n - 1] = '\0';
}

static void add_fixed(Text *text, const char *digits, int exponent) {
    const int n = (int)strlen(digits);
    if (exponent < 0) {
        text_add(text, "0.");
        for (int i = -1; i > exponent; i--) text_char(text, '0');
        text_add(text, digits);
        return;
    }
    for (int i = 0; i < n || i <= exponent; i++) {
        if (i == exponent + 1) text_char(text, '.');
        text_char(text, i < n ? digits[i] : '0');
    }
    if (n <= exponent + 1) text_add(text, ".0");
}

const char *value_float_text(Arena *arena, double value) {
    if (isnan(value)) return "nan";
    if (isinf(value)) return value < 0 ? "-inf" : "inf";
    char digits[32];
    int exponent;
    value_float_digits(value, digits, &exponent);
    Text text = text_new(arena);
    if (signbit(value)) text_char(&text, '-');
    if (exponent >= -4 && exponent < 16) {
        add_fixed(&text, digits, exponent);
    } else {
        text_char(&text, digits[0]);
        if (digits[1]) text_printf(&text, ".%s", digits + 1);
        text_printf(&text, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    }
    return text.data;
}
