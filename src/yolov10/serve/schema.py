"""What a request may say and what an answer looks like, as FastAPI checks and describes it."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from yolov10.architecture import MAX_DETECTIONS

Form = Literal["json", "jpeg", "png"]


class DetectOptions(BaseModel):
    """Options of one request, in the query string; what is left out is as the service was started."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, description="which model, of several; the first unless given")
    confidence: float | None = Field(default=None, ge=0, le=1, description="keep what is surer than this")
    classes: str | None = Field(
        default=None, description="names or indices, separated by commas; all unless given"
    )
    image_size: str | None = Field(
        default=None, description="long side (640), or HEIGHTxWIDTH exactly (384x640)"
    )
    max_detections: int | None = Field(
        default=None, ge=1, le=MAX_DETECTIONS, description="at most so many a picture"
    )
    one_class_per_box: bool | None = Field(default=None, description="keep a box once, with its surest class")
    format: Form = Field(default="json", description="json, or the picture with its boxes drawn")


Options = Annotated[DetectOptions, Query()]


class Found(BaseModel):
    """One object."""

    index: int = Field(alias="class", description="index of its class")
    name: str = Field(description="name of its class")
    confidence: float = Field(ge=0, le=1)
    box: list[float] = Field(description="x1 y1 x2 y2 in pixels of the picture, clipped to it")


class PictureResult(BaseModel):
    """What was found in one picture, surest first; or why it could not be read."""

    source: str = Field(description="its file name, or - for one that has none")
    frame: int | None = None
    width: int | None = Field(default=None, description="after EXIF rotation, as height")
    height: int | None = None
    detections: list[Found] | None = None
    error: str | None = Field(default=None, description="instead of all but the source")


class Error(BaseModel):
    """One line that says what to do."""

    error: str


_FILE = {"type": "string", "format": "binary"}
_ENCODED = {
    "type": "string",
    "format": "byte",
    "description": "a picture file in base64, or a data: URL of it",
}
_NAMED = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "data": _ENCODED},
    "required": ["data"],
    "additionalProperties": False,
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _FILE},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"image": {"type": "array", "items": _FILE}}}
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "images": {"type": "array", "minItems": 1, "items": {"anyOf": [_ENCODED, _NAMED]}}
                    },
                    "required": ["images"],
                    "additionalProperties": False,
                }
            },
        },
    }
}
"""Pictures, in OpenAPI's words: one raw, several as form files or in JSON."""

_MEANING = {
    400: "the body is not what its type says, or holds no picture",
    401: "the key is missing or wrong",
    403: "a page of another site calls",
    408: "the body comes too slowly",
    413: "more bytes or pictures than a request may have",
    415: "a compressed body",
    422: "a wrong option, or no picture of the request can be read",
    429: "the queue is full: try again after Retry-After seconds",
    503: "no answer in time, the model cannot run, or the service is about to stop",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's `responses` for refusals of these statuses."""
    return {status: {"model": Error, "description": _MEANING[status]} for status in statuses}
