import ctypes
import os
import sys
import threading

try:
    import numpy
except ImportError:  # then inputs are buffers (array.array, memoryview), and outputs memoryviews
    numpy = None

__all__ = ["INPUTS", "OUTPUTS", "Model", "load", "predict"]
INPUTS = "@INPUTS@"
OUTPUTS = "@OUTPUTS@"
_LIBRARY = "@LIBRARY@"
_MODEL = "@SYMBOL@"
_WEIGHTS = "@WEIGHTS@"

# Element types of lamina.h, in its order: name, buffer format, bytes.
_DTYPES = (("float32", "f", 4), ("float64", "d", 8), ("float16", "e", 2), ("bfloat16", "H", 2), ("int8", "b", 1),
           ("uint8", "B", 1), ("int16", "h", 2), ("uint16", "H", 2), ("int32", "i", 4), ("uint32", "I", 4),
           ("int64", "q", 8), ("uint64", "Q", 8), ("bool", "?", 1))
_DENSE, _CSR, _COO = range(3)
_ERRORS = {1: "an argument is missing", 2: "the model is made for another batch size", 3: "the workspace is too small",
           4: "an id or a sparse index is out of range", 5: "a dimension is out of range"}


class _Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("dtype", ctypes.c_int32), ("format", ctypes.c_int32), ("rank", ctypes.c_int32),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("scale", ctypes.c_void_p), ("zero_point", ctypes.c_void_p),
                ("axis", ctypes.c_int32), ("n_scales", ctypes.c_int32)]


class _Call(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("batch", ctypes.c_size_t), ("dims", ctypes.POINTER(ctypes.c_int64)),
                ("inputs", ctypes.POINTER(ctypes.c_void_p)), ("outputs", ctypes.POINTER(ctypes.c_void_p)),
                ("workspace", ctypes.c_void_p), ("workspace_size", ctypes.c_size_t), ("state", ctypes.c_void_p),
                ("weights", ctypes.c_void_p), ("parallel", ctypes.c_void_p)]


class _Sparse(ctypes.Structure):  # lamina_csr; lamina_coo has one pointer less before its values
    _fields_ = [("size", ctypes.c_size_t), ("nnz", ctypes.c_int64), ("a", ctypes.c_void_p), ("b", ctypes.c_void_p),
                ("c", ctypes.c_void_p)]


class _Descriptor(ctypes.Structure):
    _fields_ = [("abi", ctypes.c_uint32), ("size", ctypes.c_uint32), ("tensor_size", ctypes.c_uint32),
                ("flags", ctypes.c_uint32), ("name", ctypes.c_char_p), ("producer", ctypes.c_char_p),
                ("n_inputs", ctypes.c_size_t), ("n_outputs", ctypes.c_size_t), ("n_dims", ctypes.c_size_t),
                ("inputs", ctypes.c_void_p), ("outputs", ctypes.c_void_p), ("dims", ctypes.POINTER(ctypes.c_char_p)),
                ("workspace_align", ctypes.c_size_t), ("state_bytes", ctypes.c_size_t), ("weights_bytes", ctypes.c_size_t),
                ("workspace_bytes", ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.POINTER(_Call))),
                ("run", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Call)))]


class _Spec:
    """An input or output, as the library describes it."""

    def __init__(self, tensor):
        self.name = tensor.name.decode()
        self.dtype, self.code, self.width = _DTYPES[tensor.dtype]
        self.format = tensor.format
        self.shape = tuple(tensor.shape[i] for i in range(tensor.rank))

    def described(self):
        return (self.name, self.dtype, tuple(None if extent < 0 else extent for extent in self.shape))


def _aligned(size, align):
    """A buffer that is zero, and the address of its first aligned byte."""
    buffer = ctypes.create_string_buffer(size + align)
    return buffer, (ctypes.addressof(buffer) + align - 1) // align * align


def _specs(address, step, count):
    return [_Spec(_Tensor.from_address(address + i * step)) for i in range(count)]


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(w < 0 or s == w for s, w in zip(shape, wanted))


def _shape_text(shape):
    return "(" + ", ".join("None" if s < 0 else str(s) for s in shape) + ("," if len(shape) == 1 else "") + ")"


