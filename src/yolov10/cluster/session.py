"""Ray for as long as a run lasts: the cluster that `RAY_ADDRESS` names, else one of this machine alone.

Left to itself, Ray listens on every address of the machine, keeps a key in the home folder, and looks for
the cloud it may be in, for its usage statistics, even where these are off (2.60). Started here, its home is
a temporary folder, its only address 127.0.0.1, and it looks for nothing.
"""

import importlib.util
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from yolov10.errors import UserError, require
from yolov10.silence import environment_kept, import_ray

ADDRESS = "RAY_ADDRESS"
LOOPBACK = "127.0.0.1"
OWN_HOME = "YOLOV10_HOME"
"""Tells workers the user's home, where Ray was given another."""
WAIT = "RAY_gcs_server_port_wait_time_s"
"""How often Ray asks for a cluster, for up to 40 seconds each; 20 times unless told."""
PATIENCE = 20.0
"""Seconds for a cluster to take a connection."""
PURPOSE = "--engine ray"
SILENT = {"RAY_BACKEND_LOG_LEVEL": "fatal"}
"""What Ray's own faults come to is raised as an exception."""


def require_ray() -> None:
    """Raise MissingExtraError where Ray is not installed; it is not imported yet, which needs some care."""
    if importlib.util.find_spec("ray") is None:
        import_ray(PURPOSE)
    require("pyarrow", install="open-yolov10[ray]", purpose=PURPOSE)


@contextmanager
def ray_session() -> Iterator[ModuleType]:
    """The `ray` module, connected. Raises MissingExtraError, or UserError where no cluster answers."""
    with ExitStack() as stack:
        # Its threads print what its processes have to say, and standard output is for data.
        nowhere = stack.enter_context(Path(os.devnull).open("w"))
        stack.enter_context(redirect_stdout(nowhere))
        if address := os.environ.get(ADDRESS):
            ray = _joined(stack, address)
        else:
            # Ray's sockets lie in the folder, and their paths may have only some 100 bytes.
            short = "/tmp" if sys.platform != "win32" else None  # noqa: S108 - a folder of its own, there
            folder = TemporaryDirectory(prefix="yolov10-", dir=short, ignore_cleanup_errors=True)
            ray = _started(stack, Path(stack.enter_context(folder)))
        _quiet(ray)
        yield ray


def _started(stack: ExitStack, folder: Path) -> ModuleType:
    """Ray on this machine alone, its files in the folder; it ends with the stack."""
    # With this file there, Ray does not ask the cloud's own addresses where it is.
    (folder / "ray_bootstrap_config.yaml").write_text("{}\n")
    variables = {
        OWN_HOME: os.environ.get("HOME", ""),
        "HOME": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # the loopback address alone, as on those systems
    }
    how = {
        "address": "local",
        "include_dashboard": False,
        "_node_ip_address": LOOPBACK,
        "_temp_dir": str(folder),
    }
    ray = _connected(stack, "cannot start Ray here", variables, how)
    if ray.util.get_node_ip_address() != LOOPBACK:
        raise UserError("Ray was imported before, and would listen to other machines: leave that import out")
    return ray


def _joined(stack: ExitStack, address: str) -> ModuleType:
    """Ray on a cluster that runs already; the connection ends with the stack."""
    failure = f"cannot join the Ray cluster at {ADDRESS}={address}"
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():  # else a word of Ray's own, such as auto
        try:
            socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
        except (OSError, OverflowError, UnicodeError) as fault:
            raise UserError(f"{failure} ({getattr(fault, 'strerror', None) or fault})") from None
    # Once is enough where somebody listens.
    retries = {WAIT: os.environ.get(WAIT, "1")}
    return _connected(stack, failure, retries, {"address": address})


def _connected(stack: ExitStack, failure: str, variables: dict[str, str], how: dict[str, Any]) -> ModuleType:
    """Ray, as `how` says. Raises UserError that begins with `failure`."""
    with environment_kept():
        os.environ.update(variables | SILENT)
        ray = import_ray(PURPOSE)
        if ray.is_initialized():
            raise UserError("this program uses Ray already: end that first, with ray.shutdown()")
        stack.callback(ray.shutdown)  # before it begins: whatever fails from here on leaves nothing running
        try:
            with _stderr_closed():
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **how)
        except Exception as fault:  # of no kind at all where the machine is too slow for Ray's patience
            # Of a fault in another process, the last line of its traceback.
            reason = (str(fault.__cause__ or fault).strip().splitlines() or [type(fault).__name__])[-1][:300]
            raise UserError(f"{failure} ({reason})") from None
    return ray


@contextmanager
def _stderr_closed() -> Iterator[None]:
    """Drop what is written to file 2: Ray says there, in C++, that it was told to be silent."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def back_home() -> None:
    """In a worker: seek caches and credentials where the user has them."""
    if home := os.environ.get(OWN_HOME):
        os.environ["HOME"] = home


def _quiet(ray: ModuleType) -> None:
    """Let Ray Data say nothing, on a bar or in lines: the command has a bar of its own."""
    with environment_kept():
        import ray.data

        context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # A result of some pictures is handed on when it is there, not when there are megabytes of them.
    context.target_max_block_size = 1
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # its faults arrive as exceptions
