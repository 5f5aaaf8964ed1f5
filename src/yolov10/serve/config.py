"""What the service accepts: every limit, in one place."""

from dataclasses import dataclass, field

from yolov10.image_size import MAX_SIDE
from yolov10.images import MAX_BYTES
from yolov10.settings import defaults_of, given_of, setting, settle

GROUP = "Limits"


@dataclass(frozen=True)
class ServeConfig:
    """The settings of a service. Raises WrongValueError for a value of another type or out of its bounds."""

    batch: int = setting(
        "pictures run together at most, of all requests", 4, group=GROUP, metavar="N", least=1, most=256
    )
    queue: int = setting(
        "pictures accepted and not yet answered; beyond, requests are refused (429)",
        32,
        group=GROUP,
        metavar="N",
        least=1,
        most=10_000,
    )
    max_pictures: int = setting("pictures of one request", 16, group=GROUP, metavar="N", least=1, most=1000)
    max_bytes: int = setting(
        "bytes of one request", 64_000_000, group=GROUP, metavar="N", least=1024, most=MAX_BYTES
    )
    max_pixels: int = setting(
        "pixels of one picture", 50_000_000, group=GROUP, metavar="N", least=1, most=2**40
    )
    max_image_size: int = setting(
        "largest image size that a request may ask for, beside the model's own",
        1280,
        group=GROUP,
        metavar="N",
        least=32,
        most=MAX_SIDE,
    )
    timeout: float = setting(
        "seconds from the whole request to its answer", 30.0, group=GROUP, metavar="S", least=0.1, most=3600
    )
    cors: str | None = setting(
        "origins whose pages may call from a browser, separated by commas (https://a.example)",
        group="Access",
        metavar="ORIGIN,...",
    )
    api_key: str | None = field(default=None, repr=False, kw_only=True)
    """Wanted with every request when set. No option: other users of a machine see a command's arguments."""

    def __post_init__(self) -> None:
        settle(self, {"default": defaults_of(self), "given": given_of(self)})

    @property
    def origins(self) -> list[str]:
        """The origins of `cors`."""
        return [origin.strip().rstrip("/") for origin in (self.cors or "").split(",") if origin.strip()]
