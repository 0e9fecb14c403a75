/* What the files behind value_ops.h share. Operands are known here: opaque ones were answered before. */
#ifndef LAMINA_ELABORATE_VALUE_OPS_PARTS_H
#define LAMINA_ELABORATE_VALUE_OPS_PARTS_H

#include "base/text.h"
#include "elaborate/eval.h"

#define RAISE_TYPE(eval, at, ...) eval_raise((eval), E350, NULL, (at), __VA_ARGS__)
#define RAISE_INDEX(eval, at, ...) eval_raise((eval), E351, NULL, (at), __VA_ARGS__)
#define RAISE_KEY(eval, at, ...) eval_raise((eval), E352, NULL, (at), __VA_ARGS__)
#define RAISE_VALUE(eval, at, ...) eval_raise((eval), E354, NULL, (at), __VA_ARGS__)

/* int, bool or float on both sides. */
bool value_is_number(Value value);
bool value_is_integer(Value value); /* int or bool */
bool number_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out);
bool number_unary(Eval *eval, UnaryOperator op, Value operand, SourceRange at, Value *out);
/* -1, 0, 1; 2 where one is not a number (NaN). Exact between int and float. */
int number_order(Value left, Value right);
/* The int of a whole float; opaque where it does not fit int64. */
Value number_from_whole(Eval *eval, double whole, SourceRange at);
/* An opaque value for a result that int64 cannot hold. */
bool number_too_large(Eval *eval, SourceRange at, Value *out);

/* Concatenation, repetition, set and dict operators; false in *handled where there is none for these types.
 */
bool sequence_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out,
                     bool *handled);
/* A set with the items of `left` that are in `right` (or, `keep` false, that are not). */
Value set_filter(Eval *eval, Value left, List *right, bool keep);
/* Adds items of an iterable to a set; a list that cannot be hashed raises. */
bool set_add_checked(Eval *eval, Value set, Value item, SourceRange at);
/* value_unknown_inside, with the work charged: false where it is too much. */
bool value_look_inside(Eval *eval, Value value, SourceRange at, const Opaque **cause);
/* Why a key or item of a set is unknown; tensors and layers are known by their identity. */
const Opaque *key_unknown(Value key);
/* Raises "unhashable type" where Python would. */
bool require_hashable(Eval *eval, Value key, SourceRange at);

/* "%d items" % 3 */
bool percent_format(Eval *eval, Value format, Value operand, SourceRange at, Value *out);
/* "{} items".format(3); from_mapping: format_map, with the mapping's entries as keyword arguments. */
bool brace_format(Eval *eval, Value format, const Arguments *arguments, bool from_mapping, Value *out);

/* A slice's bounds for a sequence of `length` items, and the number of items it selects. */
typedef struct SliceBounds {
    int64_t start, stop, step, count;
} SliceBounds;
bool slice_bounds(Eval *eval, const Slice *slice, int64_t length, SourceRange at, SliceBounds *out);
/* len() of a range; UINT64_MAX never occurs. */
uint64_t range_length(const Range *range);

/* Strings as Python counts them, in code points. */
int64_t str_length(const Str *str);
/* The byte offset of code point number `index` (0 <= index <= length). */
size_t str_offset(const Str *str, int64_t index);
/* The bytes of the code point at `offset`. */
size_t str_step(const Str *str, size_t offset);
bool str_is_ascii(const Str *str);
/* The first place at or after `from` where `part` stands in the text, by bytes; SIZE_MAX where there is none.
 */
size_t str_find(const Str *text, const Str *part, size_t from);
uint32_t str_decode(const Str *str, size_t offset);
/* Adds a code point as UTF-8. */
void text_add_code_point(Text *text, uint32_t code);
Value value_from_text(Arena *arena, const Text *text);

/* History(layer, node_index, tensor_index) as the tuple it is. */
Value value_history_tuple(Arena *arena, Value history);
/* A true list, a dict view or an iterator, a tuple or a set: what keeps its items in as.list. */
bool value_has_items(Value value);
/* A list that can be indexed: no view, no iterator. */
bool value_is_list(Value value);

/* Stable sort by `<`, on keys beside the items. *unknown is set where a comparison has no known answer. */
bool value_sort(Eval *eval, Value *items, Value *keys, size_t count, bool reverse, SourceRange at,
                const Opaque **unknown);

#endif
