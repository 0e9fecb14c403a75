"""What random_models.py puts into its graphs: each function here makes one random expression.

A maker takes the builder and a tensor, and gives an expression in which {0}, {1}, ... are tensors, with the names of those;
or None where it has nothing for that shape. Keras itself says which results are valid: the builder evaluates each step as
it makes it and drops what Keras refuses, so the makers may be careless at the edges.
"""
import keras

import random_recurrent

SIZES = [1, 1, 2, 3, 3, 4, 5, 5, 7, 8, 9, 15, 16, 17, 31, 33]
SIDES = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
MOST_ELEMENTS = 3000  # of one sample
MOST_AXES = 8  # what Lamina's shapes hold
ACTIVATIONS = """linear celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid log_softmax
    mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish
    tanh tanh_shrink glu""".split()
COMMON = ["relu", "relu", "relu6", "tanh", "sigmoid", "linear", "swish", "softmax", "gelu", "hard_silu", "elu", "leaky_relu"]
FUNCTIONS = ["activations.relu({0}, negative_slope=0.25, max_value=2.0)", "activations.relu({0}, threshold=0.5)",
             "activations.leaky_relu({0}, negative_slope=0.5)", "activations.elu({0}, alpha=0.5)", "activations.gelu({0})",
             "activations.softmax({0})", "activations.sigmoid({0})", "ops.relu6({0})", "ops.exp({0} * 0.1)", "ops.tanh({0})",
             "activations.celu({0}, alpha=0.5)", "activations.gelu({0}, approximate=True)", "ops.square({0})", "ops.abs({0})",
             "ops.sqrt(ops.abs({0}) + 1.0)", "ops.negative({0})", "activations.hard_shrink({0}, threshold=0.3)",
             "activations.log_softmax({0})", "ops.tan({0} * 0.25)", "ops.sinh({0} * 0.5)", "ops.arcsinh({0})",
             "ops.logaddexp({0}, 0.25)", "ops.arctanh(ops.tanh({0}) * 0.5)", "ops.nan_to_num({0})"]
SCALAR_FORMS = ["{0} + 1.5", "2.0 - {0}", "{0} * -0.5", "{0} / 3.0", "{0} / 4", "1 / ({0} * {0} + 1)", "-{0}", "{0} ** 2",
                "abs({0})", "{0} * 0.5 + 0.25", "({0} - 0.5) / 0.25", "{0} * 2 - 1", "2 * {0}", "{0} + {0}", "{0} * {0}",
                "0.5 * {0} * {0}", "({0} + 1) * ({0} - 1)", "{0} - 0.25"]
INT_FORMS = ["{0} + 1", "{0} * 2", "{0} - 3", "{0} // 2", "{0} % 3", "-{0}", "{0} * {0}", "{0} / 2", "{0} + 0.5", "{0} ** 2",
             "({0} > 1) * {0}", "{0} * 100 + {0} * {0}", "abs({0} - 2)", "{0} != 1", "7 // ({0} + 1)", "2 - {0}"]


WIDE = (0.06, "dtype='float64'")  # of some layers


def shape(tensor):
    return tuple(tensor.shape)


def elements(tensor):
    n = 1
    for d in shape(tensor)[1:]:
        n *= d
    return n


