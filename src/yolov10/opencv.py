"""OpenCV, without what its import does to the process: it puts its own folder into LD_LIBRARY_PATH.

Every program started afterwards would inherit that. The library is loaded by then and needs no path.
"""

import os

_before = os.environ.get("LD_LIBRARY_PATH")

import cv2 as cv2  # noqa: E402 - between the two looks at the environment

if _before is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = _before
