"""The corpus: annotated model files, and what the runner and the oracle share. Needs only the standard library.

A corpus file is a model file that also runs in Keras. Its annotations are comments:

    y = Dense(4)(z)  # expect-error: E207      this line is reported with that code (E, W); several: E207 W201
    # expect-error@7: E101                     the same for line 7, where a trailing comment is impossible
    # args: -D n=3 --model=m                   further arguments for lamina
    # keras: rejects                           Keras gives an error here, Lamina does not (why: in the text after it)
    # keras: accepts                           Lamina reports an error that Keras does not
    # stand-ins: yes                           the oracle replaces data sets, plots, training (oracle_outside.py)
    # compile-error: E601                      checks fine, but cannot be compiled (yet)
    # use: ids ints 0 9                        values of input `ids`: whole numbers 0..9 (default: uniform -1 1; also zeros -1 1)
    # dims: x 7 3                              extents of the open axes of input x beside the batch (default: 5)
    # reference-atol: 1e-6                     the same for the reference, where Keras itself computes in float32
    # atol: 1e-4                               allowed difference of float32 outputs, relative to max(1, |y|)
    # rounding: 2e-3                           the same for all ways of running, of models that round to 16 bits

and the golden values, written by `oracle.py --update` from real Keras in float64:

    # input x float32 (3, 4) uniform -1 1
    # output dense (3, 2) 0.25 -0.5 ...        up to twelve values, evenly spread over the flattened output
    # params 10

Inputs and weights are made from their names by `values`, the same in every run and on every machine.
"""
import ast
import pathlib
import re
import struct
import zipfile
import zlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
SHOWN = 12  # golden values kept per output
_MASK = (1 << 64) - 1


def _splitmix(state):
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return state, z ^ (z >> 31)


def uniform(name, count, low, high):
    """`count` float32-exact numbers in low..high, from the name alone."""
    state = zlib.crc32(name.encode())
    out = []
    for _ in range(count):
        state, bits = _splitmix(state)
        value = low + (high - low) * ((bits >> 40) / (1 << 24))
        out.append(struct.unpack("f", struct.pack("f", value))[0])
    return out


def size(shape):
    n = 1
    for d in shape:
        n *= d
    return n


def weight_dtype(key):
    """The count of a Normalization is the one weight of integers."""
    return "int64" if key.endswith("/count") else "float32"


def weight_values(key, shape):
    """Weights that keep activations of order one; variances and scales are positive."""
    if weight_dtype(key) == "int64":
        return [0] * size(shape)
    if re.search(r"variance|gamma|scale", key):
        return uniform(key, size(shape), 0.5, 1.5)
    if len(shape) < 2:
        return uniform(key, size(shape), -0.5, 0.5)
    fan_in = size(shape[:-1])
    limit = (3.0 / fan_in) ** 0.5 if "embeddings" not in key else 1.0
    return uniform(key, size(shape), -limit, limit)


def input_values(name, dtype, shape, use):
    kind, low, high = use
    values = uniform("input:" + name, size(shape), float(low), float(high))
    if kind == "zeros":  # four of five, for sparse inputs
        keep = uniform("zeros:" + name, size(shape), 0.0, 1.0)
        values = [v if k < 0.2 else 0.0 for v, k in zip(values, keep)]
    if kind == "ints" or not dtype.startswith(("float", "bfloat")):
        span = int(high) - int(low) + 1
        values = [int(low) + int((v - float(low)) / max(float(high) - float(low), 1e-9) * span) % span for v in values]
    return [bool(v) for v in values] if dtype == "bool" else values


def golden(text):
    """A golden: whole numbers are kept exactly."""
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


