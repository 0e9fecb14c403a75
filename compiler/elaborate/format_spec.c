/* format(value, spec) and the texts of values: the format specification mini-language of Python. */
#include <limits.h>
#include <string.h>

#include "elaborate/format.h"

/* ---- the text of a value ---- */

/* What prints an address, or a text that we do not have, in Python. */
static bool has_no_text(Value value) {
    switch (value.kind) {
    case VALUE_LAYER_CLASS:
    case VALUE_SYMBOL:
    case VALUE_CONFIG:
    case VALUE_FUNCTION:
    case VALUE_BUILTIN:
    case VALUE_METHOD:
    case VALUE_NAMESPACE:
    case VALUE_CLASS:
    case VALUE_INSTANCE: return true;
    case VALUE_LIST: return value.as.list->once;
    case VALUE_DICT: return value.as.dict->type != NULL;
    default: return false;
    }
}

static bool holds_no_text(Value value) { /* value_unknown_inside came before: the depth is bounded */
    if (has_no_text(value)) return true;
    if (value_has_items(value)) {
        for (size_t i = 0; i < value.as.list->items.count; i++) {
            if (holds_no_text(value.as.list->items.at[i])) return true;
        }
    } else if (value.kind == VALUE_DICT) {
        for (size_t i = 0; i < value.as.dict->entries.count; i++) {
            if (holds_no_text(value.as.dict->entries.at[i].key)) return true;
            if (holds_no_text(value.as.dict->entries.at[i].value)) return true;
        }
    }
    return false;
}

static const char *escape_non_ascii(Arena *arena, const char *text) {
    const Str str = {strlen(text), text};
    Text out = text_new(arena);
    for (size_t i = 0; i < str.length; i += str_step(&str, i)) {
        const uint32_t code = str_decode(&str, i);
        if (code < 0x80)
            text_char(&out, (char)code);
        else
            text_printf(&out,
                        code < 0x100     ? "\\x%02x"
                        : code < 0x10000 ? "\\u%04x"
                                         : "\\U%08x",
                        (unsigned)code);
    }
    return out.data;
}

/* str(ValueError("a")) is "a". */
static bool exception_text(Eval *eval, const Config *config, char conversion, SourceRange at, Value *out) {
    const Arguments *arguments = config->arguments;
    if (arguments && arguments->count == 1 && conversion != 'r' && conversion != 'a') {
        return value_to_text(eval, arguments->at[0].value, 's', at, out);
    }
    Value args = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = 0; arguments && i < arguments->count; i++) {
        value_list_push(eval->arena, args, arguments->at[i].value);
    }
    if (!value_to_text(eval, args, 'r', at, out) || out->kind != VALUE_STR) return out->kind != VALUE_STR;
    const char *text = out->as.str->data;
    if (conversion == 'r' || conversion == 'a') {
        if (args.as.list->items.count == 1)
            text = arena_printf(eval->arena, "%.*s)", (int)strlen(text) - 2, text);
        text = arena_printf(eval->arena, "%s%s", strrchr(config->symbol, '.') + 1, text);
    }
    *out = value_str(eval->arena, args.as.list->items.count == 0 && conversion != 'r' ? "" : text);
    return true;
}

bool value_to_text(Eval *eval, Value value, char conversion, SourceRange at, Value *out) {
    const bool plain = conversion != 'r' && conversion != 'a';
    if (value.kind == VALUE_STR && plain) {
        *out = value;
        return true;
    }
    const Opaque *cause;
    if (!value_look_inside(eval, value, at, &cause)) return false;
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (value.kind == VALUE_CONFIG && strncmp(value.as.config->symbol, "builtins.", 9) == 0) {
        return exception_text(eval, value.as.config, conversion, at, out);
    }
    if (value.kind == VALUE_BUILTIN) {
        const Builtin *builtin = value.as.builtin;
        *out =
            value_str(eval->arena,
                      arena_printf(eval->arena, builtin->is_type ? "<class '%s'>" : "<built-in function %s>",
                                   builtin->name));
        return true;
    }
    if (holds_no_text(value)) {
        *out = eval_opaque(
            eval, at,
            arena_printf(eval->arena, "the text of a %s is not evaluated", value_class_name(value)));
        return true;
    }
    const char *text = value_repr(eval->arena, value);
    if (strlen(text) > VALUE_MAX_TEXT) {
        *out = eval_opaque(eval, at, "so long a text is not evaluated");
        return true;
    }
    *out = value_str(eval->arena, conversion == 'a' ? escape_non_ascii(eval->arena, text) : text);
    return eval_charge(eval, at, out->as.str->length / 16);
}

