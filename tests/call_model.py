#!/usr/bin/env python3
"""Calls a model in a shared library through its descriptor: call_model.py LIBRARY PREFIX X.npz Y.npz

Inputs and outputs have the descriptor's names, as keys. Also checks what the descriptor says of itself. A status that is not 0 is the exit status.
"""
import ctypes
import itertools
import struct
import sys

import corpus

TYPES = ["float32", "float64", "float16", "bfloat16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
         "uint64", "bool"]
pointer, size_t = ctypes.c_void_p, ctypes.c_size_t


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


def code_of(tensor):
    return corpus._CODES[element_type(tensor)][1]


def fill(tensor, values):
    content = struct.pack(f"<{len(values)}{code_of(tensor)}", *values)
    buffer, address = aligned(len(content))
    ctypes.memmove(address, content, len(content))
    return buffer, address


def pattern(tensor, count):
    """Space for an output, filled so that what is not written shows."""
    size = count * struct.calcsize("<" + code_of(tensor))
    buffer, address = aligned(size)
    ctypes.memset(address, 0xFF, size)
    return buffer, address


def run(model, arrays):
    """{name: (dtype, shape, values)} of the outputs, or the status."""
    given = [arrays[model.inputs[i].name.decode()] for i in range(model.n_inputs)]
    inputs = [fill(model.inputs[i], values) for i, (_, values) in enumerate(given)]
    batch = given[0][0][0]
    extents = {-2 - extent: given[i][0][axis] for i in range(model.n_inputs)
               for axis, extent in enumerate(model.inputs[i].shape[:model.inputs[i].rank]) if extent < -1}
    dims = (ctypes.c_int64 * max(model.n_dims, 1))(*[extents[k] for k in range(model.n_dims)])
    shapes = [shape_of(model.outputs[i], batch, dims) for i in range(model.n_outputs)]
    outputs = [pattern(model.outputs[i], corpus.size(shape)) for i, shape in enumerate(shapes)]
    call = Call(size=ctypes.sizeof(Call), batch=batch)
    call.inputs = (pointer * len(inputs))(*[address for _, address in inputs])
    call.outputs = (pointer * len(outputs))(*[address for _, address in outputs])
    call.dims = ctypes.cast(dims, pointer) if model.n_dims else None
    call.workspace_size = model.workspace_bytes(ctypes.byref(call))
    space = aligned(call.workspace_size)
    call.workspace = space[1]
    status = model.run(ctypes.byref(call))
    if status:
        return status
    named = {}
    for i, (shape, (_, address)) in enumerate(zip(shapes, outputs)):
        tensor, count = model.outputs[i], corpus.size(shape)
        content = ctypes.string_at(address, count * struct.calcsize("<" + code_of(tensor)))
        named[new_name(named, tensor.name.decode())] = (
            element_type(tensor), shape, struct.unpack(f"<{count}{code_of(tensor)}", content))
    return named


def new_name(taken, name):
    """Repeats become NAME_1, NAME_2, ..."""
    numbered = (f"{name}_{i}" for i in itertools.count(1))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def main():
    library, prefix, inputs, result = sys.argv[1:]
    model = Model.in_dll(ctypes.CDLL(library), prefix + "_model")
    assert (model.abi, model.size, model.tensor_size) == (1, ctypes.sizeof(Model), ctypes.sizeof(Tensor))
    assert model.name.decode() == prefix and model.producer.startswith(b"Lamina ")
    outputs = run(model, corpus.npz_read(inputs))
    if isinstance(outputs, int):
        return outputs
    corpus.npz_write(result, outputs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
