"""What importing does: nothing but importing. Which modules a start loads."""

import json
import pkgutil

import pytest
from rules.subprocesses import run_python

import yolov10

# The floors that the base install must run without torch; `networks`, `torch_runtime`, `timing` are doors.
TORCH_ALLOWED = (
    "yolov10.network",
    "yolov10.training",
    "yolov10.info.timing",
    "yolov10.weights.networks",
    "yolov10.runtimes.torch_runtime",
    "yolov10.runtimes.torch_cpu",
    "yolov10.runtimes.torch_joint",
    "yolov10.runtimes.torch_kernels",
    "yolov10.runtimes.torch_patches",
    "yolov10.export.verify",
)
MODULES = [module.name for module in pkgutil.walk_packages(yolov10.__path__, "yolov10.")]
# Those that a command enters once it has asked for their extra.
BEHIND_AN_EXTRA = (
    "yolov10.download.fetch",
    "yolov10.download.hops",
    "yolov10.download.official",
    "yolov10.serve.",
)
NO_BASE = (*TORCH_ALLOWED, *BEHIND_AN_EXTRA, "yolov10.__main__")
BASE_MODULES = [name for name in MODULES if not name.startswith(NO_BASE)]


def loaded(code, home):
    """Names of the modules loaded after `code`."""
    listing = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(run_python(listing, home=home).splitlines()[-1]))


def test_import_yolov10_loads_neither_numpy_nor_torch(tmp_path):
    new = loaded("import yolov10", tmp_path)
    assert not {"numpy", "torch", "cv2", "onnxruntime", "click", "rich"} & new
    assert {name for name in new if name.startswith("yolov10")} == {"yolov10", "yolov10.lazy"}


def test_help_loads_no_library_but_click(tmp_path):
    new = loaded("from yolov10.cli.main import main; main(['--help'])", tmp_path)
    assert not {"numpy", "torch", "cv2", "onnxruntime", "rich", "yaml"} & new


@pytest.mark.parametrize("command", ["predict", "import", "info", "serve", "download", "export", "benchmark"])
def test_help_of_a_command_loads_no_torch_and_no_runtime(tmp_path, command):
    new = loaded(f"from yolov10.cli.main import main; main(['{command}', '--help'])", tmp_path)
    assert not {"torch", "onnxruntime", "safetensors", "fastapi", "uvicorn", "httpx"} & new


def test_info_of_a_scale_loads_no_torch_no_opencv_and_no_runtime(tmp_path):
    new = loaded("from yolov10.cli.main import main; main(['info', 'n'])", tmp_path)
    assert not {"torch", "onnxruntime", "cv2", "safetensors"} & new


def test_everything_of_the_base_imports_without_torch_and_extras(tmp_path):
    code = "import sys; sys.modules['torch'] = sys.modules['httpx'] = None\n" + "\n".join(
        f"import {name}" for name in BASE_MODULES
    )
    assert run_python(code, home=tmp_path) == ""


# NumPy itself adds two warning filters, for its compiled extensions: it comes first.
EFFECTS = """
import numpy
import sys, os, warnings, logging, threading, signal, locale, random, json
before = dict(os.environ), os.getcwd(), list(warnings.filters), threading.active_count(), sys.path[:]
before += (signal.getsignal(signal.SIGINT), locale.setlocale(locale.LC_ALL), random.getstate())
before += (logging.getLogger().handlers[:], logging.getLogger().level, sys.excepthook)
events = []
def audit(event, arguments):
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & writing:
        path = str(arguments[0])
        if "__pycache__" not in path and not path.startswith("/dev/"):
            events.append((event, path))
    if event.startswith(("socket.", "subprocess.", "os.system", "os.mkdir", "os.rename", "os.remove")):
        events.append((event, str(arguments)[:200]))
sys.addaudithook(audit)
{imports}
after = dict(os.environ), os.getcwd(), list(warnings.filters), threading.active_count(), sys.path[:]
after += (signal.getsignal(signal.SIGINT), locale.setlocale(locale.LC_ALL), random.getstate())
after += (logging.getLogger().handlers[:], logging.getLogger().level, sys.excepthook)
print(json.dumps([events, [i for i, (a, b) in enumerate(zip(before, after)) if a != b]]))
"""


def test_importing_the_base_has_no_effects(tmp_path):
    """No file written, no socket, no process; environment, warnings, signals, logging stay as they were."""
    imports = "\n".join(f"import {name}" for name in BASE_MODULES)
    events, changed = json.loads(run_python(EFFECTS.replace("{imports}", imports), home=tmp_path))
    assert events == []
    assert changed == []
    assert list(tmp_path.iterdir()) == []