/* ---- the specification ---- */

static bool is_align(char c) {
    return c == '<' || c == '>' || c == '=' || c == '^';
}

static const char *parse_number(const char *at, int64_t *out, bool *too_big) {
    for (*out = 0; *at >= '0' && *at <= '9'; at++) {
        *out = *out * 10 + (*at - '0');
        if (*out > INT_MAX) {
            *too_big = true;
            *out = INT_MAX;
        }
    }
    return at;
}

static const char *parse_fill(const char *at, FormatSpec *out) {
    const Str text = {strlen(at), at};
    const size_t step = text.length > 0 ? str_step(&text, 0) : 0;
    if (step > 0 && is_align(at[step])) {
        memcpy(out->fill, at, step);
        out->align = at[step];
        return at + step + 1;
    }
    if (is_align(*at)) out->align = *at++;
    return at;
}

bool format_parse_spec(Eval *eval, const char *text, const char *type_name, SourceRange at, FormatSpec *out) {
    *out = (FormatSpec){.precision = -1};
    bool too_big = false;
    const char *p = parse_fill(text, out);
    if (*p == '+' || *p == '-' || *p == ' ') out->sign = *p++;
    if (*p == 'z') out->no_negative_zero = *p++;
    if (*p == '#') out->alternate = *p++;
    if (*p == '0') {
        if (!out->fill[0]) {
            strcpy(out->fill, "0");
            out->zero_pad = !out->align;
        }
        p++;
    }
    p = parse_number(p, &out->width, &too_big);
    if (*p == ',' || *p == '_') out->grouping = *p++;
    if (*p == ',' || *p == '_') {
        if (*p == out->grouping) return RAISE_VALUE(eval, at, "Cannot specify '%c' with '%c'.", *p, *p);
        return RAISE_VALUE(eval, at, "Cannot specify both ',' and '_'.");
    }
    if (*p == '.') {
        const char *digits = p + 1;
        p = parse_number(digits, &out->precision, &too_big);
        if (p == digits) return RAISE_VALUE(eval, at, "Format specifier missing precision");
    }
    if (too_big) return RAISE_VALUE(eval, at, "Too many decimal digits in format string");
    if (*p) out->type = *p++;
    if (*p) {
        return RAISE_VALUE(eval, at, "Invalid format specifier '%s' for object of type '%s'", text,
                           type_name);
    }
    return eval_charge(eval, at, (uint64_t)(out->width + (out->precision > 0 ? out->precision : 0)) / 16);
}

static bool unknown_code(Eval *eval, const FormatSpec *spec, const char *type_name, SourceRange at) {
    if ((unsigned char)spec->type >= 0x80) {
        return RAISE_VALUE(eval, at, "Invalid format specifier for object of type '%s'", type_name);
    }
    return RAISE_VALUE(eval, at, "Unknown format code '%c' for object of type '%s'", spec->type, type_name);
}

static bool format_text(Eval *eval, const Str *str, const FormatSpec *spec, SourceRange at, Value *out) {
    if (spec->type && spec->type != 's') return unknown_code(eval, spec, "str", at);
    if (spec->sign) {
        return RAISE_VALUE(eval, at,
                           spec->sign == ' ' ? "Space not allowed in string format specifier"
                                             : "Sign not allowed in string format specifier");
    }
    if (spec->no_negative_zero) {
        return RAISE_VALUE(eval, at, "Negative zero coercion (z) not allowed in string format specifier");
    }
    if (spec->alternate)
        return RAISE_VALUE(eval, at, "Alternate form (#) not allowed in string format specifier");
    if (spec->align == '=')
        return RAISE_VALUE(eval, at, "'=' alignment not allowed in string format specifier");
    if (spec->grouping) return RAISE_VALUE(eval, at, "Cannot specify '%c' with 's'.", spec->grouping);
    Text text = text_new(eval->arena);
    format_add_aligned(&text, str->data, format_cut(str, spec->precision), spec, '<');
    *out = value_from_text(eval->arena, &text);
    return true;
}

