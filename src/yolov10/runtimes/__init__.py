"""Whatever maps a batch of pictures to detections: torch or ONNX Runtime behind one protocol."""
