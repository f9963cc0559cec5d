"""Keep a set of programs running together, and end them in order.

One thread and one loop: it passes on what the programs print, starts again what dies, and on a first signal
ends wave after wave gently; on a second, or when a wave takes too long, by force.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from operations.child import Child, Program

GRACE = 10.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK = 0.25
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)


class Supervisor:
    """Runs programs until told to stop. Not for threads: everything happens in the caller's main thread.

    `names`, of the programs to come, say how wide the column of names must be.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, names: Iterable[str] = ()) -> None:
        self._environment = environment
        self._folder = folder
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._stops = 0
        self._listening = False
        self._width = max(len(name) for name in ("carillon", *names))

    def start(self, *programs: Program) -> None:
        """Start programs, in this order, besides those that run already."""
        for program in programs:
            child = Child(program, self._environment, self._folder)
            self._children.append(child)
            self._begin(child)

    def run(self, once_ready: Callable[[], bool] = lambda: True) -> None:
        """Supervise until a signal asks for the end. `once_ready` is polled until it returns True."""
        ready = False
        with self._signals():
            while not self._stops:
                ready = ready or once_ready()
                self._turn()
                now = time.monotonic()
                for child in self._children:
                    if child.start_at is not None and child.start_at <= now:
                        self._begin(child)
            self.say("stopping (once more to force)")
            self.stop()

    def stop(self) -> None:
        """End everything, wave after wave. Nothing is left when this returns."""
        with self._signals():
            for wave in sorted({child.program.wave for child in self._children}):
                self._stop_wave([child for child in self._children if child.program.wave == wave])
        self._children.clear()

    def say(self, line: str) -> None:
        """Print a line of our own."""
        self._print("carillon", line)

    def _stop_wave(self, children: list[Child]) -> None:
        deadline = time.monotonic() + GRACE
        for child in children:
            child.signal(signal.SIGTERM)
        while any(child.alive for child in children):
            if self._stops > 1 or time.monotonic() > deadline:
                slow = [child.program.name for child in children if child.alive]
                self.say(f"ending by force: {', '.join(slow)}")
                break
            self._turn(restart=False)
        for child in children:
            child.kill()
        while any(child.alive for child in children):
            self._turn(restart=False)
        for child in children:
            self._bury(child, restart=False)

    def _begin(self, child: Child) -> None:
        descriptor = child.start()
        self._selector.register(descriptor, selectors.EVENT_READ, child)

    def _turn(self, *, restart: bool = True) -> None:
        """Wait a moment for output or a signal; pass the output on; bury the dead."""
        for key, _ in self._selector.select(_TICK):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 512)
            else:
                self._pass_on(key.data, key.fd)
        for child in self._children:
            if child.pid is not None and not child.alive:
                self._bury(child, restart=restart)

    def _pass_on(self, child: Child, descriptor: int) -> bool:
        """Print what the child said. False when there is no more for now."""
        lines = child.lines()
        for line in lines or ():
            self._print(child.program.name, line)
        if child.silent:
            self._selector.unregister(descriptor)
        return lines is not None and not child.silent

    def _bury(self, child: Child, *, restart: bool) -> None:
        if child.pid is None:
            return
        for key in list(self._selector.get_map().values()):
            if key.data is child:
                while self._pass_on(child, key.fd):
                    pass
                if not child.silent:
                    self._selector.unregister(key.fd)
        news = child.buried()
        if restart:
            self.say(f"{child.program.name} {news}")

    def _print(self, name: str, line: str) -> None:
        label = f"{name:<{self._width}}"
        if sys.stdout.isatty():
            colour = 1 if name == "carillon" else _COLOURS[sum(name.encode()) % len(_COLOURS)]
            label = f"\x1b[{colour}m{label}\x1b[0m"
        try:
            sys.stdout.write(f"{label} | {line}\n")
            sys.stdout.flush()
        except OSError:  # whoever read our output has gone: that is a request to stop
            self._stops = self._stops or 1

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Count stop signals, and wake the loop for them and for the end of a child."""
        if self._listening:  # stop() inside run()
            yield
            return

        def count(_number: int, _frame: object) -> None:
            self._stops += 1

        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        os.set_blocking(write_end, False)
        self._selector.register(read_end, selectors.EVENT_READ, None)
        before = {number: signal.signal(number, count) for number in STOP_SIGNALS}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        wakeup = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        self._listening = True
        try:
            yield
        finally:
            self._listening = False
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.unregister(read_end)
            os.close(read_end)
            os.close(write_end)
