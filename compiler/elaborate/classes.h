/* Classes of the file, their objects, and the layers among them. For the files of the evaluator.
 *
 * A class is evaluated where all its bases are: classes of the file, object, keras.layers.Layer, keras.Model.
 * Any other (a callback, a metric, a torch module) stays opaque, as it always was (functions.c).
 */
#ifndef LAMINA_ELABORATE_CLASSES_H
#define LAMINA_ELABORATE_CLASSES_H

#include "elaborate/eval_parts.h"
#include "graph/external.h"
#include "value/class.h"

/* The row behind a layer of the file: Layer.class_ points to `row`. */
typedef struct CustomRow {
    LayerClass row;
    Eval *eval;
    Class *class_;
} CustomRow;

/* A layer of the file whose build or call runs: its name scope, and the training argument in force. */
typedef struct LayerScope {
    struct LayerScope *outer;
    const Layer *layer;
    const char *before; /* the name scope around it */
    Value training;
} LayerScope;

/* ---- classes.c ---- */

static inline Value class_value(Class *class_) {
    return (Value){.kind = VALUE_CLASS, .as.class_ = class_};
}
/* What the class or one above it binds to the name; `after` NULL, or a class of the mro to start behind. */
bool class_find(const Class *class_, const Class *after, const char *name, Value *out);
bool class_is_below(const Class *class_, const Class *base);
/* class.name; *found is false where there is none. */
bool class_attribute(Eval *eval, Class *class_, const char *name, SourceRange at, Value *out, bool *found);
/* The old way: a class that is not evaluated; whoever calls it may run any of its methods. */
bool class_skip(Eval *eval, const Stmt *stmt);
/* A class without bases made by us: namedtuple, dataclass. */
Class *class_new(Eval *eval, const char *name, SourceRange at);
/* What makes its objects layers. */
const LayerClass *class_make_row(Eval *eval, Class *class_);

/* ---- instances.c ---- */

/* class(...) */
bool class_call(Eval *eval, Class *class_, const Arguments *arguments, Value *out);
/* The object of a class of the file that the value is; NULL where it is none. */
Instance *instance_of(Value value);
/* object.name, by Python's rules; *found is false where neither the object nor its class has it. */
bool instance_attribute(Eval *eval, Value object, const char *name, SourceRange at, Value *out, bool *found);
bool instance_store(Eval *eval, Value object, const char *name, Value value, SourceRange at);
bool instance_delete(Eval *eval, Value object, const char *name, SourceRange at);
/* Calls object.name(values...), where the object's class has that method; else *found is false. */
bool instance_special(Eval *eval, Value object, const char *name, const Value *values, size_t count,
                      SourceRange at, Value *out, bool *found);
/* A method of the file bound to an object. */
Value instance_bind(Eval *eval, Value self, struct Function *function);
/* property.setter(f) and the like: the property with one more function. */
bool instance_property(Eval *eval, const Method *method, const Arguments *arguments, Value *out);
bool instance_call_method(Eval *eval, const Method *method, const Arguments *arguments, Value *out);

/* ---- custom_layer.c: what keras.layers.Layer gives to the classes below it ---- */

/* The Layer behind a new object, and the row of its class. */
void custom_layer_new(Eval *eval, Instance *instance, SourceRange at);
/* super().__init__(...), super().build(...) and the like; *known is false where Keras has no such method. */
bool custom_method(Eval *eval, Layer *layer, const char *name, const Arguments *arguments, Value *out,
                   bool *known);
bool custom_has_method(const Layer *layer, const char *name);
/* An attribute that Keras' own classes have. */
bool custom_is_known(const char *name);
/* self.supports_masking = value */
void custom_set_masking(const Layer *layer, Value value);
/* A weight that was read: in the compute type of the layer under way, as Keras' autocast makes it. */
bool custom_read(Eval *eval, Value *value, SourceRange at);
/* Looks for layers among the attributes: those found first come last among layer->sublayers. */
void custom_track(Eval *eval, Layer *layer);
/* Before weights are read: what each layer of the file saves, in the order of its file. */
void custom_finish(Eval *eval);

/* ---- lambda_layer.c ---- */

/* keras.layers.Lambda of this evaluation; its rows have no Class. */
Value lambda_class(Eval *eval);
bool lambda_is(const Layer *layer);
/* Calls its function on the arguments of the call. */
bool lambda_run(Eval *eval, const Layer *layer, const Arguments *own, Value *result);
/* Why the call is not evaluated, or NULL. */
const Opaque *lambda_unknown(Eval *eval, const Layer *layer, Tensor *const *inputs, size_t count,
                             const Arguments *arguments);
/* Lambda(mask=function) */
bool lambda_has_mask(const Layer *layer);
Value lambda_mask(const Layer *layer);

/* ---- custom_mask.c ---- */

/* A layer of the file with a compute_mask of its own, or a Lambda with mask=. */
bool custom_has_mask(const Layer *layer);
/* Hangs the masks on the outputs of a new node, as operations of the graph. False after an exception. */
bool custom_mask_symbolic(Eval *eval, Node *node);
/* Fills inside->masks and ->input_masks with tensors of the layer's inside: `own` are the arguments that
 * call() got, `outer` the tensors that inside->inputs stand for. *unknown: not evaluated, why. False after an
 * exception. */
bool custom_mask_inside(Eval *eval, Layer *layer, const Arguments *own, Tensor *const *outer,
                        ModelCall *inside, size_t n_inputs, size_t n_outputs, const Opaque **unknown);

/* ---- custom_rnn.c, custom_rnn_run.c: RNN over cells of the file ---- */

/* The row of such an RNN where the class is RNN and the arguments name a cell of the file; else the class. */
const LayerClass *custom_rnn_class(Eval *eval, const LayerClass *class_, const Arguments *arguments);
bool custom_rnn_is(const Layer *layer);
/* The cell over all steps of the arguments' sequences. */
bool custom_rnn_run(Eval *eval, Layer *layer, const Arguments *own, Value *result);

/* ---- custom_methods.c ---- */

/* A layer of Keras whose call is traced: Lambda, an RNN over cells of the file. */
bool custom_is_native(const Layer *layer);

/* The row of a layer of the file. */
const CustomRow *custom_row(const Layer *layer);
/* A function of the layer's class by that name; none where there is none. */
Value custom_find_method(const Layer *layer, const char *name);
bool custom_has_parameter(const struct Function *function, const char *name);
/* What `build` is called with: the shape of the first argument, or one for each of its parameters that is
 * named after a parameter of `call` (NULL: none is known): query_shape, value_shape. */
const Arguments *custom_shape_arguments(Eval *eval, const struct Function *build, const struct Function *call,
                                        const Arguments *arguments);

/* ---- external_layer.c: layers that the user supplies as C functions ---- */

/* What --extern says of the layer, by its name or its class'; NULL: nothing. */
ExternalLayer *external_find(const Eval *eval, const Layer *layer);
/* The class of that name where --extern names it and the file has it from somewhere unknown; else none. */
Value external_class(Eval *eval, const char *name, SourceRange at);
/* Layer.__init__ of such a class: name, dtype and trainable count, the rest is between the file and the
 * function. */
bool external_init(Eval *eval, Layer *layer, const Arguments *arguments);
/* The shapes that the function works on: a call without nodes, one traced output. NULL after reporting. */
ModelCall *external_inside(Eval *eval, Layer *layer, const Arguments *arguments, Tensor *const *inputs,
                           size_t n);

/* ---- custom_call.c ---- */

extern const LayerClass CUSTOM_LAYER; /* its hooks are those of all rows */

#endif
