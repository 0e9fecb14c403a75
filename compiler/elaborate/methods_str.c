/* Methods of str: letters and what they are, padding, encoding, format. Case and classes of letters are known
 * for ASCII; for other letters the answer is opaque.
 */
#include <ctype.h>
#include <string.h>

#include "elaborate/native.h"

/* ---- case ---- */

static bool ascii_only(NativeCall *call, Value *out, bool *done) {
    *done = !str_is_ascii(call->self.as.str);
    if (!*done) return true;
    return native_not_evaluated(
        call, arena_printf(call->arena, ".%s() on letters beyond ASCII is not evaluated", call->name), out);
}

typedef enum CaseChange { CASE_UPPER, CASE_LOWER, CASE_SWAP, CASE_TITLE, CASE_CAPITAL } CaseChange;

static char change_one(CaseChange change, char c, bool first, bool in_word) {
    const int letter = (unsigned char)c;
    switch (change) {
    case CASE_UPPER: return (char)toupper(letter);
    case CASE_LOWER: return (char)tolower(letter);
    case CASE_SWAP: return (char)(isupper(letter) ? tolower(letter) : toupper(letter));
    case CASE_TITLE: return (char)(in_word ? tolower(letter) : toupper(letter));
    default: return (char)(first ? toupper(letter) : tolower(letter));
    }
}

static bool change_case(NativeCall *call, Value *out) {
    bool done;
    const Str *str = call->self.as.str;
    const CaseChange change = *(const CaseChange *)call->data;
    if (!ascii_only(call, out, &done) || done) return true;
    Text text = text_new(call->arena);
    for (size_t i = 0; i < str->length; i++) {
        const bool in_word = i > 0 && isalpha((unsigned char)str->data[i - 1]);
        text_char(&text, change_one(change, str->data[i], i == 0, in_word));
    }
    *out = value_from_text(call->arena, &text);
    return true;
}

static const CaseChange UPPER = CASE_UPPER, LOWER = CASE_LOWER, SWAP = CASE_SWAP, TITLE = CASE_TITLE,
                        CAPITAL = CASE_CAPITAL;

/* ---- classes of letters ---- */

typedef int LetterClass(int c);

static int is_word_letter(int c) {
    return isalnum(c) || c == '_';
}
static int is_blank(int c) {
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
}

typedef struct LetterTest {
    LetterClass *holds;
    bool empty; /* the answer for "" */
} LetterTest;

static bool test_all(NativeCall *call, Value *out) {
    bool done;
    const Str *str = call->self.as.str;
    const LetterTest *test = call->data;
    if (!ascii_only(call, out, &done) || done) return true;
    bool all = str->length > 0 || test->empty;
    for (size_t i = 0; i < str->length && all; i++) all = test->holds((unsigned char)str->data[i]) != 0;
    *out = value_bool(all);
    return true;
}

static const LetterTest ALPHA = {isalpha, false}, ALNUM = {isalnum, false}, DIGIT = {isdigit, false},
                        SPACE = {is_blank, false}, PRINTABLE = {isprint, true};

/* islower, isupper: all letters that have case have this one, and there is one. */
static bool test_case(NativeCall *call, Value *out) {
    bool done, any = false, other = false;
    const Str *str = call->self.as.str;
    const bool lower = strcmp(call->name, "islower") == 0;
    if (!ascii_only(call, out, &done) || done) return true;
    for (size_t i = 0; i < str->length; i++) {
        const int c = (unsigned char)str->data[i];
        any = any || (lower ? islower(c) : isupper(c));
        other = other || (lower ? isupper(c) : islower(c));
    }
    *out = value_bool(any && !other);
    return true;
}

static bool str_istitle(NativeCall *call, Value *out) {
    bool done, any = false, fits = true;
    const Str *str = call->self.as.str;
    if (!ascii_only(call, out, &done) || done) return true;
    for (size_t i = 0; i < str->length; i++) {
        const int c = (unsigned char)str->data[i];
        const bool in_word = i > 0 && isalpha((unsigned char)str->data[i - 1]);
        if (!isalpha(c)) continue;
        any = true;
        if (in_word ? isupper(c) : islower(c)) fits = false;
    }
    *out = value_bool(any && fits);
    return true;
}

static bool str_isidentifier(NativeCall *call, Value *out) {
    bool done;
    const Str *str = call->self.as.str;
    if (!ascii_only(call, out, &done) || done) return true;
    bool fits = str->length > 0 && !isdigit((unsigned char)str->data[0]);
    for (size_t i = 0; i < str->length; i++) fits = fits && is_word_letter((unsigned char)str->data[i]);
    *out = value_bool(fits);
    return true;
}

static bool str_isascii(NativeCall *call, Value *out) {
    *out = value_bool(str_is_ascii(call->self.as.str));
    return true;
}

/* ---- padding ---- */

/* ljust, rjust, center: width and fill. */
static bool str_justify(NativeCall *call, Value *out) {
    int64_t width;
    const Str *str = call->self.as.str;
    const char *fill = " ";
    if (!native_int(call, call->value[0], &width)) return false;
    if (call->given[1]) {
        if (call->value[1].kind != VALUE_STR || str_length(call->value[1].as.str) != 1) {
            return RAISE_TYPE(call->eval, call->at, "The fill character must be exactly one character long");
        }
        fill = call->value[1].as.str->data;
    }
    const int64_t missing = width - str_length(str);
    *out = call->self;
    if (missing <= 0) return true;
    if (!eval_charge(call->eval, call->at, (uint64_t)missing)) return false;
    int64_t before = call->name[0] == 'l' ? 0 : missing;
    if (call->name[0] == 'c') before = missing / 2 + (missing & width & 1); /* as CPython shares them */
    Text text = text_new(call->arena);
    for (int64_t i = 0; i < before; i++) text_add(&text, fill);
    text_add_n(&text, str->data, str->length);
    for (int64_t i = before; i < missing; i++) text_add(&text, fill);
    *out = value_from_text(call->arena, &text);
    return true;
}

