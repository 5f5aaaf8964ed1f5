"""An augmentation that changes nothing but by the letterbox."""

from yolov10.data.augmentation import Augmentation

OFF = Augmentation(mosaic=0, translate=0, scale=0, hsv_h=0, hsv_s=0, hsv_v=0, fliplr=0)