class Builder:
    def __init__(self, rng, depth=0, scope=None):
        self.rng, self.depth, self.steps, self.names, self.definitions = rng, depth, [], [], {}
        self.scope = scope if scope is not None else dict(vars(keras.layers), Input=keras.Input, Model=keras.Model,
                                                          Sequential=keras.Sequential, ops=keras.ops,
                                                          activations=keras.activations)
        self.prefix = "" if scope is None else f"in{len([n for n in scope if n.startswith('inner')])}_"

    def pick(self, choices):
        return self.rng.choice(list(choices))

    def chance(self, probability):
        return self.rng.random() < probability

    def tensor(self, name):
        return self.scope[name]

    def add(self, expression, inputs=()):
        """The name of the step's result; None where Keras refuses it, or it is too large."""
        name = f"{self.prefix}t{len(self.names)}"
        try:
            value = eval(expression.format(*inputs), self.scope)
        except Exception:  # whatever Keras raises
            return None
        if not isinstance(value, keras.KerasTensor) or None in shape(value)[1:] or elements(value) > MOST_ELEMENTS:
            return None
        if len(shape(value)) > MOST_AXES:
            return None
        self.scope[name] = value
        self.steps.append([name, expression, list(inputs)])
        self.names.append(name)
        return name

    def define(self, name, text):
        """A definition above the steps; False where Keras refuses it."""
        try:
            exec(text, self.scope)
        except Exception:
            return False
        self.definitions[name] = text
        return True

    def others(self, name, test):
        mine = self.tensor(name)
        return [n for n in self.names if n != name and test(shape(self.tensor(n)), shape(mine)) and
                self.tensor(n).dtype == mine.dtype]

    # ---- arguments ----

    def activation(self):
        if self.chance(0.45):
            return ""
        name = self.pick(COMMON if self.chance(0.7) else ACTIVATIONS)
        objects = ["activation=LeakyReLU(negative_slope=0.1)", "activation=activations.tanh", "activation=ReLU(max_value=1.0)",
                   "activation='linear'", "activation=activations.relu6",
                   "activation=lambda t: ops.tanh(t) * 0.5", "activation=lambda t: t * ops.sigmoid(t + 1.0)"]
        return ", " + (self.pick(objects) if self.chance(0.15) else f"activation='{name}'")

    def options(self, *pairs):
        """Of (probability, text) those that come up."""
        return "".join(", " + text for probability, text in pairs if self.chance(probability))

    def size(self, low=1):
        return max(low, self.pick(SIZES))


# ---- any shape ----

def dense(b, x):
    if len(shape(x)) < 2:
        return None
    layer = f"Dense({b.size()}{b.activation()}{b.options((0.2, 'use_bias=False'), WIDE)})"
    return f"SpectralNormalization({layer})({{0}})" if b.chance(0.05) else layer + "({0})"


def activation(b, x):
    return f"Activation('{b.pick(ACTIVATIONS)}')({{0}})"


def activation_layer(b, x):
    rank = len(shape(x))
    axes = [a for a in range(1, rank)] or [-1]
    return b.pick([
        "ReLU()({0})", "ReLU(max_value=1.0)({0})", "ReLU(negative_slope=0.1)({0})", "ReLU(threshold=0.3)({0})",
        "ReLU(max_value=0.8, negative_slope=0.2, threshold=0.1)({0})", "LeakyReLU()({0})", "LeakyReLU(negative_slope=0)({0})",
        "ELU(alpha=0.7)({0})", "ELU()({0})", "PReLU()({0})", f"PReLU(shared_axes=[{b.pick(axes)}])({{0}})", "Softmax()({0})",
        f"Softmax(axis={b.pick(axes)})({{0}})", f"Softmax(axis={b.pick(axes) - rank})({{0}})",
        f"Softmax(axis={tuple(b.rng.sample(axes, min(2, len(axes))))})({{0}})"])


def function(b, x):
    return b.pick(FUNCTIONS)


def scalars(b, x):
    return b.pick(SCALAR_FORMS)


def nothing(b, x):
    return b.pick(["Dropout(0.5)({0})", "Identity()({0})", "GaussianNoise(0.5)({0})", "AlphaDropout(0.3)({0})",
                   "ActivityRegularization(l2=0.1)({0})", "Dropout(0.2)({0}, training=False)", "Activation('linear')({0})"])


def batch_norm(b, x):
    rank = len(shape(x))
    if rank < 2:
        return None
    axis = "" if b.chance(0.7) else f", axis={b.rng.randrange(1, rank)}"
    given = b.options((0.2, "scale=False"), (0.2, "center=False"), (0.3, f"epsilon={b.pick([1e-5, 0.01, 0.5])}"), WIDE)
    return f"BatchNormalization({(axis + given)[2:]})({{0}})"


