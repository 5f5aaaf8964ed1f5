"""Pictures for a cluster, the command at work on them, and its workers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import DATA

SOME = sorted((DATA / "bccd" / "images").rglob("*.jpg"))


def write_pictures(folder, count):
    """A list of so many picture files, no two alike: of each a few pixels differ. One is damaged."""
    import cv2

    folder.mkdir()
    pictures = [cv2.imread(str(path)) for path in SOME]
    for number in range(count):
        picture = pictures[number % len(pictures)].copy()
        picture[:, number % 300 : number % 300 + 40] //= 2
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), picture)
    damaged = folder / f"{count // 2:05d}.jpg"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    names = folder.with_suffix(".txt")
    names.write_text("".join(f"{path}\n" for path in sorted(folder.iterdir())))
    return names


def command(names, *arguments):
    model = ("--model", "cells", "--image-size", "128", "--threads", "1")
    return [sys.executable, "-m", "yolov10", "predict", str(names), *model, *map(str, arguments)]


def start(names, save_to, wrapped_in=()):
    """The command on Ray, started; what it says goes to a file beside `save_to`."""
    with save_to.with_suffix(".said").open("w") as said:
        return subprocess.Popen(
            [*wrapped_in, *command(names, "--engine", "ray", "--save-to", save_to)], stdout=said, stderr=said
        )


def said_by(process):
    """What it said so far."""
    return Path(process.args[-1]).with_suffix(".said").read_text()


class Gate:
    """The last picture of a list as a pipe: whoever reads it waits there until the test lets him on."""

    def __init__(self, names):
        self.path = Path(names.read_text().splitlines()[-1])
        self.killed = None

    def __enter__(self):
        self.data = self.path.read_bytes()
        self.path.unlink()
        os.mkfifo(self.path)
        # Open throughout: else one who dies slowly could take what is for the next, or the next find an end.
        self.pipe = os.fdopen(os.open(self.path, os.O_RDWR), "wb")
        return self

    def __exit__(self, *_):
        self.pipe.close()
        self.path.unlink()
        self.path.write_bytes(self.data)

    def kill_who_waits(self, process):
        """SIGKILL the worker that reads it; another one comes to it then."""
        self.killed = self.wait(process)
        os.kill(self.killed, signal.SIGKILL)

    def let_on(self, process):
        """Hand over the picture to who comes next."""
        self.wait(process)
        self.pipe.write(self.data)
        self.pipe.close()

    def wait(self, process):
        """The worker that waits there, once there is one."""
        (reader,) = wait_for(lambda: self._readers(process), process)
        return reader

    def _readers(self, process):
        living = set(workers_of(process)) - {self.killed}
        return [pid for pid in living if str(self.path) in links_of(pid)]


def links_of(pid):
    """What a process has open."""
    try:
        return {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:  # ended meanwhile
        return set()


def parts_of(save_to):
    """The results kept so far."""
    return [path for path in Path(f"{save_to}.parts").glob("??/*") if not path.name.startswith(".")]


def descendants(pid):
    """Processes that a process started, and those started them, by number and command line."""
    parents, commands = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                commands[int(entry.name)] = (entry / "cmdline").read_bytes().decode()
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {child: commands[child] for child in found - {pid} if child in commands}


def workers_of(process):
    """The workers that detect, by number."""
    return called("MapWorker(MapBatches(Worker))", process)


def called(name, process):
    """The descendants with such a word in their command line, by number."""
    return [pid for pid, line in descendants(process.pid).items() if name in line]


LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")


def listening_beyond(process):
    """Addresses, as the kernel writes them, where a process and its descendants listen to other machines."""
    sockets = set().union(*map(links_of, [process.pid, *descendants(process.pid)]))
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{process.pid}/net/{name}").read_text().splitlines()[1:]
    ]
    listening = [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
    assert listening, "nothing listens at all"
    return [one for one in listening if one.partition(":")[0] not in LOOPBACK]


def wait_for(condition, process):
    """What `condition` gives once it gives something; the process must live that long."""
    while not (found := condition()):
        assert process.poll() is None, f"it ended too soon: {said_by(process)}"
        time.sleep(0.01)
    return found
