/* What the files of RNN over cells of the file share: cells and lists of states. */
#ifndef LAMINA_ELABORATE_CUSTOM_RNN_H
#define LAMINA_ELABORATE_CUSTOM_RNN_H

#include "elaborate/classes.h"
#include "layers/recurrent.h"

static inline bool is_list(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
}

static inline size_t length(Value list) {
    return is_list(list) ? list.as.list->items.count : 0;
}

static inline Value item(Value list, size_t i) {
    return list.as.list->items.at[i];
}

/* cell.state_size: an int, or a list of them. False after reporting. */
bool custom_rnn_state_size(Eval *eval, const Layer *cell, SourceRange at, Value *out);

#endif
