"""The engines beside which Lamina is measured, one thread each, float32. A peer is a function that takes the
Task (its folder, batch, input x and buffer y) and gives what to call: a C function's address and its
arguments, so that no peer pays for Python.
"""
import ctypes
import glob
import importlib.util
import os

# Places in the table of functions of ONNX Runtime's C API, to which its makers only ever append.
ERROR_MESSAGE, ENV, SESSION, RUN, OPTIONS, INTRA, INTER, TENSOR, MEMORY = 2, 3, 7, 9, 10, 24, 25, 49, 69
OPENVINO_F32 = 4


def library(package, pattern):
    root = os.path.dirname(importlib.util.find_spec(package).origin)
    return ctypes.CDLL(glob.glob(os.path.join(root, pattern))[0], mode=ctypes.RTLD_GLOBAL)


def shape(array):
    return (ctypes.c_int64 * array.ndim)(*array.shape)


def onnxruntime(task):
    base = library("onnxruntime", "capi/libonnxruntime.so.*").OrtGetApiBase
    base.restype = ctypes.POINTER(ctypes.c_void_p)
    api_of = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)(base()[0])
    api = ctypes.cast(api_of(17), ctypes.POINTER(ctypes.c_void_p))
    message = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(api[ERROR_MESSAGE])

    def do(slot, *arguments):
        status = ctypes.CFUNCTYPE(ctypes.c_void_p)(api[slot])(*arguments)
        if status:
            raise RuntimeError(message(status).decode())

    env, options, session, memory, x, y = (ctypes.c_void_p() for _ in range(6))
    do(ENV, 3, b"bench", ctypes.byref(env))
    do(OPTIONS, ctypes.byref(options))
    do(INTRA, options, 1)
    do(INTER, options, 1)
    do(SESSION, env, os.fsencode(task.file("onnx")), options, ctypes.byref(session))
    do(MEMORY, 0, 0, ctypes.byref(memory))
    for array, value in ((task.x, x), (task.y, y)):
        do(TENSOR, memory, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes), shape(array),
           ctypes.c_size_t(array.ndim), 1, ctypes.byref(value))
    names = (ctypes.c_char_p * 2)(b"x", b"y")
    values = (ctypes.c_void_p * 2)(x, y)
    task.keep += [names, values, env]
    first, second = (ctypes.addressof(a) for a in (names, values))
    return api[RUN], [session.value, 0, first, second, 1, first + 8, 1, second + 8]


def openvino(task):
    """Left alone, OpenVINO computes in bfloat16 where the processor can: float32 is asked for."""
    c = library("openvino", "libs/libopenvino_c.so.*")

    class Shape(ctypes.Structure):
        _fields_ = [("rank", ctypes.c_int64), ("extents", ctypes.POINTER(ctypes.c_int64))]

    def do(name, *arguments):
        if getattr(c, name)(*arguments):
            raise RuntimeError(f"{name} failed")

    core, model, compiled, request = (ctypes.c_void_p() for _ in range(4))
    do("ov_core_create", ctypes.byref(core))
    do("ov_core_read_model", core, os.fsencode(task.file("onnx")), None, ctypes.byref(model))
    properties = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": "1", "NUM_STREAMS": "1",
                  "INFERENCE_PRECISION_HINT": "f32"}
    words = [word.encode() for pair in properties.items() for word in pair]
    do("ov_core_compile_model", core, model, b"CPU", ctypes.c_size_t(len(words)), ctypes.byref(compiled), *words)
    do("ov_compiled_model_create_infer_request", compiled, ctypes.byref(request))
    for array, way in ((task.x, "input"), (task.y, "output")):
        extents, tensor = shape(array), ctypes.c_void_p()
        do("ov_tensor_create_from_host_ptr", OPENVINO_F32, Shape(array.ndim, extents), ctypes.c_void_p(array.ctypes.data),
           ctypes.byref(tensor))
        do(f"ov_infer_request_set_{way}_tensor", request, tensor)
    return ctypes.cast(c.ov_infer_request_infer, ctypes.c_void_p).value, [request.value]


def litert(task, suffix="tflite"):
    """LiteRT with XNNPACK. Its wheel exports no C API: the bound method is called through Python's own, some 0.1 us."""
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model_path=str(task.file(suffix)), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], task.x)
    output = interpreter.get_output_details()[0]["index"]
    method = interpreter._interpreter.Invoke
    task.keep += [interpreter, method]
    task.answer = lambda: interpreter.get_tensor(output)
    call = ctypes.cast(ctypes.pythonapi.PyObject_CallNoArgs, ctypes.c_void_p).value
    return call, [id(method)]


def litert_int8(task):
    return litert(task, "int8.tflite")


PEERS = {"onnxruntime": onnxruntime, "openvino": openvino, "litert": litert}
INT8_PEERS = {"litert-int8": litert_int8}
ALL = {**PEERS, **INT8_PEERS}
