"""Encoders, heads and checkpoints: no data, and no files but weights."""

from contextlib import suppress
from ctypes import CDLL

_TRIM, _MMAP = -1, -3  # glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
_KEPT, _MAPPED = 128 << 20, 12 << 20

# Large tensors are mapped, and given back when they are freed. Of itself glibc takes to its heap
# what has up to 32 MB once such a tensor was freed: batches of many shapes then take twice the
# memory. The heap keeps what smaller tensors leave, as it does of itself.
with suppress(OSError, AttributeError):  # another C library has no such options
    _libc = CDLL(None)
    _libc.mallopt(_TRIM, _KEPT)
    _libc.mallopt(_MMAP, _MAPPED)
