"""Encoders, heads and checkpoints: no data, and no files but weights."""

from contextlib import suppress
from ctypes import CDLL

_MMAP_THRESHOLD, _BYTES = -3, 4 << 20  # glibc's M_MMAP_THRESHOLD

# Large tensors are mapped, and given back when they are freed. Of itself glibc takes to its heap
# what has up to 32 MB once such a tensor was freed: batches of many shapes then double a training's
# memory.
with suppress(OSError, AttributeError):  # another C library has no such option
    CDLL(None).mallopt(_MMAP_THRESHOLD, _BYTES)
