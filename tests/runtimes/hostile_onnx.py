"""ONNX files made to hurt, or that are no detector; each a change of the toy model."""

import numpy as np
import onnx
from conftest import DATA
from onnx import ModelProto, TensorProto, numpy_helper

TOY = (DATA / "models" / "toy.onnx").read_bytes()


def _changed(change):
    model = onnx.load_from_string(TOY)
    change(model)
    return model.SerializeToString()


def _external(location):
    def change(model: ModelProto):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", "48")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value

    return _changed(change)


def _metadata(**values):
    def change(model: ModelProto):
        kept = {p.key: p.value for p in model.metadata_props} | values
        del model.metadata_props[:]
        onnx.helper.set_model_props(model, {key: value for key, value in kept.items() if value is not None})

    return _changed(change)


def _first_node(**fields):
    def change(model: ModelProto):
        for field, value in fields.items():
            setattr(model.graph.node[0], field, value)

    return _changed(change)


def _dangling(model: ModelProto):
    model.graph.node[3].input[0] = "nowhere"


def _cycle(model: ModelProto):
    model.graph.node[3].input[0] = "output0"


def _claims(model: ModelProto):
    model.graph.initializer[0].dims[:] = [2**40, 2**20]


def _two_outputs(model: ModelProto):
    model.graph.output.append(onnx.helper.make_tensor_value_info("lit", TensorProto.FLOAT, None))


def _seven_columns(model: ModelProto):
    model.graph.node[-1].input.append("lit")
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = 7


def classes_out_of_range(model: ModelProto):
    classes = numpy_helper.from_array(np.array([[[0], [9], [-4]]], np.float32), "classes")
    next(t for t in model.graph.initializer if t.name == "classes").CopyFrom(classes)


REFUSED = {
    "empty": b"",
    "text": b"<html>404 not found</html>",
    "half": TOY[: len(TOY) // 2],
    "one byte changed in the graph": TOY[:40] + b"\xff" + TOY[41:],
    "weights from an absolute path": _external("/etc/passwd"),
    "weights from above the folder": _external("../../../etc/passwd"),
    "weights from a device": _external("/dev/zero"),
    "weights from a file that is not there": _external("gone.bin"),
    "an operator of another domain": _first_node(op_type="Evil", domain="evil"),
    "an operator that does not exist": _first_node(op_type="Nonsense"),
    "an input from nowhere": _changed(_dangling),
    "a cycle": _changed(_cycle),
    "a tensor that claims 2^60 numbers": _changed(_claims),
    "two outputs": _changed(_two_outputs),
    "seven columns": _changed(_seven_columns),
    "no names": _metadata(names=None),
    "names that are code": _metadata(names="__import__('os').system('true')"),
    "names of numbers": _metadata(names="{0: 1}"),
    "names with a gap": _metadata(names="{0: 'a', 2: 'b'}"),
    "names nested without end": _metadata(names="[" * 100_000),
    "names of a megabyte": _metadata(names="{0: '" + "a" * 1_100_000 + "'}"),
    "a name that is not UTF-8": TOY.replace(b"Platelets", b"Pl\xfct\xfflets"),
    "an operator that is not UTF-8": TOY.replace(b"Concat", b"Conca\xeb"),
    "another task": _metadata(task="segment"),
    "a size below zero": _metadata(imgsz="[-1, -1]"),
    "a size that is code": _metadata(imgsz="[9**9**9]"),
    "a scale that does not exist": _metadata(scale="q"),
    "a threshold that is no number": _metadata(threshold="high"),
}
