"""The tables that `yolov10 info` prints, one function a kind of content."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from yolov10.cli.info_block import arguments, block, shape
from yolov10.cli.tables import plain_table

if TYPE_CHECKING:
    from rich.table import Table

NETWORK_NOTE = """Parameters: of training, then fused. Operations: 2 · MACs of the convolutions. MB: maps
written, float32, one image. Both of the fused one-head network, which detects; shares (%) are of its totals.
Field: pixels each way that a cell sees; with + through convolutions alone, through attention it sees all."""

PARAMETERS_NOTE = """Gradient: whether training changes it; batch-norm keeps the buffers. Sigma: the sample
deviation."""


def grids(content: Any) -> "Iterator[Table | str]":  # noqa: ANN401 - what JSON can hold
    """Tables and notes of a network, several networks, a block or a list of tensors."""
    if isinstance(content, list):
        yield from side_by_side(content)
    elif "tensors" in content:
        yield from tensors(content)
    elif "block" in content:
        yield from block(content)
    else:
        yield from network(content)


def network(table: dict[str, Any]) -> "Iterator[Table | str]":
    """The 24 layers of one network, and its totals."""
    height, width = table["image_size"]
    timed = ("ms",) if "time" in table else ()
    grid = plain_table(
        *(
            "#",
            "from",
            "module",
            "arguments",
            "output",
            "parameters",
            "fused",
            "%",
            "MFLOPs",
            "% ",
            "MB",
            "field",
        ),
        *timed,
        text=("module", "arguments", "output"),
        title=f"YOLOv10-{table['scale']}, {table['classes']} classes, {height}×{width} pixels",
    )
    for row in table["layers"]:
        grid.add_row(
            str(row["index"]),
            ",".join(str(source) if source >= 0 else "image" for source in row["from"]),
            row["module"],
            arguments(row["arguments"]),
            shape(row["output"][0]) + ("…" if len(row["output"]) > 1 else ""),
            f"{row['parameters']:,}",
            f"{row['parameters_fused']:,}",
            f"{100 * row['share']['parameters']:.1f}",
            f"{row['operations'] / 1e6:,.1f}",
            f"{100 * row['share']['operations']:.1f}",
            f"{row['memory'] / 1e6:.1f}",
            f"{row['receptive_field']}{'+' if row['sees_everything'] else ' '}",
            *([f"{row['milliseconds']:.2f}"] if timed else []),
        )
    yield grid
    yield totals(table)
    yield NETWORK_NOTE
    yield (
        f"Attention's matrix products, {table['attention_operations'] / 1e9:.4f} GFLOPs, are not counted. "
        f"Most maps alive at once: {table['peak_memory'] / 1e6:.1f} MB."
    )
    if timed:
        time = table["time"]
        yield (
            f"Time: {time['milliseconds']:.1f} ms on {time['device']}, torch {time['torch']}, "
            f"{time['threads']} threads, medians of {time['runs']}; the last row with decoding and top-k."
        )


def totals(table: dict[str, Any]) -> "Table":
    """Training, one head, fused, side by side."""
    forms = table["totals"]
    grid = plain_table("total", *(form["form"] for form in forms), text=("total",))
    for name, key, unit, digits in TOTALS:
        grid.add_row(name, *(f"{form[key] / unit:,.{digits}f}" for form in forms))
    return grid


TOTALS = (
    ("parameters", "parameters", 1, 0),
    ("trainable", "trainable", 1, 0),
    ("GFLOPs", "operations", 1e9, 2),
    ("MB of maps", "memory", 1e6, 1),
    ("convolutions", "convolutions", 1, 0),
    ("batch-norms", "batch_norms", 1, 0),
    ("tensors", "tensors", 1, 0),
)
"""Rows of the totals: what, its key, the unit, digits after the point."""


def side_by_side(tables: list[dict[str, Any]]) -> "Iterator[Table | str]":
    """Several networks: what tells them apart, what the layers are, their parameters, operations, totals."""
    names = [table["model"] for table in tables]
    columns = [f"{name} " * (1 + names[:at].count(name)) for at, name in enumerate(names)]
    columns = [column.strip() for column in columns]
    apart = plain_table("scale", *columns, text=("scale", *columns), title="what tells them apart")
    for name, cell in CONSTANTS:
        apart.add_row(name, *(cell(table["constants"]) or "–" for table in tables))
    apart.add_row("classes", *(f"{table['classes']:,}" for table in tables))
    apart.add_row("height × width", *("{} × {}".format(*table["image_size"]) for table in tables))
    yield apart
    yield _layers(tables, columns, "layers", lambda row: f"{short(row)}", text=True)
    yield _layers(tables, columns, "parameters, training", lambda row: f"{row['parameters']:,}")
    yield _layers(tables, columns, "MFLOPs, fused", lambda row: f"{row['operations'] / 1e6:,.1f}")
    grid = plain_table("total", "form", *columns, text=("total", "form"))
    for name, key, unit, digits in TOTALS:
        for form in range(3):
            counts = [table["totals"][form] for table in tables]
            grid.add_row(
                "" if form else name,
                counts[0]["form"],
                *(f"{count[key] / unit:,.{digits}f}" for count in counts),
            )
    yield grid


CONSTANTS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("depth", lambda scale: f"{scale['depth']:.2f}"),
    ("width", lambda scale: f"{scale['width']:.2f}"),
    ("most channels, declared", lambda scale: str(scale["max_channels"])),
    ("compact (CIB) at", lambda scale: " ".join(map(str, scale["compact"]))),
    ("7×7 at", lambda scale: " ".join(map(str, scale["large_kernel"]))),
    ("attention: heads × key, value", lambda scale: "{heads} × {key}, {value}".format(**scale["attention"])),
    ("head: box, class branch", lambda scale: "{box}, {class}".format(**scale["head"])),
)
"""Rows of what tells scales apart."""


def _layers(
    tables: list[dict[str, Any]],
    columns: list[str],
    title: str,
    cell: Callable[[dict[str, Any]], str],
    *,
    text: bool = False,
) -> "Table":
    grid = plain_table("#", "from", *columns, text=columns if text else (), title=title)
    for rows in zip(*(table["layers"] for table in tables), strict=True):
        sources = ",".join(str(source) if source >= 0 else "image" for source in rows[0]["from"])
        grid.add_row(str(rows[0]["index"]), sources, *(cell(row) for row in rows))
    return grid


def short(row: dict[str, Any]) -> str:
    """A layer in few signs: `C2f 64→64 ×2`, `C2fCIB 384→256 ×1 7×7`."""
    options = row["arguments"]
    *inputs, out = options["channels"]
    facts = [row["module"], "+".join(map(str, inputs)) + (f"→{out}" if row["module"] != "Detect" else "")]
    facts += [f"×{options['repeats']}"] if "repeats" in options else []
    facts += ["7×7"] if options.get("large_kernel") else []
    facts += ["no add"] if options.get("shortcut") is False else []
    return " ".join(facts)


def tensors(table: dict[str, Any]) -> "Iterator[Table | str]":
    """Every tensor with the document's columns."""
    grid = plain_table(
        *("name", "gradient", "parameters", "shape", "mu", "sigma", "dtype"),
        text=("name", "gradient", "shape", "dtype"),
        title=f"YOLOv10-{table['scale']}, {table['classes']} classes",
    )
    for row in table["tensors"]:
        gradient = "buffer" if row["kind"] == "buffer" else str(row["gradient"])
        measured = (f"{row[key]:.3g}" if row[key] is not None else "–" for key in ("mu", "sigma"))
        grid.add_row(
            row["name"], gradient, f"{row['parameters']:,}", str(row["shape"]), *measured, row["dtype"]
        )
    yield grid
    learned = [row for row in table["tensors"] if row["kind"] == "parameter"]
    count = sum(row["parameters"] for row in learned)
    trained = sum(row["parameters"] for row in learned if row["gradient"])
    yield f"{len(table['tensors'])} tensors; {count:,} parameters, {trained:,} of them trainable."
    yield PARAMETERS_NOTE