def layer_norm(b, x):
    rank = len(shape(x))
    if rank < 2:
        return None
    axes = sorted(b.rng.sample(range(1, rank), b.rng.randint(1, rank - 1)))
    axis = b.pick(["", f", axis={axes}", f", axis={axes[0]}", ", axis=-1"])
    given = b.options((0.2, "scale=False"), (0.2, "center=False"), (0.2, "epsilon=0.1"), WIDE)
    return f"LayerNormalization({(axis + given)[2:]})({{0}})"


def rescaling(b, x):
    last = shape(x)[-1] or 1
    values = [round(b.rng.uniform(-2, 2), 2) for _ in range(last)]
    return b.pick(["Rescaling(0.5)({0})", "Rescaling(1 / 127.5, offset=-1)({0})", f"Rescaling({values})({{0}})",
                   f"Rescaling(2.0, offset={values})({{0}})"])


def flatten(b, x):
    return "Flatten()({0})"


def reshape(b, x):
    n = elements(x)
    parts = [d for d in range(1, n + 1) if n % d == 0] if n else [1]
    first = b.pick(parts)
    second = b.pick([d for d in parts if (n // first) % d == 0])
    target = b.pick([(n,), (first, n // first), (first, second, n // first // second), (1, first, n // first, 1),
                     (first, -1), (-1,)])
    return f"Reshape({target})({{0}})" if b.chance(0.8) else f"{{0}}.reshape({(-1, *[d for d in target if d > 0])})"


def permute(b, x):
    axes = list(range(1, len(shape(x))))
    b.rng.shuffle(axes)
    return f"Permute({tuple(axes)})({{0}})" if axes else None


def subscript(b, x):
    parts = [":"]
    for extent in shape(x)[1:]:
        k = b.rng.randrange(extent) if extent else 0
        parts.append(b.pick([":", ":", str(k), str(-k - 1), f"{k}:", f":{k + 1}", "::2", "::-1", f"{k}::-1", f"-{k + 1}:",
                             f"{k}:{k + 2}"]))
    if b.chance(0.2):
        parts.insert(b.rng.randrange(1, len(parts) + 1), "None")
    if b.chance(0.2):
        parts = [":", "...", parts[-1]]
    if b.chance(0.05):
        parts[0] = "0:2" if b.chance(0.5) else "::-1"
    return f"{{0}}[{', '.join(parts)}]"


def squeeze(b, x):
    return f"{{0}}.squeeze({b.pick([k for k, d in enumerate(shape(x)) if d == 1] or [1])})"


# ---- several tensors ----

def merge_same(b, x, name=None):
    others = b.others(name, lambda theirs, mine: theirs == mine)
    if not others:
        others = [name]
    chosen = [b.pick(others) for _ in range(b.pick([1, 1, 1, 2, 3]))]
    layer = b.pick(["Add", "Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Concatenate"])
    chosen = chosen[:1] if layer == "Subtract" else chosen
    names = [name, *chosen]
    b.rng.shuffle(names)
    axis = f"axis={b.rng.randrange(1, len(shape(x)))}" if layer == "Concatenate" and len(shape(x)) > 1 else ""
    return f"{layer}({axis})([{', '.join('{%d}' % k for k in range(len(names)))}])", names


def merge_broadcast(b, x, name=None):
    def fits(theirs, mine):
        return all(p == q or 1 in (p, q) for p, q in zip(theirs[::-1], mine[::-1]))
    others = b.others(name, fits)
    if not others:
        return None
    names = [name, b.pick(others)]
    b.rng.shuffle(names)
    form = b.pick(["Add()([{0}, {1}])", "Multiply()([{0}, {1}])", "{0} + {1}", "{0} * {1}", "{0} - {1}", "{0} - 2 * {1}",
                   "Maximum()([{0}, {1}])", "Subtract()([{0}, {1}])", "{0} * {1} + {0}", "{0} + {1} * {1}", "{0} / ({1} * {1} + 1)",
                   "Average()([{0}, {1}])"])
    return form, names


def concatenate(b, x, name=None):
    rank = len(shape(x))
    if rank < 2:
        return None
    axis = b.rng.randrange(1, rank)
    others = b.others(name, lambda theirs, mine: len(theirs) == rank and
                      all(k == axis or theirs[k] == mine[k] for k in range(rank)))
    names = [name] + [b.pick([name, *others]) for _ in range(b.pick([1, 1, 2]))]
    b.rng.shuffle(names)
    return f"Concatenate(axis={b.pick([axis, axis - rank])})([{', '.join('{%d}' % k for k in range(len(names)))}])", names


def dot(b, x, name=None):
    others = b.others(name, lambda theirs, mine: len(theirs) > 1 and set(theirs[1:]) & set(mine[1:]))
    pairs = [(o, i, k) for o in others or [name] for i, d in enumerate(shape(x)) for k, e in enumerate(shape(b.tensor(o)))
             if d == e and i and k]
    if not pairs:
        return None
    other, i, k = b.pick(pairs)
    return f"Dot(axes=({i}, {k}){b.options((0.2, 'normalize=True'))})([{{0}}, {{1}}])", [name, other]


def matmul(b, x, name=None):
    others = b.others(name, lambda theirs, mine: len(theirs) > 2 and len(mine) > 2 and theirs[-2] == mine[-1])
    return ("{0} @ {1}", [name, b.pick(others)]) if others else None


def self_attention(b, x, name=None):
    if len(shape(x)) < 3:
        return None
    axes = (len(shape(x)) - 1, len(shape(x)) - 1)
    return f"Dot(axes={axes})([{{0}}, {{0}}])", [name]


# ---- images and sequences ----

def conv_arguments(b, spatial, channels, depthwise=False):
    def window(sizes):
        values = [b.pick(sizes) for _ in spatial]
        return str(values[0]) if len(values) == 1 or b.chance(0.3) else str(tuple(values))
    text = f"{window([1, 1, 2, 3, 3, 4, 5])}"
    if b.chance(0.5):
        text += f", padding='{b.pick(['same', 'same', 'same', 'valid', *(['causal'] if len(spatial) == 1 and not depthwise else [])])}'"
    stride = b.pick([1, 1, 2, 3]) if depthwise else None
    if b.chance(0.45):
        text += f", strides={window([1, 2, 2, 3]) if not depthwise else stride}"
    elif b.chance(0.3):
        text += f", dilation_rate={window([1, 2, 3])}"
    return text + b.activation() + b.options((0.3, "use_bias=False"))


def data_format(b, x):
    """The layer's argument, and the spatial axes and channels that it makes of the shape."""
    if b.chance(0.85):
        *spatial, channels = shape(x)[1:]
        return "", spatial, channels
    channels, *spatial = shape(x)[1:]
    return ", data_format='channels_first'", spatial, channels


def conv(b, x):
    if len(shape(x)) not in (3, 4, 5):
        return None
    where, spatial, channels = data_format(b, x)
    filters, groups = b.size(), 1
    if b.chance(0.3):
        groups = b.pick([g for g in range(1, channels + 1) if channels % g == 0])
        filters = groups * b.pick([1, 1, 2, 3, 5])
    extra = (f", groups={groups}" if groups > 1 else "") + (b.options(WIDE) if len(spatial) < 3 else "")
    return f"Conv{len(spatial)}D({filters}, {conv_arguments(b, spatial, channels)}{extra}{where})({{0}})"


def conv_transpose(b, x):
    if len(shape(x)) not in (3, 4, 5):
        return None
    where, spatial, _ = data_format(b, x)
    stride, text = b.pick([1, 2, 2, 3, 4]), ""
    if stride == 1 and b.chance(0.4):
        text = f", dilation_rate={b.pick([2, 3])}"
    elif b.chance(0.3):
        text = f", output_padding={b.pick(range(stride))}"
    text += b.options((0.5, "padding='same'"), (0.3, "use_bias=False")) + b.activation() + where
    return f"Conv{len(spatial)}DTranspose({b.size()}, {b.pick([1, 2, 3, 3, 4, 5])}, strides={stride}{text})({{0}})"


def adaptive(b, x):
    dims = len(shape(x)) - 2
    if dims not in (1, 2, 3):
        return None
    where, _, _ = data_format(b, x)
    size = [b.pick([1, 2, 3, 5, 7]) for _ in range(dims)]
    return f"Adaptive{b.pick(['Max', 'Average'])}Pooling{dims}D({size[0] if dims == 1 else tuple(size)}{where})({{0}})"


def depthwise(b, x):
    if len(shape(x)) not in (3, 4):
        return None
    where, spatial, channels = data_format(b, x)
    extra = b.options((0.3, f"depth_multiplier={b.pick([1, 2, 3])}")) + where
    return f"DepthwiseConv{len(spatial)}D({conv_arguments(b, spatial, channels, True)}{extra})({{0}})"


def separable(b, x):
    if len(shape(x)) not in (3, 4):
        return None
    where, spatial, channels = data_format(b, x)
    extra = b.options((0.3, f"depth_multiplier={b.pick([1, 2])}")) + where
    return f"SeparableConv{len(spatial)}D({b.size()}, {conv_arguments(b, spatial, channels, True)}{extra})({{0}})"


def pooling(b, x):
    dims = len(shape(x)) - 2
    if dims not in (1, 2, 3):
        return None
    size = [b.pick([1, 2, 2, 3, 4]) for _ in range(dims)]
    size = size[0] if dims == 1 or b.chance(0.5) else tuple(size)
    given = b.options((0.5, f"strides={b.pick([1, 2, 3])}"), (0.5, "padding='same'")) + data_format(b, x)[0]
    return f"{b.pick(['Max', 'Average'])}Pooling{dims}D({size}{given})({{0}})"


def global_pooling(b, x):
    dims = len(shape(x)) - 2
    if dims not in (1, 2, 3):
        return None
    return f"Global{b.pick(['Max', 'Average'])}Pooling{dims}D({b.pick(['', 'keepdims=True'])})({{0}})"


def borders(b, x):
    dims = len(shape(x)) - 2
    if dims not in (1, 2, 3):
        return None
    one = (b.pick([0, 1, 2]), b.pick([0, 1, 3]))
    forms = [b.pick([1, 2]), one] if dims == 1 else [1, (b.pick([0, 1]), 2), (one, (b.pick([0, 1]), b.pick([0, 1, 2])))]
    if dims == 3:
        forms = [1, (b.pick([0, 1]), 2, 1), (one, (0, b.pick([0, 1])), (1, 0))]
    layer = b.pick(["ZeroPadding", "ZeroPadding", "Cropping"])
    return f"{layer}{dims}D({b.pick(forms)})({{0}})"


def up_sampling(b, x):
    dims = len(shape(x)) - 2
    if dims not in (1, 2, 3):
        return None
    size = b.pick([1, 2, 3] if dims == 1 else [2, (1, 3), (3, 2)] if dims == 2 else [2, (1, 2, 3)])
    return f"UpSampling{dims}D({size}{data_format(b, x)[0] if dims > 1 else ''})({{0}})"


def padded_conv(b, x):
    if len(shape(x)) not in (3, 4):
        return None
    inside = borders(b, x)
    outer = b.pick([conv, conv, depthwise, pooling])(b, x)
    return outer.replace("{0}", inside) if outer and inside else None


def norm_conv(b, x):
    """BatchNormalization before or after a linear layer, with an activation beside it."""
    linear = b.pick([conv, conv, depthwise, separable] if len(shape(x)) in (3, 4) else [dense])(b, x)
    if not linear:
        return None
    norm = "BatchNormalization()({0})" if b.chance(0.7) else "Rescaling(0.5, offset=0.25)({0})"
    text = norm.replace("{0}", linear) if b.chance(0.5) else linear.replace("{0}", norm)
    return f"ReLU()({text})" if b.chance(0.3) else text


def repeat_vector(b, x):
    return f"RepeatVector({b.pick([1, 2, 5])})({{0}})"


# ---- layers that are used again ----

def shared(b, x):
    """A layer made above, called on this and maybe on others of its shape."""
    known = [n for n in b.definitions if n.startswith("shared")]
    if known and b.chance(0.6):
        return f"{b.pick(known)}({{0}})"
    maker = b.pick([dense, dense, conv, batch_norm, layer_norm, depthwise, activation_layer])
    made = maker(b, x)
    if not made or not made.endswith("({0})"):
        return None
    name = f"shared{len(b.definitions)}"
    return f"{name}({{0}})" if b.define(name, f"{name} = {made[:-5]}") else None


def inner_model(b, x):
    known = [n for n in b.definitions if n.startswith("inner")]
    if known and b.chance(0.5):
        return f"{b.pick(known)}({{0}})"
    if b.depth:
        return None
    name, sample = f"inner{len(b.definitions)}", shape(x)[1:]
    if b.chance(0.4):
        makers = [dense, conv, batch_norm, activation, pooling, flatten, activation_layer, nothing]
        layers, b2 = [], Builder(b.rng, 1, b.scope)
        tensor = keras.Input(sample, dtype=x.dtype)
        for _ in range(b.pick([1, 2, 3])):
            made = b.pick(makers)(b, tensor)
            if made and made.endswith("({0})"):
                try:
                    tensor = eval(made.format("given"), dict(b2.scope, given=tensor))
                    layers.append(made[:-5])
                except Exception:
                    continue
        first = [f"Input({sample})"] if b.chance(0.6) else []
        text = f"{name} = Sequential([{', '.join(first + layers)}])"
        return f"{name}({{0}})" if layers and b.define(name, text) else None
    inner = Builder(b.rng, 1, b.scope)
    inner.prefix = f"{name}_"
    start = inner.add(f"Input({sample}" + (f", dtype='{x.dtype}')" if not x.dtype.startswith("float") else ")"))
    grow(inner, b.pick([1, 2, 4]))
    end = inner.names[-1]
    body = "".join(f"{n} = {e.format(*i)}\n" for n, e, i in inner.steps)
    text = "".join(t + "\n" for t in inner.definitions.values()) + body + f"{name} = Model({start}, {end})"
    return f"{name}({{0}})" if len(inner.names) > 1 and b.define(name, text) else None


def embedding(b, x):
    if b.chance(0.15):
        return f"ReversibleEmbedding({b.pick([4, 17])}, {b.size()}, tie_weights={b.pick([True, False])})({{0}})"
    return f"Embedding({b.pick([4, 5, 17])}, {b.size()})({{0}})"


def int_form(b, x):
    return b.pick(INT_FORMS)


def bool_form(b, x):
    return b.pick(["Dense(3)({0})", "{0} & {0}", "Rescaling(0.5)({0})", "{0} * 2.0", "Embedding(2, 3)({0})", "{0} ^ {0}"])


def operation(b, x):
    """A function of keras.ops with random axes."""
    rank = len(shape(x))
    axis = b.pick(range(1, rank)) if rank > 1 else 1
    if b.chance(0.3):
        axis -= rank
    keep = b.pick([True, False])
    forms = [f"ops.{name}({{0}}, axis={axis}, keepdims={keep})" for name in
             "sum mean max min var std logsumexp prod amax amin norm".split()]
    forms += [f"ops.{name}({{0}}, axis={axis})" for name in "normalize flip cumsum argmax argmin average softmax".split()]
    forms += [f"ops.{text}" for text in (
        f"expand_dims({{0}}, {axis})", f"repeat({{0}}, 2, axis={axis})", f"roll({{0}}, {b.pick([-2, 1, 3])}, axis={axis})",
        f"concatenate([{{0}}, {{0}} * 2.0], axis={axis})", f"stack([{{0}}, {{0}}], axis={axis})", f"take({{0}}, [0, -1, 0], axis={axis})",
        f"split({{0}}, [1], axis={axis})[0]", "where({0} > 0.1, {0}, -1.0)", "maximum({0}, 0.25)", "minimum(0.5, {0} * 2.0)",
        "clip({0}, -0.5, 0.75)", "round({0} * 3.0)", "floor({0} * 2.0)", "sign({0})", "log1p(ops.abs({0}))", "isfinite({0})",
        "transpose({0}, " + str((0, *b.rng.sample(range(1, rank), rank - 1))) + ")", f"swapaxes({{0}}, 1, {axis})",
        "pad({0}, " + str([[0, 0]] + [[b.pick([0, 1]), b.pick([0, 2])] for _ in range(rank - 1)]) + ")", "tril({0})", "zeros_like({0})",
        "tile({0}, " + str((1, *(b.pick([1, 2]) for _ in range(rank - 1)))) + ")", "erf({0})", "expm1({0})", f"sort({{0}}, axis={axis})", f"argsort({{0}}, axis={axis})", "top_k({0}, 1)[0]",
        f"median({{0}}, axis={axis}, keepdims={keep})", f"diff({{0}}, axis={axis})",
        f"take_along_axis({{0}}, ops.argsort({{0}}, axis={axis}), axis={axis})")]
    if rank == 4:
        forms += [f"ops.image.resize({{0}}, ({b.pick([1, 3, 5])}, {b.pick([2, 4])}), '{b.pick(['nearest', 'bilinear'])}')"] * 2
    return b.pick(forms)


def einsum(b, x):
    forms = {2: ["bi->bi", "bi,bi->b", "bi,bj->bij", "bi,bi->bi"], 3: ["bij->bji", "bij,bkj->bik", "bij,bij->bi", "bij->bj"],
             4: ["bijk,biljk->bijl", "bijk->bkji", "bijk,bilk->bijl", "bijk,bljk->bjil", "bijk,bijk->bjk"]}
    equation = b.pick(forms.get(len(shape(x)), ["...->..."]))
    operands = ", ".join(["{0}"] * (equation.count(",") + 1))
    return f"ops.einsum('{equation}', {operands})"


def attention(b, x):
    rank, channels = len(shape(x)), shape(x)[-1]
    if rank not in (3, 4):
        return None
    options = "".join(f", {text}" for text in ("use_bias=False", "value_dim=3", "output_shape=5", "dropout=0.1", "sliding_window=2",
                                               "use_gate=True") if b.chance(0.25))
    causal = ", use_causal_mask=True" if rank == 3 and b.chance(0.3) else ""
    if rank == 4:
        options = options.replace(", sliding_window=2", "") + b.pick(["", ", attention_axes=1", ", attention_axes=2"])
    forms = [f"MultiHeadAttention({b.pick([1, 2, 3])}, {b.pick([1, 2, 5])}{options})({{0}}, {{0}}{causal})"]
    if rank == 3:
        forms += [f"GroupQueryAttention({b.pick([1, 3])}, 4, {b.pick([1, 2, 4])})({{0}}, {{0}}{causal})",
                  f"Attention(use_scale={b.pick([True, False])}, score_mode='{b.pick(['dot', 'concat'])}')([{{0}}, {{0}}]{causal})",
                  f"AdditiveAttention(use_scale={b.pick([True, False])})([{{0}}, {{0}}]{causal})",
                  f"EinsumDense('abc,cd->abd', output_shape=({shape(x)[1]}, {b.pick([1, 3, 8])}), bias_axes='{b.pick(['d', 'bd'])}')({{0}})"]
    return b.pick(forms)


def more_norms(b, x):
    channels = shape(x)[-1]
    if channels is None:
        return None
    groups = b.pick([g for g in range(1, channels + 1) if channels % g == 0] + [-1])
    return b.pick([f"GroupNormalization({groups})({{0}})", "RMSNormalization()({0})", "UnitNormalization()({0})",
                   f"UnitNormalization(axis={b.pick(range(1, len(shape(x))))})({{0}})", "Lambda(lambda t: ops.tanh(t) * 2.0)({0})"])


ONE = [dense, dense, activation, activation_layer, function, scalars, nothing, batch_norm, batch_norm, layer_norm, rescaling, flatten,
       reshape, permute, subscript, subscript, squeeze, shared, shared, inner_model, norm_conv, norm_conv,
       operation, operation, operation, einsum, attention, more_norms]
SEVERAL = [merge_same, merge_same, merge_broadcast, merge_broadcast, concatenate, concatenate, dot, matmul, self_attention]
SPATIAL = [conv, conv, conv, conv_transpose, conv_transpose, depthwise, depthwise, separable, pooling, pooling, adaptive,
           global_pooling, borders, up_sampling, padded_conv, padded_conv]


def step(b):
    """Tries one more step; on the newest tensors more often than on old ones."""
    name = b.names[-1] if b.chance(0.55) else b.pick(b.names)
    x = b.tensor(name)
    if len(shape(x)) < 2:
        return None  # the batch alone: an output, and nothing goes on from it
    if not x.dtype.startswith("float"):
        ids = [embedding, random_recurrent.masked_ids, int_form, int_form]
        maker = b.pick(ids + [rescaling, dense, subscript, flatten, permute, reshape, conv, merge_same, concatenate])
        maker = bool_form if x.dtype == "bool" else maker
    elif len(shape(x)) > 2 and b.chance(0.2):
        maker = b.pick(random_recurrent.MAKERS)
    else:
        spatial = len(shape(x)) in (3, 4, 5) and b.chance(0.45)
        maker = b.pick(SPATIAL if spatial else ONE + [repeat_vector] * (len(shape(x)) == 2) if b.chance(0.7) else SEVERAL)
    made = maker(b, x, name=name) if maker in SEVERAL else maker(b, x)
    if isinstance(made, str):
        made = made, [name]
    return made and b.add(*made)


def grow(b, count):
    for _ in range(4 * count):
        count -= step(b) is not None
        if count <= 0:
            return


def make_inputs(b):
    batch = b.pick([1, 2, 3, 4, 5]) if b.chance(0.12) else None
    uses, rank = [], b.pick([1, 1, 2, 2, 3, 3, 3, 3, 4])
    sample = tuple(b.pick(SIDES) for _ in range(rank - 1)) + (b.pick(SIZES),)
    for k in range(b.pick([1, 1, 1, 2, 2, 3])):
        if k and b.chance(0.4):
            sample = sample[:-1] + (b.pick(SIZES),) if b.chance(0.5) else sample[1:] or sample
        dtype = b.pick(["int32", "uint8", "int64", "bool", "int8", "uint16"]) if b.chance(0.15) else None
        given = f"{sample}" + (f", dtype='{dtype}'" if dtype else "") + (f", batch_size={batch}" if batch else "")
        name = b.add(f"Input({given}, name='x{k}')")
        if name and dtype is None:
            uses.append((name, f"x{k} uniform {b.pick(['-1 1', '-3 3', '-1 2'])}"))
    return uses


def generate(rng):
    """(definitions, steps, outputs, uses) of one random graph."""
    keras.backend.clear_session()
    while True:
        b = Builder(rng)
        uses = make_inputs(b)
        if b.names:
            break
    count = len(b.names)
    grow(b, rng.choice([1, 2, 3, 4, 5, 6, 8, 10, 12]))
    used = {n for _, _, inputs in b.steps for n in inputs}
    ends = [n for n in b.names[count:] if n not in used] or b.names[-1:]
    outputs = ends[-4:]
    if rng.random() < 0.25:
        outputs = outputs + [rng.choice(b.names)]  # an input, one that is used further, or a duplicate
    rng.shuffle(outputs)
    return dict(b.definitions), b.steps, outputs, [use for _, use in uses]
