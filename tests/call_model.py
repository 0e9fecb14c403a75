#!/usr/bin/env python3
"""Calls a model in a shared library through its descriptor: call_model.py LIBRARY PREFIX X.npz Y.npz

Inputs and outputs have the descriptor's names, as keys. Inputs are dense in the file; those that the descriptor wants sparse
are passed so. The state starts as PREFIX_reset leaves it. Also checks what the descriptor says of itself. A status that is not
0 is the exit status.
"""
import ctypes
import itertools
import struct
import sys

import corpus

TYPES = ["float32", "float64", "float16", "bfloat16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
         "uint64", "bool"]
DENSE, CSR, COO = range(3)
pointer, size_t = ctypes.c_void_p, ctypes.c_size_t


class Csr(ctypes.Structure):
    _fields_ = [("size", size_t), ("nnz", ctypes.c_int64), ("row_ptr", pointer), ("col", pointer), ("values", pointer)]


class Coo(ctypes.Structure):
    _fields_ = [("size", size_t), ("nnz", ctypes.c_int64), ("index", pointer), ("values", pointer)]


class Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("dtype", ctypes.c_int32), ("format", ctypes.c_int32), ("rank", ctypes.c_int32),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("scale", pointer), ("zero_point", pointer),
                ("axis", ctypes.c_int32), ("n_scales", ctypes.c_int32)]


class Call(ctypes.Structure):
    _fields_ = [("size", size_t), ("batch", size_t), ("dims", pointer), ("inputs", ctypes.POINTER(pointer)),
                ("outputs", ctypes.POINTER(pointer)), ("workspace", pointer), ("workspace_size", size_t),
                ("state", pointer), ("weights", pointer), ("parallel", pointer)]


class Model(ctypes.Structure):
    _fields_ = [("abi", ctypes.c_uint32), ("size", ctypes.c_uint32), ("tensor_size", ctypes.c_uint32),
                ("flags", ctypes.c_uint32), ("name", ctypes.c_char_p), ("producer", ctypes.c_char_p),
                ("n_inputs", size_t), ("n_outputs", size_t), ("n_dims", size_t), ("inputs", ctypes.POINTER(Tensor)),
                ("outputs", ctypes.POINTER(Tensor)), ("dims", pointer), ("workspace_align", size_t),
                ("state_bytes", size_t), ("weights_bytes", size_t),
                ("workspace_bytes", ctypes.CFUNCTYPE(size_t, ctypes.POINTER(Call))),
                ("run", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Call)))]


def shape_of(tensor, batch, dims):
    return tuple(batch if d == -1 else dims[-2 - d] if d < 0 else d for d in tensor.shape[:tensor.rank])


def element_type(tensor):
    return TYPES[tensor.dtype]


def aligned(size):
    """A buffer of that many bytes, and an address in it on a boundary of 64."""
    buffer = ctypes.create_string_buffer(size + 64)
    return buffer, (ctypes.addressof(buffer) + 63) // 64 * 64


def code_of(dtype):
    """As struct packs the elements; bfloat16 as its bits."""
    return "H" if dtype == "bfloat16" else corpus._CODES[dtype][1]


