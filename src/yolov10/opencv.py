"""OpenCV, without its import's change to LD_LIBRARY_PATH: the library is loaded by then and needs no path."""

from yolov10.silence import environment_kept

with environment_kept():
    import cv2 as cv2
