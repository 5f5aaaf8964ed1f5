"""Two processes at one place: the second is refused, the first notices nothing.

Elsewhere: two downloads (`download/test_download.py`), two writers of one cache entry (`test_disk_cache.py`),
two runs on one file of a cluster's results (`cluster/test_results.py`).
"""

import signal
import subprocess
import sys
import time

from chaos.conftest import training
from chaos.dying import the_error, yolov10


def test_a_second_training_of_a_run_is_refused_and_the_first_ends_well(tmp_path, run_folder):
    data, run = run_folder.parent / "data" / "data.yaml", tmp_path / "run"
    arguments = [*map(str, training(data, run, epochs=4))]
    first = subprocess.Popen([sys.executable, "-m", "yolov10", *arguments], stderr=subprocess.PIPE, text=True)
    while not (run / "resume.safetensors").exists():
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)  # so that it does not end before the second asks
    try:
        second = ("train", "--resume", run, "--epochs", 5, "--workers", 0, "--device", "cpu")
        resumed, anew = the_error(yolov10(*second)), the_error(yolov10(*arguments))
    finally:
        first.send_signal(signal.SIGCONT)
    assert f"{run} is in use by another training, process {first.pid}" in resumed
    assert f"{run} is not empty: choose another --output" in anew
    err = first.communicate()[1]
    assert first.returncode == 0, err
    assert len((run / "history.csv").read_text().splitlines()) == 5
    assert yolov10(*second).returncode == 0
