"""The figures of `benchmark` as lines of a table, beside earlier ones, and as a page."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from yolov10.errors import UserError

STEPS = ("read", "letterbox", "infer", "rest", "total")


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Titles of the columns, and a row a case: medians in milliseconds, and the spread of infer."""
    titles = ["runtime", "prec.", "read", "letterbox", "infer", "spread", "rest", "batch 8", "peak", "MB"]
    return titles, [
        [
            case["runtime"],
            case["precision"],
            *(f"{case[step]['median']:.1f}" for step in ("read", "letterbox", "infer")),
            f"{case['infer']['low']:.1f}–{case['infer']['high']:.1f}",
            *(f"{case[step]['median']:.1f}" for step in ("rest", "batch")),
            "–" if case["share"] is None else f"{case['share']:.0%}",
            "–" if case["megabytes"] is None else f"{case['megabytes']:.0f}",
        ]
        for case in result["cases"]
    ]


def method(result: dict[str, Any]) -> list[str]:
    """What was measured, on what, with what."""
    machine, (width, height), (w, h) = result["machine"], result["source"], result["input"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return [
        f"{result['model']}: a {width}×{height} picture, shown to the network as {w}×{h}",
        f"{machine['processor']}, {machine['threads']} threads, {machine['system']}, "
        f"Python {machine['python']}",
        versions,
        f"milliseconds: medians of {result['rounds']} rounds in turns; spread: nine of ten infers; "
        "rest: a whole call without infer; batch 8: infer, a picture",
        f"peak: share of {result['peak_gflops']:.0f} GFLOP/s, which one large float32 convolution reaches",
    ]


def comparison(result: dict[str, Any], earlier: dict[str, Any]) -> list[str]:
    """How the medians of the same cases changed: now ÷ then; and first what else changed."""
    then = {(case["runtime"], case["precision"]): case for case in earlier["cases"]}
    changed = [
        before for now, before in zip(_of_what(result), _of_what(earlier), strict=True) if now != before
    ]
    lines = [f"then it was {', '.join(changed)}"] if changed else []
    for case in result["cases"]:
        if (before := then.get((case["runtime"], case["precision"]))) is None:
            continue
        ratios = (f"{step} ×{_ratio(case[step], before[step])}" for step in (*STEPS, "batch"))
        lines.append(f"{case['runtime']} {case['precision']}: {', '.join(ratios)}")
    if len(lines) == bool(changed):
        lines.append("nothing to compare: the earlier figures are of other runtimes and precisions")
    return lines


def _of_what(result: dict[str, Any]) -> list[str]:
    """What figures must share to say something of speed."""
    machine, (width, height) = result["machine"], result["input"]
    return [result["model"], f"{width}×{height}", f"{machine['threads']} threads", machine["processor"]]


def read_result(path: Path) -> dict[str, Any]:
    """Figures that `benchmark --json` wrote, fit for `comparison`. Raises UserError naming the file."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UserError(
            f"{path}: cannot be read ({getattr(fault, 'strerror', None) or 'not JSON'})"
        ) from None
    try:
        comparison(result, result)
    except (LookupError, TypeError, ValueError):
        raise UserError(f"{path}: not what `yolov10 benchmark --json` writes") from None
    return dict(result)


def markdown(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of a page; the first two columns are text."""
    titles = list(titles)
    rule = ["---" if index < 2 else "--:" for index in range(len(titles))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (titles, rule, *rows))


def _ratio(now: dict[str, float], then: dict[str, float]) -> str:
    return f"{now['median'] / then['median']:.2f}" if then["median"] else "–"
