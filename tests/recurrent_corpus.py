#!/usr/bin/env python3
"""Writes the corpus of recurrent layers: combinations of arguments, by a seeded generator.

    tests/recurrent_corpus.py        writes tests/corpus/recurrent/grid_*.lam; then oracle.py --update gives the values
"""
import pathlib
import random

FOLDER = pathlib.Path(__file__).resolve().parent / "corpus" / "recurrent"
ACTIVATIONS = ["tanh", "relu", "sigmoid", "linear", "elu", "hard_sigmoid", "softsign", "gelu", "softmax", "leaky_relu"]
BOUNDED = ["sigmoid", "hard_sigmoid", "tanh", "softsign", "softmax"]
UNITS, STEPS, WIDTHS = [1, 3, 4, 16, 17], [1, 2, 5, 7], [1, 2, 5]


def arguments(kind, r):
    out = [str(r.choice(UNITS))]
    if r.random() < 0.4:
        out.append(f"activation={r.choice(ACTIVATIONS)!r}")
    if kind != "SimpleRNN" and r.random() < 0.4:
        out.append(f"recurrent_activation={r.choice(BOUNDED)!r}")
    for name, chance in (("use_bias", 0.25), ("reset_after", 0.5 if kind == "GRU" else 0)):
        if r.random() < chance:
            out.append(f"{name}=False")
    for name in ("return_sequences", "return_state", "go_backwards", "unroll"):
        if r.random() < 0.4:
            out.append(f"{name}=True")
    return ", ".join(out)


def call(r, i, units, states):
    """The call's arguments after the sequence, and the lines that it needs."""
    lines, extra = [], []
    if r.random() < 0.4:
        names = [f"s{i}_{k}" for k in range(states)]
        lines += [f'{n} = Input(({units},), name="{n}")' for n in names]
        extra.append(f"initial_state=[{', '.join(names)}]" if states > 1 or r.random() < 0.5
                     else f"initial_state={names[0]}")
        lines.append(f"inputs += [{', '.join(names)}]")
    return lines, extra


def write(number):
    r = random.Random(number)
    steps, width = r.choice(STEPS), r.choice(WIDTHS)
    lines = ["from keras import Input, Model", "from keras.layers import GRU, LSTM, Masking, SimpleRNN", ""]
    lines += [f'x = Input(({steps}, {width}), name="x")', "inputs, outputs = [x], []"]
    masked, mask_given = r.random() < 0.5, False
    if masked:
        lines.append("seen = Masking()(x)")
    for i in range(3):
        kind = r.choice(["LSTM", "GRU", "SimpleRNN"])
        text = arguments(kind, r)
        more, extra = call(r, i, text.split(",")[0], 2 if kind == "LSTM" else 1)
        if not masked and r.random() < 0.4:
            extra.append("mask=m")
            if not mask_given:
                more += [f'm = Input(({steps},), dtype="bool", name="m")', "inputs.append(m)"]
            mask_given = True
        warns = "  # expect-error: W255" if masked and extra else ""
        lines += more
        lines.append(f"y = {kind}({text})({', '.join([('seen' if masked else 'x')] + extra)}){warns}")
        lines.append("outputs += list(y) if isinstance(y, (list, tuple)) else [y]")
    lines.append("model = Model(inputs, outputs)")
    use = ["# use: x ints 0 1"] * masked + ["# use: m ints 0 1"] * mask_given
    text = "\n".join([f"# Written by tests/recurrent_corpus.py, seed {number}."] + use + lines) + "\n"
    (FOLDER / f"grid_{number:02}.lam").write_text(text)


if __name__ == "__main__":
    for number in range(24):
        write(number)
