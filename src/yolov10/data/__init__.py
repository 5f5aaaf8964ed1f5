"""Data sets: three label formats behind one reader, and what is wrong with them; needs no torch."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.data.dataset import Dataset as Dataset
    from yolov10.data.dataset import open_dataset as open_dataset
    from yolov10.data.dataset import open_splits as open_splits
    from yolov10.data.faults import Fault as Fault
    from yolov10.data.report import Report as Report
    from yolov10.data.report import check as check
    from yolov10.data.sample import Sample as Sample

__all__ = ["Dataset", "Fault", "Report", "Sample", "check", "open_dataset", "open_splits"]

__getattr__, __dir__ = face(
    __name__,
    {
        "Dataset": "dataset",
        "open_dataset": "dataset",
        "open_splits": "dataset",
        "Fault": "faults",
        "Report": "report",
        "check": "report",
        "Sample": "sample",
    },
)
