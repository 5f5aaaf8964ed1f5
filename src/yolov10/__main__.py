"""`python -m yolov10`."""

import sys

from yolov10.cli.main import main

sys.exit(main())
