"""What `yolov10 info --block` prints."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from yolov10.cli.tables import plain_table

if TYPE_CHECKING:
    from rich.table import Table

SHORT = {
    "kernel": "k{}",
    "stride": "s{}",
    "repeats": "n={}",
    "shortcut": "add",
    "large_kernel": "7×7",
    "hidden": "inside {}",
    "groups": "g{}",
    "bias": "bias",
}
"""Options as the table shows them; off switches, and what the title says, are left out."""


def arguments(options: dict[str, Any]) -> str:
    """Channels and options of a row or a block."""
    *inputs, out = options["channels"]
    facts = ["/".join(map(str, inputs)) + f"→{out}"]
    facts += [SHORT[name].format(value) for name, value in options.items() if name in SHORT and value]
    return " ".join(facts)


def block(table: dict[str, Any]) -> "Iterator[Table | str]":
    """One block alone: steps, counts, closed formula, and what it replaces."""
    training, fused = table["forms"]
    given = " and ".join(shape(size) for size in table["input"])
    yield f"{table['block']} {arguments(table['arguments'])}, input {given}"
    yield f"{table['why']} ({table['source']})"
    yield _steps(training, "as it is trained")
    if [step["name"] for step in fused["steps"]] != [step["name"] for step in training["steps"]]:
        yield _steps(fused, "as it detects: branches merged, one head, batch-norm folded")
    for form in table["forms"]:
        yield from _formula(form, table["block"])
    yield _beside(table)


def _steps(form: dict[str, Any], title: str) -> "Table":
    grid = plain_table(
        *("step", "kind", "output", "weights", "norm, bias", "parameters", "MFLOPs", "MB"),
        text=("step", "kind", "output"),
        title=title,
    )
    for step in form["steps"]:
        grid.add_row(
            step["name"],
            kind(step),
            shape(step["output"]),
            *(f"{step[key]:,}" if step[key] else "" for key in ("weights", "others", "parameters")),
            f"{step['operations'] / 1e6:,.1f}" if step["operations"] else "",
            f"{step['memory'] / 1e6:,.1f}" if step["memory"] else "",
        )
    others = form["parameters"] - form["weights"]
    counts = (f"{form['weights']:,}", f"{others:,}", f"{form['parameters']:,}")
    grid.add_row("sum", "", "", *counts, f"{form['operations'] / 1e6:,.1f}", f"{form['memory'] / 1e6:,.1f}")
    return grid


def kind(step: dict[str, Any]) -> str:
    """`conv 3×3 s2, each channel alone`, `conv 1×1, SiLU`, `concat`."""
    if step["groups"] is None:
        return f"{step['kind']}{', SiLU' if step['activation'] else ''}"
    facts = f"conv {step['kernel']}×{step['kernel']}" + (f" s{step['stride']}" if step["stride"] > 1 else "")
    if step["groups"] > 1:
        facts += " depthwise" if step["groups"] == step["output"][0] else f" g{step['groups']}"
    return facts + (", SiLU" if step["activation"] else "")


def _formula(form: dict[str, Any], name: str) -> "Iterator[str]":
    formula = form["formula"]
    parameters, weights = formula["parameters"], formula["weights"]
    where = "".join(f", {letter} = {meaning}" for letter, meaning in parameters["where"].items())
    level = ", P3 of one head" if name == "Detect" else ""
    yield (
        f"Formula ({form['form']}{level}){where}\n"
        f"  parameters = {parameters['letters']}\n"
        f"             = {parameters['numbers']} = {parameters['value']:,}\n"
        f"  weights    = {weights['letters']} = {weights['numbers']} = {weights['value']:,}\n"
        f"  MACs       = {formula['macs']}  (N cells out, M cells in)"
    )


def _beside(table: dict[str, Any]) -> "Table":
    training = table["forms"][0]
    grid = plain_table(
        *("beside", "weights", "times", "parameters", "MFLOPs", "times "),
        text=("beside",),
        title="the same shapes by",
    )
    for other in [{"title": table["block"], **training}, *table["beside"]]:
        grid.add_row(
            other["title"],
            f"{other['weights']:,}",
            f"{other['weights'] / training['weights']:.2f}",
            f"{other['parameters']:,}",
            f"{other['operations'] / 1e6:,.1f}",
            f"{other['operations'] / training['operations']:.2f}",
        )
    return grid


def shape(size: list[int]) -> str:
    """`512×40×40`."""
    return "×".join(map(str, size))