def _wrong_shape(spec, shape):
    hint = ""
    if _fits((1, *shape), spec.shape):
        hint = ": a single sample has a batch axis too, x[None]"
    return ValueError(f"input '{spec.name}' has shape {tuple(shape)}, expected {_shape_text(spec.shape)}{hint}")


class Model:
    """The compiled model. `predict` may be called from several threads at once; a stateful model keeps one state in each
    instance, and its calls wait for each other. Instances can be pickled: the library is loaded again where they arrive."""

    def __init__(self, library=None):
        self._path = os.path.abspath(library or os.path.join(os.path.dirname(os.path.abspath(__file__)), _LIBRARY))
        self._open()
        self._state, self._state_at = _aligned(self._described.state_bytes, 64) if self._described.state_bytes else (None, None)

    def _open(self):
        try:
            self._library = ctypes.CDLL(self._path)
        except OSError as error:
            raise ImportError(f"cannot load the compiled model: {error}") from None
        self._described = d = _Descriptor.in_dll(self._library, _MODEL)
        self.inputs = _specs(d.inputs, d.tensor_size, d.n_inputs)
        self.outputs = _specs(d.outputs, d.tensor_size, d.n_outputs)
        self.dims = [d.dims[i].decode() for i in range(d.n_dims)]
        found = tuple(s.described() for s in self.inputs), tuple(s.described() for s in self.outputs)
        if d.abi != 1 or found != (INPUTS, OUTPUTS):
            raise ImportError(f"{self._path} is not the library that was made with this module: compile both again")
        self._local, self._lock = threading.local(), threading.Lock()
        self._weights, self._weights_at = self._read_weights(d.weights_bytes)

    def _read_weights(self, size):
        if not size:
            return None, None
        path = os.path.join(os.path.dirname(self._path), _WEIGHTS)
        buffer, address = _aligned(size, 64)
        with open(path, "rb") as file:
            begin = address - ctypes.addressof(buffer)
            if file.readinto(memoryview(buffer)[begin:begin + size]) != size or file.read(1):
                raise ImportError(f"{path} does not hold the {size} bytes of this model's weights")
        return buffer, address

    def __getstate__(self):
        return {"path": self._path, "state": self._state.raw if self._state else None,
                "shift": self._state_at - ctypes.addressof(self._state) if self._state else 0}

    def __setstate__(self, saved):
        self._path = saved["path"]
        if not os.path.exists(self._path):  # another machine: beside the module as it is there
            self._path = os.path.join(os.path.dirname(os.path.abspath(__file__)), _LIBRARY)
        self._open()
        self._state = self._state_at = None
        if saved["state"]:
            size = self._described.state_bytes
            self._state, self._state_at = _aligned(size, 64)
            ctypes.memmove(self._state_at, saved["state"][saved["shift"]:saved["shift"] + size], size)

    def reset(self):
        """Makes a stateful model forget what it has seen."""
        with self._lock:
            if self._state:
                ctypes.memset(self._state_at, 0, self._described.state_bytes)

    # ---- arguments ----

    def _collect(self, args, kwargs):
        names = [spec.name for spec in self.inputs]
        if len(args) == 1 and isinstance(args[0], dict) and not kwargs:
            args, kwargs = (), args[0]
        elif len(args) == 1 and isinstance(args[0], (list, tuple)) and (len(names) > 1 or _is_list_of_one(args[0])):
            args = tuple(args[0])
        unknown = [name for name in kwargs if name not in names]
        if unknown:
            raise TypeError(f"the model has no input '{unknown[0]}'; its inputs are: {', '.join(names)}")
        if len(args) > len(names):
            raise TypeError(f"the model takes {len(names)} inputs, {len(args)} were given")
        given = dict(zip(names, args))
        for name, value in kwargs.items():
            if name in given:
                raise TypeError(f"input '{name}' is given twice")
            given[name] = value
        missing = [name for name in names if name not in given]
        if missing:
            raise TypeError(f"input '{missing[0]}' is missing; the inputs are: {', '.join(names)}")
        return [given[name] for name in names]

    def _take(self, spec, value):
        """(what must stay alive, its address, its shape)"""
        if numpy is None:
            return _take_buffer(spec, value)
        if spec.format != _DENSE:
            return _take_sparse(spec, value)
        array = _rank_as_keras(_as_dtype(spec, value), spec)
        if not _fits(array.shape, spec.shape):
            raise _wrong_shape(spec, array.shape)
        array = numpy.require(array, requirements=["C", "A"])
        return array, array.ctypes.data, array.shape

    def _extents(self, shapes):
        """The batch, and the run-time dimensions: each the same for all inputs."""
        batch, dims = None, [None] * len(self.dims)
        for spec, shape in zip(self.inputs, shapes):
            for extent, described in zip(shape, spec.shape):
                if described == -1:
                    if batch not in (None, extent):
                        raise ValueError(f"input '{spec.name}' has {extent} samples, others have {batch}")
                    batch = extent
                elif described < -1:
                    k = -2 - described
                    if dims[k] not in (None, extent):
                        raise ValueError(f"{self.dims[k]} is {extent} in input '{spec.name}', elsewhere {dims[k]}")
                    dims[k] = extent
        if batch is None:
            batch = self.outputs[0].shape[0] if self.outputs[0].shape else 1
        return batch, dims

    def _make_output(self, spec, batch, dims):
        shape = tuple(batch if s == -1 else dims[-2 - s] if s < -1 else s for s in spec.shape)
        if numpy is not None:
            array = numpy.empty(shape, "uint16" if spec.dtype == "bfloat16" else spec.dtype)
            return array, array.ctypes.data
        size = spec.width
        for extent in shape:
            size *= extent
        buffer = (ctypes.c_char * size)()
        view = memoryview(buffer).cast("B")
        if size:  # a view of nothing has no shape
            view = view.cast(spec.code, shape) if shape else view.cast(spec.code)
        return view, ctypes.addressof(buffer)

    def _workspace(self, size):
        """Of this thread; as large as was ever needed."""
        if getattr(self._local, "size", -1) < size:
            self._local.buffer, self._local.address = _aligned(size, max(64, self._described.workspace_align))
            self._local.size = size
        return self._local.address

    # ---- calls ----

    def predict(self, *args, **kwargs):
        """Arrays by position, as a list or dict, or by name; axis 0 is the batch. Gives an array, or a list of them where the
        model has several outputs, in the model's order."""
        taken = [self._take(spec, value) for spec, value in zip(self.inputs, self._collect(args, kwargs))]
        batch, dims = self._extents([shape for _, _, shape in taken])
        made = [self._make_output(spec, batch, dims) for spec in self.outputs]
        call = _Call(size=ctypes.sizeof(_Call), batch=batch, state=self._state_at, weights=self._weights_at)
        call.dims = (ctypes.c_int64 * max(1, len(dims)))(*[extent or 0 for extent in dims])
        call.inputs = (ctypes.c_void_p * len(taken))(*[address for _, address, _ in taken])
        call.outputs = (ctypes.c_void_p * len(made))(*[address for _, address in made])
        call.workspace_size = self._described.workspace_bytes(ctypes.byref(call))
        call.workspace = self._workspace(call.workspace_size)
        if self._state:
            with self._lock:
                status = self._described.run(ctypes.byref(call))
        else:
            status = self._described.run(ctypes.byref(call))
        if status:
            raise ValueError(f"the model cannot run on this: {_ERRORS.get(status, status)}")
        outputs = [_from_bfloat16(a) if s.dtype == "bfloat16" and numpy is not None else a
                   for s, (a, _) in zip(self.outputs, made)]
        return outputs[0] if len(outputs) == 1 else outputs

    __call__ = predict


