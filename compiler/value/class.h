/* Class and Instance: classes of the file and their objects, as far as the stages below the evaluator look at
 * them (a layer of such a class is both a Layer and an Instance).
 *
 * Invariant: mro[0] is the class itself; an instance's attributes are those of the object alone, by name, in
 * the order of their first assignment.
 */
#ifndef LAMINA_VALUE_CLASS_H
#define LAMINA_VALUE_CLASS_H

#include "value/value.h"

typedef enum ClassBase {
    CLASS_OBJECT,
    CLASS_LAYER, /* below keras.layers.Layer */
    CLASS_MODEL  /* below keras.Model, which is a Layer too */
} ClassBase;

typedef struct Class Class;
struct Class {
    const char *name;
    SourceRange at;
    struct Scope *names; /* what the body bound */
    Class **mro;         /* Python's method resolution order, Keras' and Python's own classes left out */
    size_t n_mro;
    ClassBase base;
    const struct LayerClass *row; /* the class of its instances among layers; NULL: no layers */
    const Value *fields;          /* of a dataclass: a tuple of names, which __init__ takes; else NULL */
    Value annotated;              /* a tuple of the names that the body annotates */
    bool unseen;                  /* --extern names it, the file has it from somewhere unknown */
    const Opaque *opaque;         /* a skipped statement could have changed it */
};

typedef struct Instance {
    Class *class_;
    Dict *attributes;
    struct Layer *layer; /* the same object as a layer, or NULL */
    bool ready;          /* Layer.__init__ has run */
    Value self;          /* super(): the object that methods after `after` are bound to; else none */
    Class *after;        /* super(): else NULL */
    const Opaque *opaque;
} Instance;

#endif
