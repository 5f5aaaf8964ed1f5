"""Which class of the data set each of the model's classes is."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from yolov10.classes import default_names
from yolov10.errors import UserError

NONE = -1


def class_map(
    model_names: Sequence[str], data_names: Sequence[str], warn: Callable[[str], None]
) -> NDArray[np.int64]:
    """[model's classes + 1]: the data set's class of the same name, else `NONE`, which index −1 is, too.

    A model whose as many classes nobody named has them in the data set's order. Tells `warn` of classes that
    the model cannot find. Raises UserError when it knows none of them.
    """
    if tuple(model_names) == default_names(len(data_names)):
        model_names = data_names
    place = {name: index for index, name in enumerate(data_names)}
    classes = [place.get(name, NONE) for name in model_names]
    if max(classes) == NONE:
        raise UserError(
            f"the model knows {_some(model_names)}, the data set {_some(data_names)}: no class in common"
        )
    unknown = sorted(set(data_names) - set(model_names), key=place.__getitem__)
    if unknown:
        warn(f"the model does not know {_some(unknown)}: counted as never found")
    return np.array([*classes, NONE], np.int64)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
