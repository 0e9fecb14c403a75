/* The name that was probably meant by a word that is none: "did you mean ...?".
 *
 * Words are compared without case and underscores first, as `max_pooling2d` is a spelling of MaxPooling2D;
 * what that leaves equal is told apart by the letters as they stand.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { LONGEST_NAME = 64 };

/* What other libraries and older versions call things, without case and underscores. */
static const char *const SYNONYMS[][2] = {
#define SYNONYM(other, name) {other, name},
#include "base/synonyms.def"
#undef SYNONYM
};

typedef struct Word {
    const char *text;
    char folded[LONGEST_NAME + 1];
    size_t length;    /* of what is folded */
    uint64_t letters; /* which stand in it: one edit changes two of them at most */
} Word;

static bool fold(const char *text, Word *out) {
    out->text = text;
    out->length = 0;
    out->letters = 0;
    if (strlen(text) > LONGEST_NAME) return false;
    for (; *text; text++) {
        if (*text == '_' || *text == '-') continue;
        const char c = (char)tolower((unsigned char)*text);
        out->folded[out->length++] = c;
        out->letters |= UINT64_C(1) << (c & 63);
    }
    out->folded[out->length] = '\0';
    return true;
}

static size_t count_bits(uint64_t bits) {
    size_t n = 0;
    for (; bits; bits &= bits - 1) n++;
    return n;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, changes, and swaps of neighbours. Past the limit, any
 * number past it. */
static size_t distance(const char *a, size_t n, const char *b, size_t m, size_t limit) {
    size_t least_before = 0;
    size_t rows[3][LONGEST_NAME + 1];
    for (size_t j = 0; j <= m; j++) rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        size_t least = row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = smaller(last[j], row[j - 1]) + 1;
            best = smaller(best, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, before[j - 2] + 1);
            row[j] = best;
            least = smaller(least, best);
        }
        if (least > limit && least_before > limit) return least;
        least_before = least;
    }
    return rows[n % 3][m];
}

static size_t common_prefix(const char *a, const char *b) {
    size_t n = 0;
    while (a[n] && a[n] == b[n]) n++;
    return n;
}

/* How far two words are: the letters first, then case and underscores, then how late they begin to differ. */
static size_t cost_of(const Word *wanted, const Word *name, size_t limit) {
    const size_t n = wanted->length, m = name->length;
    if ((n > m ? n - m : m - n) > limit) return (size_t)-1;
    if (count_bits(wanted->letters ^ name->letters) > 2 * limit) return (size_t)-1;
    const size_t letters = distance(wanted->folded, n, name->folded, m, limit);
    if (letters > limit) return (size_t)-1;
    const size_t raw =
        distance(wanted->text, strlen(wanted->text), name->text, strlen(name->text), LONGEST_NAME);
    return (letters * (LONGEST_NAME + 1) + raw) * (LONGEST_NAME + 1) + LONGEST_NAME -
           common_prefix(wanted->text, name->text);
}

static const char *find_synonym(const Word *wanted, const char *const *names, size_t count) {
    for (size_t s = 0; s < sizeof SYNONYMS / sizeof *SYNONYMS; s++) {
        if (strcmp(SYNONYMS[s][0], wanted->folded) != 0) continue;
        for (size_t i = 0; i < count; i++)
            if (strcmp(names[i], SYNONYMS[s][1]) == 0) return names[i];
    }
    return NULL;
}

const char *text_nearest(const char *wanted, const char *const *names, size_t count) {
    Word word;
    if (!wanted || !fold(wanted, &word) || word.length == 0) return NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], wanted) == 0) return names[i];
    const size_t n = word.length, limit = n == 1 ? 0 : n < 6 ? 1 : n / 3;
    size_t best = (size_t)-1, most = limit; /* letters that may still differ */
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        Word name;
        if (!fold(names[i], &name)) continue;
        const size_t cost = cost_of(&word, &name, most);
        if (cost >= best) continue;
        best = cost;
        nearest = names[i];
        most = cost / ((LONGEST_NAME + 1) * (LONGEST_NAME + 1));
    }
    const bool only_spelling = best < (LONGEST_NAME + 1) * (LONGEST_NAME + 1);
    const char *synonym = only_spelling ? NULL : find_synonym(&word, names, count);
    return synonym ? synonym : nearest;
}
