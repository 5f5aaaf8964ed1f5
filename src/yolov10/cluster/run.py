"""Tasks in, results out, through Ray Data: a pool of workers, each with one model.

Only names and results travel: a worker reads its pictures itself, from the disk or the store they lie on.
"""

import os
import pickle
from collections.abc import Iterator

from yolov10.cluster.model import PackedModel
from yolov10.cluster.session import ray_session
from yolov10.cluster.work import Task, joined
from yolov10.cluster.worker import Attempts, Job, Worker
from yolov10.errors import NO_MEMORY, UserError, lacks_memory
from yolov10.prediction.detector_settings import DetectorSettings


def detect(
    tasks: list[Task], model: PackedModel, settings: DetectorSettings, batch: int
) -> Iterator[tuple[str, bytes, int]]:
    """The key and the lines of every chunk, as they are done, and how many workers died at it.

    settings: with the threads of a worker. batch: pictures run together. Raises UserError when a worker
    cannot do its work, or one after another dies at the same pictures.
    """
    assert settings.threads is not None
    with ray_session() as ray:
        workers, cpus, gpus = pool_size(ray.cluster_resources(), settings.threads, settings.device)
        # Nothing is lost but counts when it dies, and no answer in time is no reason to end.
        attempts = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
        job = Job(ray.put(model), settings, batch, os.getcwd(), attempts)  # noqa: PTH109 - text
        together = joined(tasks, workers)
        found = (
            ray.data.from_items(
                [{"task": pickle.dumps(task)} for task in together], override_num_blocks=len(together)
            )
            .map_batches(
                Worker,
                fn_constructor_args=[job],
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=min(workers, len(together))),
                num_cpus=cpus,
                num_gpus=gpus,
            )
            .iter_rows()
        )
        try:
            for row in found:
                yield row["key"], row["lines"], row["deaths"]
        except ray.exceptions.RayError as fault:
            raise UserError(_reason(fault)) from None
        except Exception as fault:
            if type(fault).__module__ != "ray.data.exceptions":  # which share no base class
                raise
            reason, *_ = str(fault).partition("\n")
            raise UserError(f"Ray: {reason[:200]}") from None


def pool_size(resources: dict[str, float], threads: int, device: str) -> tuple[int, float, float]:
    """How many workers a cluster has room for, and the processors and GPUs of each.

    A worker has a GPU of its own where there are any and `device` is not the processor.
    """
    gpus = int(resources.get("GPU", 0)) if device != "cpu" else 0
    if gpus == 0 and device.startswith("cuda"):
        raise UserError(f"--device {device}: this Ray cluster has no GPU; leave --device out")
    cpus = resources.get("CPU", 1)
    if gpus:
        return gpus, min(threads, cpus / gpus), 1
    return max(1, int(cpus / threads)), min(threads, cpus), 0


def _reason(fault: Exception) -> str:
    """Why it ended, in a line: what a worker said, if it said anything."""
    cause: BaseException = fault
    while inner := getattr(cause, "cause", None) or cause.__cause__:
        cause = inner
    if isinstance(cause, UserError):
        return str(cause).splitlines()[0]  # Ray adds lines of its own
    if lacks_memory(fault):
        return NO_MEMORY
    return f"Ray: {(str(fault).strip().splitlines() or [type(fault).__name__])[-1][:200]}"