class File:
    """One corpus file and its annotations."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.text = self.path.read_bytes().decode("utf-8", "replace")
        self.errors = []  # (line, code)
        self.args, self.keras, self.compile_error, self.params = [], None, None, None
        self.atol, self.rounding = 1e-5, 0.0
        self.use, self.dims, self.inputs, self.outputs = {}, {}, {}, {}
        self.reference_atol, self.stand_ins = None, False
        for number, line in enumerate(re.split(r"\r\n|\r|\n", self.text), 1):
            self._annotation(number, line)

    def _annotation(self, number, line):
        found = re.search(r"#\s*expect-(?:error|warning)(?:@(\d+))?:\s*((?:[EW]\d{3}\s*)+)", line)
        if found:
            self.errors += [(int(found[1] or number), code) for code in found[2].split()]
        kinds = r"reference-atol|stand-ins|args|keras|compile-error|use|dims|atol|rounding|input|output|params"
        found = re.match(rf"#\s*({kinds})\b:?\s*(.*)", line)
        if not found:
            return
        key, rest = found[1], found[2].strip()
        if key == "args":
            self.args += rest.split()
        elif key == "keras":
            self.keras = rest.split()[0]
        elif key == "compile-error":
            self.compile_error = rest.split()[0]
        elif key == "stand-ins":
            self.stand_ins = True
        elif key == "use":
            name, kind, low, high = rest.split()
            self.use[name] = (kind, low, high)
        elif key == "dims" and re.fullmatch(r"\S+( \d+)+", rest):
            name, *extents = rest.split()
            self.dims[name] = [int(n) for n in extents]
        elif key == "reference-atol":
            self.reference_atol = float(rest)
        elif key == "atol":
            self.atol = float(rest)
        elif key == "rounding":
            self.rounding = float(rest)
        elif key == "params" and rest.isdigit():
            self.params = int(rest)
        elif key == "input":
            head = re.match(r"(\S+) (\w+) (\([^)]*\)) (\w+) (\S+) (\S+)$", rest)
            if head:
                self.inputs[head[1]] = (head[2], ast.literal_eval(head[3]), (head[4], head[5], head[6]))
        elif key == "output":
            head = re.match(r"(\S+) (\([^)]*\))((?: \S+)*)$", rest)
            if head:
                self.outputs[head[1]] = (ast.literal_eval(head[2]), [golden(v) for v in head[3].split()])

    def input_use(self, name, dtype):
        default = ("uniform", "-1", "1") if dtype.startswith(("float", "bfloat")) else ("ints", "0", "3")
        return self.use.get(name, default)

    def input_shape(self, name, shape, batch):
        """The shape with extents for its open axes."""
        extents = iter(self.dims.get(name, []))
        return tuple((batch if i == 0 else next(extents, 5)) if d is None else d for i, d in enumerate(shape))

    @property
    def expects_error(self):
        return any(code[0] == "E" for _, code in self.errors)


def files(paths):
    """All corpus files under the paths (folders or files), sorted."""
    out = []
    for path in map(pathlib.Path, paths or [CORPUS]):
        out += sorted(path.rglob("*.lam")) if path.is_dir() else [path]
    return [File(p) for p in out if "modules" not in p.parts]


def spread(values, count=SHOWN):
    """Up to `count` values, evenly spread, first and last included."""
    n = len(values)
    if n <= count:
        return list(values)
    return [values[i * (n - 1) // (count - 1)] for i in range(count)]


# ---- .npy and .npz without numpy ----

_CODES = {"float32": ("<f4", "f"), "float16": ("<f2", "e"), "bfloat16": ("<f4", "f"), "float64": ("<f8", "d"), "int8": ("|i1", "b"), "uint8": ("|u1", "B"),
          "int16": ("<i2", "h"), "uint16": ("<u2", "H"), "int32": ("<i4", "i"), "uint32": ("<u4", "I"),
          "int64": ("<i8", "q"), "uint64": ("<u8", "Q"), "bool": ("|b1", "?")}


def npy_bytes(dtype, shape, values):
    descr, code = _CODES[dtype]
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %r, }" % (descr, tuple(shape))
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(
        "<%d%s" % (len(values), code), *values)


def npy_parse(data):
    length = struct.unpack_from("<H", data, 8)[0]
    header = ast.literal_eval(data[10:10 + length].decode("latin-1").strip())
    code = {descr[1:]: code for descr, code in _CODES.values()}[header["descr"][1:]]
    n = size(header["shape"])
    return header["shape"], list(struct.unpack_from("<%d%s" % (n, code), data, 10 + length))


def npz_write(path, arrays):
    """arrays: {name: (dtype, shape, values)}"""
    with zipfile.ZipFile(path, "w") as archive:
        for name, (dtype, shape, values) in arrays.items():
            archive.writestr(name + ".npy", npy_bytes(dtype, shape, values))


def npz_read(path):
    with zipfile.ZipFile(path) as archive:
        return {n[:-4]: npy_parse(archive.read(n)) for n in archive.namelist()}


def processor_flags():
    """What Linux says this processor can do, as text."""
    try:
        with open("/proc/cpuinfo") as file:
            return next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return ""
