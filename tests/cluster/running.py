"""Pictures for a cluster, the command at work on them, and its workers."""

import os
import subprocess
import sys
import time
from pathlib import Path

from conftest import DATA

SOME = sorted((DATA / "bccd" / "images").rglob("*.jpg"))


def write_pictures(folder, count):
    """So many picture files, no two alike: of each a few pixels differ. One is damaged."""
    import cv2

    folder.mkdir()
    pictures = [cv2.imread(str(path)) for path in SOME]
    for number in range(count):
        picture = pictures[number % len(pictures)].copy()
        picture[:, number % 300 : number % 300 + 40] //= 2
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), picture)
    damaged = folder / f"{count // 2:05d}.jpg"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    return folder


def command(folder, *arguments):
    model = ("--model", "cells", "--image-size", "128", "--threads", "1")
    return [sys.executable, "-m", "yolov10", "predict", str(folder), *model, *map(str, arguments)]


def start(folder, save_to, wrapped_in=()):
    """The command on Ray, started; what it says goes to a file beside `save_to`."""
    with save_to.with_suffix(".said").open("w") as said:
        return subprocess.Popen(
            [*wrapped_in, *command(folder, "--engine", "ray", "--save-to", save_to)], stdout=said, stderr=said
        )


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
    return [pid for pid, line in descendants(process.pid).items() if "MapWorker(MapBatches(Worker))" in line]


LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")


def listening_beyond(process):
    """Addresses, as the kernel writes them, where a process and its descendants listen to other machines."""
    sockets = set()
    for pid in [process.pid, *descendants(process.pid)]:
        try:
            sockets |= {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        except OSError:  # ended meanwhile
            continue
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
        assert process.poll() is None, "it ended too soon"
        time.sleep(0.01)
    return found
