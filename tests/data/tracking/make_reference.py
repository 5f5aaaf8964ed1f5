"""Writes the sequences here, and what another ByteTrack makes of them.

    python make_reference.py sequences      needs this project
    python make_reference.py reference      needs `pip install trackers==2.6.1`, in an environment of its own

`sequences.npz` holds objects that move, hide each other and cross, and what a detector would see of them;
`reference.npz` the numbers that `trackers` (Apache-2.0) gives these detections, and `reference.json` how its
own evaluation judges them. That library brings a second OpenCV and GPL video programs, so it is no
dependency of the tests: it was run once, as a black box.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TENTHS = 10  # boxes are kept as whole tenths of a pixel
CONFIDENCE = 0.5
PATIENCE = 30


def lanes(rng):
    """The easy part: objects on lanes of their own, each seen in every frame."""
    frames, objects = 200, 8
    start, speed = rng.uniform(0, 900, objects), rng.uniform(-6, 6, objects)
    x = start + speed * np.arange(frames)[:, None]
    y = np.broadcast_to(60 + 80 * np.arange(objects), x.shape)
    return detected(rng, centred(x, y, rng.uniform(40, 60, objects), 50), misses=0, noise=0)


def crossings(rng):
    """Objects on straight paths through one place, which hide each other there."""
    frames, objects = 240, 14
    angle = rng.uniform(0, 2 * np.pi, objects)
    meeting, speed = rng.uniform(60, 180, objects), rng.uniform(2, 5, objects)
    along = (np.arange(frames)[:, None] - meeting) * speed
    offset = rng.uniform(-150, 150, (2, objects))
    x, y = 640 + offset[0] + along * np.cos(angle), 360 + offset[1] + along * np.sin(angle)
    return detected(rng, centred(x, y, rng.uniform(35, 60, objects), rng.uniform(35, 80, objects)))


def pillars(rng):
    """Objects that walk behind three pillars and come out again."""
    frames, objects = 260, 10
    x = rng.uniform(-200, 1200, objects) + rng.uniform(2.5, 5, objects) * np.arange(frames)[:, None]
    y = np.broadcast_to(60 + 62 * np.arange(objects), x.shape)
    hidden = [[300, 0, 350, 720], [640, 0, 700, 720], [960, 0, 1010, 720]]
    return detected(rng, centred(x, y, rng.uniform(35, 50, objects), 55), hidden=hidden)


def crowd(rng):
    """Many that turn and hide each other, some missed, and some seen where nothing is."""
    frames, objects = 220, 28
    turn = rng.normal(0, 0.06, (frames, objects)).cumsum(axis=0) + rng.uniform(0, 2 * np.pi, objects)
    speed = rng.uniform(1.5, 4, objects)
    x = folded(rng.uniform(0, 1280, objects) + (speed * np.cos(turn)).cumsum(axis=0), 1280)
    y = folded(rng.uniform(0, 720, objects) + (speed * np.sin(turn)).cumsum(axis=0), 720)
    return detected(rng, centred(x, y, rng.uniform(30, 60, objects), rng.uniform(40, 90, objects)), noise=0.5)


def folded(value, most):
    """Reflect paths at 0 and `most`."""
    return most - np.abs(value % (2 * most) - most)


def centred(x, y, width, height):
    half = np.broadcast_arrays(x, np.asarray(width) / 2, np.asarray(height) / 2)[1:]
    return np.stack([x - half[0], y - half[1], x + half[0], y + half[1]], axis=-1)


def detected(rng, paths, hidden=(), misses=0.02, noise=0.1):
    """Truth and detections from paths [frames, objects, 4]: the more of an object is hidden, the less sure.

    Later objects are nearer. Rows of the truth: frame, object, box; of the detections: frame, score, box.
    """
    truth, found = [], []
    for frame, boxes in enumerate(paths):
        inside = boxes.clip([0, 0, 0, 0], [1280, 720, 1280, 720])
        for index, box in enumerate(inside):
            if area(box) < 0.4 * area(boxes[index]):
                continue
            covers = [*hidden, *inside[index + 1 :]]
            share = max((shared(box, cover) for cover in covers), default=0) / area(box)
            truth.append([frame, index, *box])
            score = 0.92 * (1 - share) + rng.normal(0, 0.03)
            if share < 0.8 and score > 0.1 and rng.random() >= misses:
                size = np.tile(box[2:] - box[:2], 2)
                found.append([frame, min(score, 0.99), *(box + rng.normal(0, 0.02, 4) * size)])
        for _ in range(rng.poisson(noise)):
            x, y = rng.uniform(0, 1200), rng.uniform(0, 640)
            found.append(
                [frame, rng.uniform(0.15, 0.65), x, y, x + rng.uniform(20, 80), y + rng.uniform(20, 80)]
            )
    return np.array(truth), np.array(found)


def area(box):
    return (box[2:] - box[:2]).clip(0).prod()


def shared(box, other):
    other = np.asarray(other)
    return area(np.concatenate([np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])]))


def drawn():
    """The drawn video of the tests, as the model `squares.onnx` sees it."""
    sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "src")]
    from prediction.drawn_video import CROSSING, detections, truth_rows

    return truth_rows(CROSSING), detections(CROSSING)


def sequences():
    made = {maker.__name__: maker(np.random.default_rng(0)) for maker in (lanes, crossings, pillars, crowd)}
    arrays = {}
    for name, (truth, found) in (made | {"drawn": drawn()}).items():
        arrays[f"{name}/truth_frame_object"] = truth[:, :2].astype(np.int16)
        arrays[f"{name}/truth_boxes"] = (truth[:, 2:] * TENTHS).round().astype(np.int16)
        arrays[f"{name}/frame"] = found[:, 0].astype(np.int16)
        arrays[f"{name}/score"] = (found[:, 1] * 1000).round().astype(np.int16)
        arrays[f"{name}/boxes"] = (found[:, 2:] * TENTHS).round().astype(np.int16)
    np.savez_compressed(HERE / "sequences.npz", **arrays)


def reference():
    import supervision
    from trackers import ByteTrackTracker
    from trackers.eval import evaluate_mot_sequence

    stored = np.load(HERE / "sequences.npz")
    numbers, figures = {}, {}
    for name in dict.fromkeys(key.split("/")[0] for key in stored):
        frame, score = stored[f"{name}/frame"], stored[f"{name}/score"] / 1000
        boxes = stored[f"{name}/boxes"] / TENTHS
        truth, truth_boxes = stored[f"{name}/truth_frame_object"], stored[f"{name}/truth_boxes"] / TENTHS
        tracker = ByteTrackTracker(
            track_activation_threshold=CONFIDENCE,
            high_conf_det_threshold=CONFIDENCE,
            lost_track_buffer=PATIENCE,
        )
        ids = np.full(len(frame), -1)
        for number in range(truth[:, 0].max() + 1):
            here = np.flatnonzero(frame == number)
            seen = tracker.update(
                supervision.Detections(
                    xyxy=boxes[here].astype(np.float32),
                    confidence=score[here].astype(np.float32),
                    class_id=np.zeros(len(here), int),
                    data={"row": here},
                )
            )
            ids[seen.data["row"]] = seen.tracker_id
        numbers[name] = ids.astype(np.int16)
        kept = ids >= 0
        with tempfile.TemporaryDirectory() as folder:
            wanted, given = Path(folder) / "gt.txt", Path(folder) / "tracks.txt"
            wanted.write_text(mot_rows(truth[:, 0], truth[:, 1], truth_boxes))
            given.write_text(mot_rows(frame[kept], ids[kept], boxes[kept]))
            result = evaluate_mot_sequence(wanted, given, metrics=["CLEAR", "Identity"])
        figures[name] = {
            "MOTA": round(float(result.CLEAR.MOTA), 6),
            "IDF1": round(float(result.Identity.IDF1), 6),
            "switches": int(result.CLEAR.IDSW),
        }
        print(name, len(truth), "boxes,", len(frame), "detections", figures[name])
    np.savez_compressed(HERE / "reference.npz", **numbers)
    (HERE / "reference.json").write_text(json.dumps(figures, indent=1) + "\n")


def mot_rows(frames, numbers, boxes):
    """The text form of the MOT challenge; frames and numbers from 1."""
    return "".join(
        f"{frame + 1},{number + 1},{x1:.1f},{y1:.1f},{x2 - x1:.1f},{y2 - y1:.1f},1,1,1\n"
        for frame, number, (x1, y1, x2, y2) in zip(frames, numbers, boxes, strict=True)
    )


if __name__ == "__main__":
    {"sequences": sequences, "reference": reference}[sys.argv[1]]()
