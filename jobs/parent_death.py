"""Tie a child process to its parent's life, so that a parent killed outright leaves no orphan at work."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h; see prctl(2)

# Loaded here, not after the fork: only async-signal-safe work is safe between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """In a child: have the kernel send this process a signal when `parent`, which forked it, dies.

    The kernel only watches from the call on; a parent already gone shows by a changed parent id, and then
    this process gets it at once. The setting survives exec. Systems other than Linux have no such call: there
    it only checks.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
