"""Requests sent to a service, by clients that wait for each answer or by the clock."""

import collections
import http.client
import random
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

MOST_AT_ONCE = 160
"""Requests under way by the clock: more than the service's queue and batches hold, so that it refuses."""


class Load:
    """Requests sent, and what became of each: (seconds, status)."""

    def __init__(self, url: str, pictures: list[bytes]) -> None:
        self.host = urlsplit(url).netloc
        self.pictures = pictures
        self.results: list[tuple[float, int | str]] = []
        self.seconds = 0.0

    def closed(self, clients: int, seconds: float) -> "Load":
        """So many clients, each with one request at a time."""
        end = time.perf_counter() + seconds

        def client(number: int) -> None:
            connection = http.client.HTTPConnection(self.host, timeout=120)
            while (start := time.perf_counter()) < end:
                number += 1
                self._ask(connection, number, start)

        self._run(client, clients)
        return self

    def open(self, rate: float, seconds: float) -> "Load":
        """Requests that come when they come, each on a connection of its own: a Poisson process."""
        rng, due, moment = random.Random(0), collections.deque(), time.perf_counter() + 0.5
        end = moment + seconds
        while moment < end:
            moment += rng.expovariate(rate)
            due.append(moment)
        lock = threading.Lock()

        def client(number: int) -> None:
            while True:
                with lock:
                    if not due:
                        return
                    start = due.popleft()
                time.sleep(max(0, start - time.perf_counter()))
                number += 1
                connection = http.client.HTTPConnection(self.host, timeout=120)
                self._ask(connection, number, start)
                connection.close()

        self._run(client, MOST_AT_ONCE)
        return self

    def _run(self, client: Callable[[int], None], count: int) -> None:
        threads = [threading.Thread(target=client, args=(number,)) for number in range(count)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds = time.perf_counter() - start

    def _ask(self, connection: http.client.HTTPConnection, number: int, start: float) -> None:
        try:
            connection.request("POST", "/detect", self.pictures[number % len(self.pictures)])
            answer = connection.getresponse()
            answer.read()
            status: int | str = answer.status
        except (OSError, http.client.HTTPException) as fault:
            status = type(fault).__name__
            connection.close()
        self.results.append((time.perf_counter() - start, status))

    def count(self, status: int) -> int:
        """Answers of a status."""
        return sum(found == status for _, found in self.results)

    def statuses(self) -> dict[int | str, int]:
        """Answers by status, and failures by kind."""
        return dict(collections.Counter(status for _, status in self.results))

    def latencies(self) -> tuple[float, float, str]:
        """Median and 99th percentile of the answers with results, in seconds; and in words."""
        seconds = sorted(taken for taken, status in self.results if status == 200)
        median, last = (seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.99))
        return (
            median,
            last,
            f"median {median * 1000:.0f} ms, p99 {last * 1000:.0f} ms ({last / median:.1f} times)",
        )
