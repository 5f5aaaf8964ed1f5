"""Whatever maps a batch of pictures to detections: torch, ONNX Runtime or OpenVINO behind one protocol."""
