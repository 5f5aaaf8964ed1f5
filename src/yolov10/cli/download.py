"""`yolov10 download`: the official weights, from their public home, under their own licence."""

import re
import sys
from dataclasses import dataclass

from yolov10.cli.options import Common, argument, option
from yolov10.cli.progress import Progress
from yolov10.download.home import HUB, LICENSE, LICENSE_TEXT, Official, find_official
from yolov10.errors import UserError, WrongValueError, require

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Options(Common):
    """Fetch official weights.

    NAME is yolov10n, yolov10s, yolov10m, yolov10b, yolov10l or yolov10x; from then on --model and --weights
    know it. The weights are their authors' and under AGPL-3.0, which must be accepted. They are checked, read
    as data and kept in the cache folder as a native file, whose path is printed. Broken off, it goes on when
    repeated.
    """

    name: str = argument("model to fetch", metavar="NAME")
    accept_license: bool = option(f"accept the weights' licence, {LICENSE}", False, group="Licence")
    hub: str = option("address of the hub, or of a mirror of it", HUB, group="Source", metavar="URL")
    sha256: str | None = option(
        "what the weights' SHA-256 must be; what the hub announces unless given",
        group="Source",
        metavar="HEX",
    )
    timeout: float = option("give up after so long without a byte", 30.0, group="Source", metavar="SECONDS")


def run(options: Options) -> int:
    """Show the licence; fetch when it is accepted."""
    official = find_official(options.name)
    _check(options)
    if not options.quiet or not options.accept_license:
        print(_notice(official), file=sys.stderr)
    if not options.accept_license:
        raise UserError(f"nothing was fetched: to accept {LICENSE}, repeat it with --accept-license")
    require("httpx", install="open-yolov10[hub]", purpose="downloading")
    from yolov10.download.official import download

    total = -(-official.tensor_bytes // MEGABYTE)
    with Progress(f"fetching {official.name}", total, "MB", quiet=options.quiet) as progress:

        def report(there: int) -> None:
            while progress.done < there // MEGABYTE:
                progress.advance()

        path = download(
            official.name, hub=options.hub, sha256=options.sha256, timeout=options.timeout, report=report
        )
    print(path)
    return 0


def _check(options: Options) -> None:
    if options.sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", options.sha256):
        raise WrongValueError(f"--sha256 is {options.sha256!r}, not 64 digits 0 to f")
    if not options.timeout > 0:
        raise WrongValueError(f"--timeout is {options.timeout:g}, not more than 0 seconds")


def _notice(official: Official) -> str:
    return (
        f"{official.name}: weights of the YOLOv10 authors, from the repository {official.repository}, "
        f"under {LICENSE} ({LICENSE_TEXT}), not under the licence of this program"
    )