static bool str_zfill(NativeCall *call, Value *out) {
    int64_t width;
    const Str *str = call->self.as.str;
    if (!native_int(call, call->value[0], &width)) return false;
    const int64_t missing = width - str_length(str);
    *out = call->self;
    if (missing <= 0) return true;
    if (!eval_charge(call->eval, call->at, (uint64_t)missing)) return false;
    const size_t sign = str->length > 0 && (str->data[0] == '-' || str->data[0] == '+');
    Text text = text_new(call->arena);
    text_add_n(&text, str->data, sign);
    for (int64_t i = 0; i < missing; i++) text_char(&text, '0');
    text_add_n(&text, str->data + sign, str->length - sign);
    *out = value_from_text(call->arena, &text);
    return true;
}

static bool str_expandtabs(NativeCall *call, Value *out) {
    int64_t size = 8, column = 0;
    const Str *str = call->self.as.str;
    if (call->given[0] && !native_int(call, call->value[0], &size)) return false;
    if (size > 1000) return native_not_evaluated(call, "tabs wider than 1000 columns are not evaluated", out);
    Text text = text_new(call->arena);
    for (size_t i = 0; i < str->length; i += str_step(str, i)) {
        if (str->data[i] == '\t') {
            const int64_t spaces = size > 0 ? size - column % size : 0;
            for (int64_t k = 0; k < spaces; k++) text_char(&text, ' ');
            column += spaces;
            continue;
        }
        text_add_n(&text, str->data + i, str_step(str, i));
        column = str->data[i] == '\n' || str->data[i] == '\r' ? 0 : column + 1;
    }
    *out = value_from_text(call->arena, &text);
    return eval_charge(call->eval, call->at, text.length / 16);
}

/* ---- encoding, format ---- */

static bool str_encode(NativeCall *call, Value *out) {
    const char *encoding = call->given[0] ? value_c_str(call->value[0]) : "utf-8";
    if (!encoding) return RAISE_TYPE(call->eval, call->at, "encode() argument 'encoding' must be str");
    const bool utf8 = strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0;
    if (!utf8 && !str_is_ascii(call->self.as.str)) {
        return native_not_evaluated(call, "encodings other than UTF-8 are not evaluated", out);
    }
    *out = (Value){.kind = VALUE_BYTES, .as.str = call->self.as.str};
    return true;
}

static bool str_format(NativeCall *call, Value *out) {
    return brace_format(call->eval, call->self, call->arguments, false, out);
}

static bool str_format_map(NativeCall *call, Value *out) {
    if (call->value[0].kind != VALUE_DICT)
        return native_not_evaluated(call, "format_map() needs a dict here", out);
    const Dict *dict = call->value[0].as.dict;
    Argument *arguments = ARENA_ARRAY(call->arena, Argument, dict->entries.count);
    size_t count = 0;
    for (size_t i = 0; i < dict->entries.count; i++) {
        const char *keyword = value_c_str(dict->entries.at[i].key);
        if (keyword) arguments[count++] = (Argument){keyword, dict->entries.at[i].value, call->at, call->at};
    }
    const Arguments all = {arguments, count, call->at};
    return brace_format(call->eval, call->self, &all, true, out);
}

static bool bytes_decode(NativeCall *call, Value *out) {
    for (size_t i = 0; i < call->self.as.str->length; i++) {
        if ((unsigned char)call->self.as.str->data[i] >= 0x80) {
            return native_not_evaluated(call, "decoding bytes beyond ASCII is not evaluated", out);
        }
    }
    *out = (Value){.kind = VALUE_STR, .as.str = call->self.as.str};
    return true;
}

const NativeRow METHODS_STR[] = {
    {"upper", "", change_case, 0, &UPPER},
    {"lower", "", change_case, 0, &LOWER},
    {"casefold", "", change_case, 0, &LOWER},
    {"swapcase", "", change_case, 0, &SWAP},
    {"title", "", change_case, 0, &TITLE},
    {"capitalize", "", change_case, 0, &CAPITAL},
    {"isalpha", "", test_all, 0, &ALPHA},
    {"isalnum", "", test_all, 0, &ALNUM},
    {"isdigit", "", test_all, 0, &DIGIT},
    {"isdecimal", "", test_all, 0, &DIGIT},
    {"isnumeric", "", test_all, 0, &DIGIT},
    {"isspace", "", test_all, 0, &SPACE},
    {"isprintable", "", test_all, 0, &PRINTABLE},
    {"islower", "", test_case, 0, NULL},
    {"isupper", "", test_case, 0, NULL},
    {"istitle", "", str_istitle, 0, NULL},
    {"isidentifier", "", str_isidentifier, 0, NULL},
    {"isascii", "", str_isascii, 0, NULL},
    {"ljust", "width fillchar? /", str_justify, 0, NULL},
    {"rjust", "width fillchar? /", str_justify, 0, NULL},
    {"center", "width fillchar? /", str_justify, 0, NULL},
    {"zfill", "width /", str_zfill, 0, NULL},
    {"expandtabs", "tabsize?", str_expandtabs, 0, NULL},
    {"encode", "encoding? errors?", str_encode, 0, NULL},
    {"format", NULL, str_format, NATIVE_TAKES_UNKNOWN, NULL},
    {"format_map", "mapping /", str_format_map, 0, NULL},
    {0},
};

const NativeRow METHODS_BYTES[] = {
    {"decode", "encoding? errors?", bytes_decode, 0, NULL},
    {0},
};
