"""Recurrent layers, their wrappers and masks for random_models.py: makers as in random_model_ops.py."""
UNITS = [1, 1, 2, 3, 4, 5, 15, 16, 17]
FUNCTIONS = ["tanh", "relu", "sigmoid", "linear", "elu", "softsign", "hard_sigmoid", "softmax"]
GATES = ["sigmoid", "hard_sigmoid", "tanh", "softsign"]


def cell(b, kind, name):
    given = b.options((0.3, f"activation={b.pick(FUNCTIONS)!r}"), (0.2, "use_bias=False"), (0.06, "dtype='float64'"))
    if kind != "SimpleRNN":
        given += b.options((0.3, f"recurrent_activation={b.pick(GATES)!r}"))
    if kind == "GRU":
        given += b.options((0.4, "reset_after=False"))
    return f"{name}({b.pick(UNITS)}{given}"


def flags(b, sequences=0.6):
    return b.options((sequences, "return_sequences=True"), (0.25, "go_backwards=True"), (0.15, "unroll=True"))


def recurrent(b, x):
    if len(x.shape) != 3:
        return None
    kind = b.pick(["LSTM", "GRU", "SimpleRNN"])
    if b.chance(0.25):
        cells = [cell(b, k, f"{k}Cell") + ")" for k in b.rng.sample(["LSTM", "GRU", "SimpleRNN"], b.pick([1, 1, 2]))]
        text = cells[0] if len(cells) == 1 else f"[{', '.join(cells)}]"
        layer = f"RNN({text}{flags(b)}{b.options((0.3, 'zero_output_for_mask=True'))})"
    else:
        layer = cell(b, kind, kind) + flags(b) + ")"
        if b.chance(0.2):
            states = 2 if kind == "LSTM" else 1
            return f"{layer[:-1]}, return_state=True)({{0}})[{b.pick(range(states + 1))}]"
    return f"{layer}({{0}})"


def bidirectional(b, x):
    if len(x.shape) != 3:
        return None
    kind = b.pick(["LSTM", "GRU", "SimpleRNN"])
    layer = cell(b, kind, kind) + b.options((0.6, "return_sequences=True"), (0.15, "unroll=True")) + ")"
    return f"Bidirectional({layer}{b.options((0.5, 'merge_mode=' + b.pick(['sum', 'mul', 'ave', 'concat']).__repr__()))})({{0}})"


def time_distributed(b, x):
    if len(x.shape) < 3 or x.shape[1] > 9:
        return None
    inner = [f"Dense({b.pick(UNITS)}, activation={b.pick(FUNCTIONS)!r})", "BatchNormalization()", "LayerNormalization()",
             "Flatten()", "Dropout(0.5)"]
    if len(x.shape) == 4:
        inner += [f"Conv1D({b.pick(UNITS)}, {b.pick([1, 2])})", "GlobalMaxPooling1D()", f"GRU({b.pick(UNITS)})"]
    if len(x.shape) == 5:
        inner += [f"Conv2D({b.pick([1, 2, 3])}, 2, padding='same')", "MaxPooling2D(2)"]
    return f"TimeDistributed({b.pick(inner)})({{0}})"


def conv_lstm(b, x):
    rank = len(x.shape) - 3
    if rank not in (1, 2, 3) or x.shape[1] > 5:
        return None
    given = b.options((0.5, "padding='same'"), (0.5, "return_sequences=True"), (0.3, "go_backwards=True"),
                      (0.2, "activation='relu'"), (0.3, "strides=2"))
    return f"ConvLSTM{rank}D({b.pick([1, 2, 3])}, {b.pick([1, 2, 3])}{given})({{0}})"


def masking(b, x):
    return b.pick(["Masking()(ReLU()({0}))", "Masking(1.0)(ops.sign({0}))", "Masking()({0} * 0.0)"]) if len(x.shape) == 3 else None


def masked_ids(b, x):
    return f"Embedding({b.pick([4, 17])}, {b.pick(UNITS)}, mask_zero=True)({{0}})"


MAKERS = [recurrent, recurrent, bidirectional, time_distributed, conv_lstm, masking]
