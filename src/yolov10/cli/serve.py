"""`yolov10 serve`: the web service and its page."""

import ipaddress
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from yolov10.cli.model_options import MODEL_HELP, RunOptions
from yolov10.cli.options import option
from yolov10.cli.progress import Progress
from yolov10.errors import UserError, require
from yolov10.model_names import CELLS, SAMPLES
from yolov10.prediction.detector import Detector
from yolov10.serve.config import ServeConfig


@dataclass(frozen=True)
class Options(ServeConfig, RunOptions):
    """Serve models over HTTP, with a web page at the same address.

    POST a picture to /detect; the page says more. Ctrl-C ends it, once what was accepted is answered.
    """

    model: tuple[str, ...] = option(
        f"{MODEL_HELP}; give it again for more than one", ..., group="Model", metavar="FILE", many=True
    )
    host: str = option(
        "address to listen on; 0.0.0.0 for all that this machine has",
        "127.0.0.1",
        group="Access",
        metavar="HOST",
    )
    port: int = option("port; 0 takes a free one", 8000, group="Access", metavar="N")
    api_key_file: Path | None = option(
        "file with a key that every request must bring; open to all unless given",
        group="Access",
        metavar="FILE",
    )


def run(options: Options) -> int:
    """Open the models, then serve until told to stop."""
    for module in ("fastapi", "uvicorn", "prometheus_client"):
        require(module, install="open-yolov10[serve]", purpose="serve")
    from yolov10.serve.app import create_app
    from yolov10.serve.server import listen, make_server

    key = None if options.api_key_file is None else _read_key(options.api_key_file)
    names = model_names(options.model)
    app = create_app(
        {
            name: Detector(options.open(model), image_size=options.image_size)
            for name, model in zip(names, options.model, strict=True)
        },
        replace(options, api_key=key),
        {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("*.jpg"))}
        if CELLS in options.model
        else {},
    )
    with listen(options.host, options.port) as listener:
        app.state.service.start()  # a model that cannot run ends it here
        port = listener.getsockname()[1]
        with Progress("serving", 0, "requests", quiet=options.quiet) as progress:
            progress.say(f"serving {', '.join(names)} at {_address(options.host, port)} (Ctrl-C stops)")
            if key is None and not _is_loopback(options.host):
                progress.warn("whoever reaches this machine can use the service: see --api-key-file")
        sys.stderr.flush()
        make_server(app, patience=options.timeout).run(sockets=[listener])
    return 0


def model_names(models: Iterable[str]) -> list[str]:
    """What requests call each model: its file's stem, numbered where it was taken: best, best-2."""
    names: list[str] = []
    for model in models:
        stem = name = Path(model).stem or model
        number = 1
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names.append(name)
    return names


def _read_key(path: Path) -> str:
    """The key: the file's only line, in printable ASCII, as a header can carry it."""
    try:
        key = path.read_text("ascii").strip()
    except OSError as fault:
        raise UserError(f"{path}: {fault.strerror}") from None
    except UnicodeDecodeError:
        key = ""
    if not key.isprintable() or " " in key or len(key) < 16:
        raise UserError(f"{path}: a key is one line of 16 characters or more, in ASCII without blanks")
    return key


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