static bool format_real(Eval *eval, double value, const FormatSpec *spec, const char *type_name,
                        SourceRange at, Value *out) {
    if (spec->type && !strchr("eEfFgGn%", spec->type)) return unknown_code(eval, spec, type_name, at);
    if (spec->type == 'n' && spec->grouping) {
        return RAISE_VALUE(eval, at, "Cannot specify '%c' with 'n'.", spec->grouping);
    }
    const NumberText number = format_float(eval->arena, value, spec);
    Text text = text_new(eval->arena);
    format_add_number(&text, &number, spec);
    *out = value_from_text(eval->arena, &text);
    return true;
}

static bool format_character(Eval *eval, int64_t code, const FormatSpec *spec, SourceRange at, Value *out) {
    if (spec->sign) return RAISE_VALUE(eval, at, "Sign not allowed with integer format specifier 'c'");
    if (spec->alternate) {
        return RAISE_VALUE(eval, at, "Alternate form (#) not allowed with integer format specifier 'c'");
    }
    if (code < 0 || code > 0x10ffff)
        return eval_raise(eval, E356, NULL, at, "%%c arg not in range(0x110000)");
    Text character = text_new(eval->arena), text = text_new(eval->arena);
    text_add_code_point(&character, (uint32_t)code);
    FormatSpec filled = *spec;
    if (filled.zero_pad) filled.align = '=';
    format_add_aligned(&text, character.data, character.length, &filled, '<');
    *out = value_from_text(eval->arena, &text);
    return true;
}

static bool format_whole(Eval *eval, int64_t value, const FormatSpec *spec, const char *type_name,
                         SourceRange at, Value *out) {
    if (spec->type && strchr("eEfFgG%", spec->type))
        return format_real(eval, (double)value, spec, type_name, at, out);
    if (spec->type && !strchr("bcdoxXn", spec->type)) return unknown_code(eval, spec, type_name, at);
    if (spec->precision >= 0)
        return RAISE_VALUE(eval, at, "Precision not allowed in integer format specifier");
    if (spec->no_negative_zero) {
        return RAISE_VALUE(eval, at,
                           "Negative zero coercion (z) not allowed in format specifier with integer format "
                           "code '%c'",
                           spec->type ? spec->type : 'd');
    }
    const bool refuses = spec->type && strchr(spec->grouping == ',' ? "bcoxXn" : "cn", spec->type);
    if (spec->grouping && refuses) {
        return RAISE_VALUE(eval, at, "Cannot specify '%c' with '%c'.", spec->grouping, spec->type);
    }
    if (spec->type == 'c') return format_character(eval, value, spec, at, out);
    const NumberText number = format_int(eval->arena, value, spec);
    Text text = text_new(eval->arena);
    format_add_number(&text, &number, spec);
    *out = value_from_text(eval->arena, &text);
    return true;
}

bool value_format_spec(Eval *eval, Value value, const char *text, SourceRange at, Value *out) {
    if (text[0] == '\0') return value_to_text(eval, value, 's', at, out);
    const Opaque *cause = eval_opaque_of(value);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    FormatSpec spec;
    int64_t integer;
    const char *type_name = value_class_name(value);
    if (value.kind != VALUE_STR && !value_is_number(value)) {
        if (value.kind == VALUE_INSTANCE || value.kind == VALUE_CONFIG || value.kind == VALUE_SYMBOL) {
            *out = eval_opaque(eval, at,
                               arena_printf(eval->arena, "the text of a %s is not evaluated", type_name));
            return true;
        }
        return RAISE_TYPE(eval, at, "unsupported format string passed to %s.__format__", type_name);
    }
    if (!format_parse_spec(eval, text, type_name, at, &spec)) return false;
    if (value.kind == VALUE_STR) return format_text(eval, value.as.str, &spec, at, out);
    if (value_as_int(value, &integer)) return format_whole(eval, integer, &spec, type_name, at, out);
    return format_real(eval, value.as.real, &spec, type_name, at, out);
}