def _is_list_of_one(value):
    """[x] with an array x, and not a nested list of numbers."""
    return len(value) == 1 and not isinstance(value[0], (list, tuple, int, float))


def _rank_as_keras(array, spec):
    """Keras adds or drops a last axis of 1 where only that is different."""
    if array.ndim == len(spec.shape) - 1 and spec.shape[-1] == 1 and array.ndim > 0:
        return array[..., None]
    if array.ndim == len(spec.shape) + 1 and array.shape[-1] == 1:
        return array[..., 0]
    return array


def _as_dtype(spec, value):
    """The values as the input's type: rounded to a float, but only whole and in range to an integer."""
    array = numpy.asarray(value)
    if spec.dtype == "bfloat16":
        return array.view("uint16") if array.dtype.name == "bfloat16" else _to_bfloat16(array)
    wanted = numpy.dtype(spec.dtype)
    if array.dtype == wanted:
        return array
    if array.dtype.kind not in "biuf":
        raise TypeError(f"input '{spec.name}' takes {spec.dtype}, not {array.dtype}")
    with numpy.errstate(all="ignore"):
        converted = array.astype(wanted)
    if wanted.kind != "f":
        wrong = converted.astype(array.dtype) != array
        if wanted.kind in "iu" and array.dtype.kind in "iuf":
            wrong |= (array < 0) != (converted < 0)
        if wrong.any():
            raise ValueError(f"input '{spec.name}' takes {spec.dtype}, and {array[wrong].flat[0]} is none")
    return converted


