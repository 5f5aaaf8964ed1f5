"""Tables on standard output, plain enough to be read in a file."""

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from yolov10.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def console(*, whole: bool = False) -> "Console":
    """Standard output. Names are printed as they are: `[red]` is no colour, a long line stays one.

    whole: no cell of a table is cut short, however narrow the terminal; nor is one in a file or a pipe.
    """
    from rich.console import Console

    wide = whole or not sys.stdout.isatty()
    return Console(soft_wrap=True, highlight=False, markup=False, width=UNBOUNDED if wide else None)


UNBOUNDED = 10_000
"""Columns that no table needs."""


def plain_table(*columns: str, text: Collection[str], title: str | None = None) -> "Table":
    """An empty table. The columns in `text` are text; the others are numbers, to the right.

    Control characters in it are escaped: names come from files.
    """
    from rich import box
    from rich.table import Table

    class Printable(Table):
        def add_row(self, *cells: Any, **settings: Any) -> None:  # noqa: ANN401 - whatever rich takes
            safe = (printable(cell) if isinstance(cell, str) else cell for cell in cells)
            super().add_row(*safe, **settings)

    table = Printable(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(printable(column), justify="left" if column in text else "right", no_wrap=True)
    return table
