"""The public names, frozen: what users import stays, and nothing slips in."""

import importlib

import pytest

PUBLIC = {
    "yolov10": ["Detections", "Detector", "UserError", "__version__"],
    "yolov10.evaluation": ["evaluate", "evaluate_runtime"],
    "yolov10.export": ["export"],
    "yolov10.network": ["YOLOv10", "build"],
    "yolov10.prediction": ["Detector", "Playback", "Tracker"],
    "yolov10.serve": ["ServeConfig", "create_app"],
    "yolov10.training": ["DualAssignmentLoss", "TrainConfig", "train"],
    "yolov10.weights": ["import_checkpoint", "load", "save"],
}


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names_are_these_and_load(package):
    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(PUBLIC[package])
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name == "__version__" or name in dir(module)


@pytest.mark.parametrize("package", PUBLIC)
def test_other_names_are_an_attribute_error(package):
    with pytest.raises(AttributeError, match="nonsense"):
        importlib.import_module(package).nonsense  # noqa: B018
