"""The fused network as an ONNX graph, written straight from the weights: no torch, no exporter.

Read `network.py` first, then `blocks.py` and `tail.py`; `graph.py` collects nodes, `onnx_file.py` encodes.
"""
