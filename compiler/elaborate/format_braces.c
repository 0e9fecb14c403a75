/* str.format: "{} has {0.name!r:>{width}}". */
#include <string.h>

#include "elaborate/format.h"

typedef struct Braces {
    Eval *eval;
    const Arguments *arguments;
    SourceRange at;
    size_t automatic;  /* the next number of a "{}" */
    bool manual;       /* a "{0}" was seen */
    bool from_mapping; /* format_map: there are no positional arguments */
    const Opaque *unknown;
} Braces;

static bool render(Braces *b, const char *at, const char *end, int depth, Text *text);

static bool positional(Braces *b, size_t index, Value *out) {
    if (b->from_mapping) return RAISE_VALUE(b->eval, b->at, "Format string contains positional fields");
    if (index < b->arguments->count && !b->arguments->at[index].keyword) {
        *out = b->arguments->at[index].value;
        return true;
    }
    return RAISE_INDEX(b->eval, b->at, "Replacement index %zu out of range for positional args tuple", index);
}

static bool is_digits(const char *at, const char *end) {
    if (at == end) return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') return false;
    }
    return true;
}

static int64_t read_number(const char *at, const char *end) {
    int64_t number = 0;
    for (; at < end && number < 1000000; at++) number = number * 10 + (*at - '0');
    return number;
}

/* The argument that a field's first name stands for: "", "2" or "name". */
static bool first_value(Braces *b, const char *at, const char *end, Value *out) {
    if (at == end) {
        if (b->manual) {
            return RAISE_VALUE(b->eval, b->at,
                               "cannot switch from manual field specification to automatic field "
                               "numbering");
        }
        return positional(b, b->automatic++, out);
    }
    if (is_digits(at, end)) {
        if (b->automatic > 0) {
            return RAISE_VALUE(b->eval, b->at,
                               "cannot switch from automatic field numbering to manual field "
                               "specification");
        }
        b->manual = true;
        return positional(b, (size_t)read_number(at, end), out);
    }
    const size_t length = (size_t)(end - at);
    for (size_t i = 0; i < b->arguments->count; i++) {
        const Argument *argument = &b->arguments->at[i];
        if (argument->keyword && strlen(argument->keyword) == length &&
            memcmp(argument->keyword, at, length) == 0) {
            *out = argument->value;
            return true;
        }
    }
    return RAISE_KEY(b->eval, b->at, "%s",
                     value_repr(b->eval->arena, value_str_n(b->eval->arena, at, length)));
}

/* ".name" and "[key]" behind the first name. */
static bool follow(Braces *b, const char *at, const char *end, Value *value) {
    Arena *arena = b->eval->arena;
    while (at < end) {
        const char opener = *at++;
        const char *begin = at;
        if (opener == '.') {
            while (at < end && *at != '.' && *at != '[') at++;
            if (at == begin) return RAISE_VALUE(b->eval, b->at, "Empty attribute in format string");
            const char *name = arena_strndup(arena, begin, (size_t)(at - begin));
            if (!eval_attribute(b->eval, *value, name, b->at, value)) return false;
            continue;
        }
        if (opener != '[') {
            return RAISE_VALUE(b->eval, b->at, "Only '.' or '[' may follow ']' in format field specifier");
        }
        while (at < end && *at != ']') at++;
        if (at == end) return RAISE_VALUE(b->eval, b->at, "Missing ']' in format string");
        if (at == begin) return RAISE_VALUE(b->eval, b->at, "Empty attribute in format string");
        const Value key = is_digits(begin, at) ? value_int(read_number(begin, at))
                                               : value_str_n(arena, begin, (size_t)(at - begin));
        if (!value_subscript(b->eval, *value, key, b->at, value)) return false;
        at++;
    }
    return true;
}

static bool field_value(Braces *b, const char *at, const char *end, Value *out) {
    const char *name_end = at;
    while (name_end < end && *name_end != '.' && *name_end != '[') name_end++;
    return first_value(b, at, name_end, out) && follow(b, name_end, end, out);
}

/* The inside of "{...}": name, "!r", ":spec". */
static bool render_field(Braces *b, const char *at, const char *end, int depth, Text *text) {
    const char *name_end = at;
    for (bool in_key = false; name_end < end && (in_key || (*name_end != '!' && *name_end != ':'));
         name_end++) {
        if (*name_end == '[') in_key = true;
        if (*name_end == ']') in_key = false;
    }
    Value value;
    if (!field_value(b, at, name_end, &value)) return false;
    const char *p = name_end;
    if (p < end && *p == '!') {
        const char conversion = p + 1 < end ? p[1] : 0;
        if (!conversion || !strchr("rsa", conversion)) {
            return RAISE_VALUE(b->eval, b->at, "Unknown conversion specifier %c",
                               conversion ? conversion : '!');
        }
        p += 2;
        if (p < end && *p != ':')
            return RAISE_VALUE(b->eval, b->at, "expected ':' after conversion specifier");
        if (!value_to_text(b->eval, value, conversion, b->at, &value)) return false;
    }
    Text spec = text_new(b->eval->arena);
    if (p < end && !render(b, p + 1, end, depth + 1, &spec)) return false;
    Value formatted;
    if (!value_format_spec(b->eval, value, spec.data, b->at, &formatted)) return false;
    if (formatted.kind == VALUE_OPAQUE)
        b->unknown = formatted.as.opaque;
    else
        text_add_n(text, formatted.as.str->data, formatted.as.str->length);
    return true;
}

/* The end of the field that begins at `at`, behind its "{"; NULL where it is missing. */
static const char *field_end(const char *at, const char *end) {
    for (int depth = 1; at < end; at++) {
        if (*at == '{')
            depth++;
        else if (*at == '}' && --depth == 0)
            return at;
    }
    return NULL;
}

static bool render(Braces *b, const char *at, const char *end, int depth, Text *text) {
    if (depth > 2) return RAISE_VALUE(b->eval, b->at, "Max string recursion exceeded");
    while (at < end) {
        const char c = *at++;
        if (c != '{' && c != '}') {
            text_char(text, c);
        } else if (at < end && *at == c && depth == 0) {
            text_char(text, c);
            at++;
        } else if (c == '}') {
            return RAISE_VALUE(b->eval, b->at, "Single '}' encountered in format string");
        } else {
            if (at == end) return RAISE_VALUE(b->eval, b->at, "Single '{' encountered in format string");
            const char *close = field_end(at, end);
            if (!close) return RAISE_VALUE(b->eval, b->at, "expected '}' before end of string");
            if (!render_field(b, at, close, depth, text)) return false;
            at = close + 1;
        }
    }
    return true;
}

bool brace_format(Eval *eval, Value format, const Arguments *arguments, bool from_mapping, Value *out) {
    Braces b = {.eval = eval, .arguments = arguments, .at = arguments->call, .from_mapping = from_mapping};
    Text text = text_new(eval->arena);
    const Str *str = format.as.str;
    if (!render(&b, str->data, str->data + str->length, 0, &text)) return false;
    *out = b.unknown ? eval_opaque_from(eval, b.unknown) : value_from_text(eval->arena, &text);
    return true;
}
