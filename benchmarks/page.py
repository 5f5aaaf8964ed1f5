"""How long the architecture page takes: to be written, and to open in headless Chromium.

    python benchmarks/page.py [RUNS]

Opening is counted from the start of the navigation until everything is drawn, in a fresh context each time;
the browser itself runs already. Needs playwright and a Chromium.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from yolov10.info.page import page

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZES = {"wide, 1440 px": (1440, 900), "phone, 360 px": (360, 780)}


def main() -> None:
    """Print a row a case."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    start = time.perf_counter()
    text = page("n", 80, 640, 640)
    milliseconds = 1000 * (time.perf_counter() - start)
    print(f"{'written, 6 scales':24} {milliseconds:8.0f}      {len(text.encode()):,} bytes")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "page.html"
        file.write_text(text, "utf-8")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        heads = f"{'median':>8} {'least':>8} {'most':>8}"
        print(f"{'opened':24} {heads}  (milliseconds, {runs} runs, {browser.version})")
        for name, size in SIZES.items():
            times = [opened(browser, file, size) for _ in range(runs + 1)][1:]  # the first fills caches
            figures = (statistics.median(times), min(times), max(times))
            print(f"{name:24} " + " ".join(f"{figure:8.0f}" for figure in figures))


def opened(browser: Browser, file: Path, size: tuple[int, int]) -> float:
    """Milliseconds from the navigation to the second frame after the last script has run."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    tab = context.new_page()
    tab.goto(file.as_uri())
    frames = "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())))"
    milliseconds = tab.evaluate(f"new Promise(done => {frames})")
    context.close()
    return float(milliseconds)


if __name__ == "__main__":
    main()
