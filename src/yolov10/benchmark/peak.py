"""What a convolution reaches at best on this machine: the yardstick for a whole network of them."""

from collections.abc import Callable

import numpy as np

from yolov10.graph import onnx_file
from yolov10.silence import import_openvino

CHANNELS, SIDE, KERNEL = 256, 64, 3
"""Large enough to be bound by arithmetic, small enough to stay in the cache of one core."""
OPERATIONS = 2 * CHANNELS * CHANNELS * KERNEL**2 * SIDE**2


def convolution(runtime: str, threads: int | None) -> Callable[[], object]:
    """One float32 convolution of `OPERATIONS` in a runtime, onnx or openvino, ready to be called."""
    contents = _model()
    image = np.random.default_rng(0).random((1, CHANNELS, SIDE, SIDE), np.float32)
    if runtime == "onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        session = onnxruntime.InferenceSession(contents, options, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"x": image})
    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    core = import_openvino("the peak").Core()
    request = core.compile_model(core.read_model(contents), "CPU", settings).create_infer_request()
    return lambda: request.infer([image], share_inputs=True)


def _model() -> bytes:
    weight = np.random.default_rng(1).standard_normal((CHANNELS, CHANNELS, KERNEL, KERNEL), np.float32)
    attributes = {"kernel_shape": [KERNEL, KERNEL], "pads": [KERNEL // 2] * 4}
    node = onnx_file.node("Conv", ["x", "weight"], ["y"], "conv", attributes)
    shape = [1, CHANNELS, SIDE, SIDE]
    ends = [[onnx_file.value(name, "float32", shape)] for name in ("x", "y")]
    graph = onnx_file.graph("peak", [node], {"weight": weight}, *ends)
    return onnx_file.model(graph, {}, "open-yolov10", "0")