def _to_bfloat16(array):
    bits = numpy.ascontiguousarray(array, "float32").view("uint32")
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("uint16")
    return numpy.where(numpy.isnan(bits.view("float32")), numpy.uint16(0x7FC0), rounded).reshape(numpy.shape(array))


def _from_bfloat16(array):
    return (array.astype("uint32") << 16).view("float32").reshape(array.shape)


def _take_sparse(spec, value):
    """A matrix or array of scipy.sparse as it is; a dense array by what is not 0 in it."""
    if hasattr(value, "tocoo"):
        shape, matrix = value.shape, value
    else:
        dense = _rank_as_keras(_as_dtype(spec, value), spec)
        shape, matrix = dense.shape, None
    if not _fits(shape, spec.shape):
        raise _wrong_shape(spec, shape)
    if spec.format == _CSR and matrix is not None:
        matrix = matrix.tocsr()
        row_ptr, col, values = matrix.indptr, matrix.indices, matrix.data
    elif matrix is not None:
        matrix = matrix.tocoo()
        index, values = numpy.stack([matrix.row, matrix.col], 1), matrix.data
    else:
        index = numpy.argwhere(dense)
        values = dense[tuple(index.T)]
    if spec.format == _CSR and matrix is None:
        row_ptr = numpy.concatenate([[0], numpy.cumsum(numpy.bincount(index[:, 0], minlength=shape[0]))])
        col = index[:, 1]
    values = numpy.ascontiguousarray(values, spec.dtype)
    lists = [numpy.ascontiguousarray(a, "int64") for a in ((row_ptr, col) if spec.format == _CSR else (index,))]
    pointers = [a.ctypes.data for a in (*lists, values)]
    size = 16 + 8 * len(pointers) if ctypes.sizeof(ctypes.c_void_p) == 8 else 16 + 4 * len(pointers)
    structure = _Sparse(size, len(values), *pointers)
    return (structure, lists, values), ctypes.addressof(structure), shape


def _take_buffer(spec, value):
    view = memoryview(value)
    if spec.format != _DENSE:
        raise TypeError(f"input '{spec.name}' is sparse, which needs numpy")
    if view.format.lstrip("@=<") != spec.code or view.itemsize != spec.width:
        raise TypeError(f"input '{spec.name}' takes {spec.dtype} (format '{spec.code}'), not '{view.format}'")
    if sys.byteorder == "big" and view.format.startswith("<"):
        raise TypeError(f"input '{spec.name}' is of the other byte order")
    if not view.c_contiguous:
        raise ValueError(f"input '{spec.name}' is not contiguous")
    shape = view.shape
    if not _fits(shape, spec.shape) and len(shape) == 1 and sum(s < 0 for s in spec.shape) == 1:
        known = 1  # a flat buffer: its one open extent follows from the length
        for extent in spec.shape:
            known *= extent if extent >= 0 else 1
        if known and shape[0] % known == 0:
            shape = tuple(s if s >= 0 else shape[0] // known for s in spec.shape)
    if not _fits(shape, spec.shape):
        raise _wrong_shape(spec, shape)
    if view.readonly:
        view = memoryview(bytearray(view.cast("B") if view.nbytes else b""))
    holder = (ctypes.c_char * view.nbytes).from_buffer(view)
    return (view, holder), ctypes.addressof(holder), shape


_default, _default_lock = None, threading.Lock()


def load():
    """The model of this module, made at the first call and shared by all of this process."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Model()
    return _default


def predict(*args, **kwargs):
    """load().predict(...)"""
    return load().predict(*args, **kwargs)
