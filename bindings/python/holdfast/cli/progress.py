"""A bar on the terminal while something takes long."""

import sys
import threading
import time
from types import TracebackType
from typing import Optional, TextIO, Type

WIDTH = 24
BLOCK = 6


class Progress:
    """Draws on standard error, and only when that is a terminal.

    Nobody knows how much there is to do, so the bar shows that work goes on, for how long, and
    what `note` says has been done.
    """

    def __init__(self, what: str, stream: Optional[TextIO] = None) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self.note = ""

    def __enter__(self) -> "Progress":
        if self._shown:
            self._thread.start()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 where: Optional[TracebackType]) -> None:
        self._done.set()
        if self._shown:
            self._thread.join()
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self) -> None:
        began, step = time.monotonic(), 0
        # What is over at once shows nothing.
        while not self._done.wait(0.1 if step else 0.3):
            step += 1
            at = step % (2 * (WIDTH - BLOCK))
            at = min(at, 2 * (WIDTH - BLOCK) - at)
            bar = "-" * at + "=" * BLOCK + "-" * (WIDTH - BLOCK - at)
            line = f"{self._what} [{bar}] {time.monotonic() - began:.0f} s {self.note}"
            self._stream.write("\r\x1b[K" + line[:79])
            self._stream.flush()
