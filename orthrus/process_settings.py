"""Settings of a whole process that make torch faster and smaller; commands make them.

Who uses the package as a library decides on these themselves, and may call `tune`.
"""

import os
from contextlib import suppress
from ctypes import CDLL

_TRIM, _MMAP = -1, -3  # glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
_KEPT, _MAPPED = 128 << 20, 12 << 20


def tune() -> None:
    """Set what torch and the C library read; before torch is first imported."""
    # OpenMP's threads otherwise spin for a while after each matrix product of torch, on the cores
    # that the compiled kernels want: on two, a small encoder trains a quarter faster without.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Large tensors in pages of 2 MB, where Linux has them: torch asks for fresh memory for each,
    # and a seventh of the encoder's time went into mapping it page by page.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    # Large tensors are mapped, and given back when they are freed. Of itself glibc takes to its
    # heap what has up to 32 MB once such a tensor was freed: batches of many shapes then take twice
    # the memory. The heap keeps what smaller tensors leave, as it does of itself.
    with suppress(OSError, AttributeError):  # another C library has no such options
        library = CDLL(None)
        library.mallopt(_TRIM, _KEPT)
        library.mallopt(_MMAP, _MAPPED)