def bfloat16_bits(value):
    """Rounded to the nearest, ties to even. The corpus has no NaN among its inputs."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def pack(dtype, values):
    if dtype == "bfloat16":
        values = [bfloat16_bits(value) for value in values]
    return struct.pack(f"<{len(values)}{code_of(dtype)}", *values)


def unpack(dtype, content):
    values = struct.unpack(f"<{len(content) // struct.calcsize(code_of(dtype))}{code_of(dtype)}", content)
    if dtype == "bfloat16":
        return struct.unpack(f"<{len(values)}f", struct.pack(f"<{len(values)}I", *[v << 16 for v in values]))
    return values


def fill(dtype, values):
    content = pack(dtype, values)
    buffer, address = aligned(len(content))
    ctypes.memmove(address, content, len(content))
    return buffer, address


def sparse(tensor, shape, values):
    """What is not 0, in order, as the descriptor wants it: what keeps the memory alive, and the structure's address."""
    places = [i for i, value in enumerate(values) if value]
    stored = fill(element_type(tensor), [values[i] for i in places])
    if tensor.format == CSR:
        row_ptr = fill("int64", [sum(i < row * shape[1] for i in places) for row in range(shape[0] + 1)])
        parts = [row_ptr, fill("int64", [i % shape[1] for i in places]), stored]
    else:
        index = [i // corpus.size(shape[axis + 1:]) % n for i in places for axis, n in enumerate(shape)]
        parts = [fill("int64", index), stored]
    kind = Csr if tensor.format == CSR else Coo
    structure = kind(ctypes.sizeof(kind), len(places), *[address for _, address in parts])
    return (structure, parts), ctypes.addressof(structure)


def given_input(tensor, shape, values):
    return fill(element_type(tensor), values) if tensor.format == DENSE else sparse(tensor, shape, values)


def pattern(size):
    """Space for an output or the state, filled so that what is not written shows."""
    buffer, address = aligned(size)
    ctypes.memset(address, 0xFF, size)
    return buffer, address


def new_state(library, prefix, model):
    state = pattern(model.state_bytes)
    if model.state_bytes:
        reset = getattr(library, prefix + "_reset")
        reset.argtypes, reset.restype = [pointer], None
        reset(state[1])
    return state


def run(model, arrays, state):
    """{name: (dtype, shape, values)} of the outputs, or the status."""
    given = [arrays[model.inputs[i].name.decode()] for i in range(model.n_inputs)]
    inputs = [given_input(model.inputs[i], *array) for i, array in enumerate(given)]
    batch = given[0][0][0]
    extents = {-2 - extent: given[i][0][axis] for i in range(model.n_inputs)
               for axis, extent in enumerate(model.inputs[i].shape[:model.inputs[i].rank]) if extent < -1}
    dims = (ctypes.c_int64 * max(model.n_dims, 1))(*[extents[k] for k in range(model.n_dims)])
    shapes = [shape_of(model.outputs[i], batch, dims) for i in range(model.n_outputs)]
    sizes = [corpus.size(shape) * struct.calcsize(code_of(element_type(model.outputs[i]))) for i, shape in enumerate(shapes)]
    outputs = [pattern(size) for size in sizes]
    call = Call(size=ctypes.sizeof(Call), batch=batch)
    call.inputs = (pointer * len(inputs))(*[address for _, address in inputs])
    call.outputs = (pointer * len(outputs))(*[address for _, address in outputs])
    call.dims = ctypes.cast(dims, pointer) if model.n_dims else None
    call.workspace_size = model.workspace_bytes(ctypes.byref(call))
    space = aligned(call.workspace_size)
    call.workspace, call.state = space[1], state[1]
    status = model.run(ctypes.byref(call))
    if status:
        return status
    named = {}
    for i, (shape, (_, address)) in enumerate(zip(shapes, outputs)):
        dtype = element_type(model.outputs[i])
        values = unpack(dtype, ctypes.string_at(address, sizes[i]))
        named[new_name(named, model.outputs[i].name.decode())] = (dtype, shape, values)
    return named


def new_name(taken, name):
    """Repeats become NAME_1, NAME_2, ..."""
    numbered = (f"{name}_{i}" for i in itertools.count(1))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def main():
    path, prefix, inputs, result = sys.argv[1:]
    library = ctypes.CDLL(path)
    model = Model.in_dll(library, prefix + "_model")
    assert (model.abi, model.size, model.tensor_size) == (1, ctypes.sizeof(Model), ctypes.sizeof(Tensor))
    assert model.name.decode() == prefix and model.producer.startswith(b"Lamina ")
    outputs = run(model, corpus.npz_read(inputs), new_state(library, prefix, model))
    if isinstance(outputs, int):
        return outputs
    corpus.npz_write(result, outputs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
