"""Measuring several things so that they can be compared: in turns, so that all see the same machine."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

WARM_UP = 3
"""Rounds that are not counted: caches fill, kernels are made."""
PAUSE = 0.1
"""Seconds before each case, in which the threads of the one before stop spinning for more work."""


@dataclass(frozen=True)
class Spread:
    """Milliseconds: the median, and where nine of ten rounds began and ended."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> "Spread":
        """Of at least one round."""
        ordered = sorted(milliseconds)
        tenth = len(ordered) // 20
        low, high = ordered[tenth], ordered[-1 - tenth]
        return cls(round(statistics.median(ordered), 4), round(low, 4), round(high, 4))

    def to_dict(self) -> dict[str, float]:
        """As plain data."""
        return asdict(self)


def in_turns(
    cases: Mapping[str, Callable[[], object]], rounds: int, after: Callable[[], None] | None = None
) -> dict[str, list[float]]:
    """Milliseconds of every case in each of `rounds`; `after` is called after each round."""
    milliseconds: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(WARM_UP + rounds):
        for name, case in cases.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            case()
            if turn >= WARM_UP:
                milliseconds[name].append(1000 * (time.perf_counter() - start))
        if after is not None:
            after()
    return milliseconds
