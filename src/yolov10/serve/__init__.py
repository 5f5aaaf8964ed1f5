"""The web service: `app.py` puts it together, `server.py` runs it, `page/` is what a browser shows."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.serve.app import create_app as create_app
    from yolov10.serve.config import ServeConfig as ServeConfig

__all__ = ["ServeConfig", "create_app"]

__getattr__, __dir__ = face(__name__, {"ServeConfig": "config", "create_app": "app"})
