"""Detection on a Ray cluster, or on all cores of one machine: `yolov10 predict --engine ray`."""
