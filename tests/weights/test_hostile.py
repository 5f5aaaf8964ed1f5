"""Files made to hurt are refused: at once, in little memory, in one line that says why; nothing runs."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from processor_time import within
from weights.checkpoints import write_checkpoint
from weights.hostile import CORPUS, MARKER, read

from yolov10.errors import UserError

SECONDS = 2.0
MEGABYTES = 500
REFUSED = [title for title, hostile in CORPUS.items() if hostile.stage == "read"]
HARMLESS_TO_READ = [title for title, hostile in CORPUS.items() if hostile.stage == "walk"]


@pytest.fixture(scope="module", autouse=True)
def _warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Read a good file first: Python loads codecs and the like when they are first used."""
    tensors = {"model.0.conv.weight": np.ones((2, 3, 1, 1), np.float32)}
    read(
        write_checkpoint(
            tmp_path_factory.mktemp("good") / "good.pt", tensors, names=["a"], style="state_dict"
        )
    )


@pytest.mark.parametrize("title", REFUSED)
def test_a_hostile_file_is_refused_in_one_line_that_says_why(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where a command in it would leave its mark
    file = Path("hostile.pt")
    file.write_bytes(CORPUS[title].build())
    modules, refusal = set(sys.modules), ""
    with within(SECONDS):
        try:
            read(file)
        except UserError as reason:
            refusal = str(reason)
    file.unlink()
    assert CORPUS[title].reason in refusal
    assert refusal.isprintable()
    assert len(refusal) < 250
    assert set(sys.modules) == modules
    assert not Path(MARKER).exists()


@pytest.mark.parametrize("title", HARMLESS_TO_READ)
def test_a_tree_without_end_can_be_read_and_dropped(title: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.pt"
    file.write_bytes(CORPUS[title].build())
    with within(SECONDS):
        value = read(file)
        assert value is not None
        del value
    file.unlink()


_WATCHED = """
import json, sys
from pathlib import Path
from yolov10.errors import UserError
from yolov10.weights.archive import open_archive
from yolov10.weights.pickle_reader import read_pickle
from yolov10.weights.tensor_ref import TensorRef, tensor

def read(path):
    try:
        with open_archive(path) as archive:
            value = read_pickle(archive.pickle())
            for item in value.values() if isinstance(value, dict) else ():
                if isinstance(item, TensorRef):
                    tensor(archive, item)
    except UserError:
        pass

good, *hostile = sorted(Path(sys.argv[1]).iterdir())
read(good)
events, watching = [], True
sys.addaudithook(lambda event, args: watching and events.append([event, *map(str, args)]))
for path in hostile:
    read(path)
watching = False
try:  # not ru_maxrss: a child starts with its parent's
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**10
except OSError:
    peak = 0
print(json.dumps({"events": events, "megabytes": peak}))
"""


def test_nothing_happens_while_the_corpus_is_read_but_the_opening_of_its_files(tmp_path: Path) -> None:
    source = str(Path(__file__).resolve().parents[2] / "src")
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder, "000.pt"), {"a.weight": np.ones(2, np.float32)}, names=["a"])
        paths = [Path(folder, f"{place:03}.pt") for place in range(1, len(CORPUS) + 1)]
        for path, hostile in zip(paths, CORPUS.values(), strict=True):
            path.write_bytes(hostile.build())
        child = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{_WATCHED}", folder],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert child.returncode == 0, child.stderr
    seen = json.loads(child.stdout)
    assert {event for event, *_ in seen["events"]} == {"open"}
    assert [path for _, path, *_ in seen["events"]] == [str(path) for path in paths]
    assert {mode for _, _, mode, _ in seen["events"]} == {"r"}
    assert seen["megabytes"] < MEGABYTES
    assert not list(tmp_path.iterdir())


def test_a_command_in_a_hostile_file_would_leave_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The corpus is real: the standard unpickler, which executes, is caught by the marker."""
    monkeypatch.chdir(tmp_path)
    import io
    import pickle
    import zipfile

    with zipfile.ZipFile(io.BytesIO(CORPUS["call: os.system"].build())) as archive:
        pickle.loads(archive.read("best/data.pkl"))
    assert Path(MARKER).exists()
