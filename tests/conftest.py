"""What tests of several packages need."""

import json
import os
import signal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from golden_weights import weight
from hypothesis import settings
from no_network import block_network

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "data"
SHARED = ROOT.parent / "shared"
SCALES = "nsmblx"

# Machines are shared: a slow example is no failure, and CI must draw the same examples as the desk.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")

block_network()

# Workers share the cores: threads that wait for each other, spinning, would take what the others need.
# Set before any test imports torch; what the tests start inherits it.
if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // workers, 1)))


def hear_ctrl_c():
    """For a child's start: tests that run in the background have SIGINT ignored, which children inherit."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """The disk cache of the tests, and of the processes they start, is a folder of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def shared():
    """The folder of specifications and foreign checkpoints that lies beside a working copy."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here: it holds checkpoints that may not be copied")
    return SHARED


@pytest.fixture(params=SCALES)
def scale(request):
    return request.param


@cache
def golden_json(name):
    return json.loads((DATA / "golden" / f"{name}.json").read_text())


def golden_arrays(scale):
    return np.load(DATA / "golden" / f"forward_{scale}.npz")


@cache
def golden_state(scale):
    """The golden weights of a scale by state-dict name, as NumPy arrays."""
    from yolov10.architecture import REG_MAX

    entries = golden_json(f"state_dict_{scale}")
    state = {name: np.asarray(weight(name, tuple(shape))) for name, shape in entries.items()}
    state["model.23.dfl.conv.weight"] = np.arange(REG_MAX, dtype=np.float32).reshape(1, REG_MAX, 1, 1)
    return state


@pytest.fixture
def golden_network(scale):
    """A network of the scale with the golden weights, in eval mode."""
    return build_golden(scale)


def build_golden(scale):
    import torch

    from yolov10.network import build

    network = build(scale).eval()
    network.load_state_dict({name: torch.from_numpy(value) for name, value in golden_state(scale).items()})
    return network
