"""Protobuf by hand against the onnx package, which reads it."""

import numpy as np
import onnx
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import numpy_helper

from yolov10.graph import onnx_file

TEXTS = st.text(max_size=20)
ATTRIBUTES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(width=32, allow_nan=False),
    TEXTS,
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5),
)


@given(st.lists(TEXTS, max_size=3), st.dictionaries(TEXTS, ATTRIBUTES, max_size=4))
def test_nodes_read_back(inputs, attributes):
    node = onnx.NodeProto.FromString(onnx_file.node("Kind", inputs, ["out", "other"], "name", attributes))
    assert (node.op_type, node.name, list(node.input), list(node.output)) == (
        "Kind",
        "name",
        inputs,
        ["out", "other"],
    )
    found = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    assert found == {k: v.encode() if isinstance(v, str) else v for k, v in attributes.items()}


@given(
    hnp.arrays(
        st.sampled_from([np.dtype(name) for name in onnx_file.DATA_TYPES]),
        hnp.array_shapes(min_dims=0, max_dims=4, max_side=4),
    )
)
def test_tensors_read_back(values):
    graph = onnx.GraphProto.FromString(onnx_file.graph("g", [], {"t": values}, [], []))
    found = numpy_helper.to_array(graph.initializer[0])
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


@given(st.dictionaries(TEXTS, TEXTS, max_size=5))
def test_a_model_reads_back(metadata):
    value = onnx_file.value("images", "float32", ["batch", 3, 320, "width"])
    data = onnx_file.model(onnx_file.graph("g", [], {}, [value], []), metadata, "us", "1.2")
    model = onnx.load_from_string(data)
    assert {entry.key: entry.value for entry in model.metadata_props} == metadata
    assert (model.producer_name, model.producer_version) == ("us", "1.2")
    dims = model.graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_param or dim.dim_value for dim in dims] == ["batch", 3, 320, "width"]
