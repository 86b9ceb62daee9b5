"""What the compiled CPU kernels share: fast elementary functions, and a loop over threads.

Kernels are plain loops that release the interpreter lock and are run by Python threads, as many as
`torch.get_num_threads()`. Numba's own thread pools are not used: one would stand beside torch's
OpenMP pool, and either does not survive a fork or forbids two callers at once.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import torch
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np import arrayobj

FAST = {"contract", "nsz", "nnan", "ninf", "arcp"}  # but no reassociation: it undoes `exp2`

LANES = 32  # channels that a task works on
CHUNK = 32  # steps of the sequence that it works on at a time
ROWS = CHUNK + 3  # rows of its buffers: a chunk, and what a convolution sees of the next

f32 = np.float32
LOG2E = f32(1.4426950408889634)
LN2 = f32(0.6931471805599453)
_ROUND = f32(1.5 * 2**23)  # adding it leaves the nearest integer in the mantissa

_SOURCE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that `run` calls, at its first call; later processes load the result.

    Numba renews the stored result when the kernel's own file changes. The pieces of this file are
    part of every kernel too, so its digest becomes part of the name under which results are stored.
    """
    function.__qualname__ += f".{_SOURCE}"
    return _compile(function, fastmath=FAST, cache=True)


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a part of each kernel that calls it."""
    return _compile(function, fastmath=FAST, forceinline=True)


def inline_sum(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a part of kernels, with sums in a fast order (always the same one)."""
    return _compile(function, fastmath=True, forceinline=True)


def _compile(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    compiled: Callable[..., Any] = numba.njit(nogil=True, error_model="numpy", **options)(function)
    return compiled


def _buffer(_context: Any) -> Any:
    """Return an uninitialised float32 array (ROWS, LANES) on the stack of the calling kernel.

    The compiler knows its strides and that no other array overlaps it, without which it would not
    use vector instructions.
    """
    array = types.Array(types.float32, 2, "C")

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        block = ir.ArrayType(ir.FloatType(), ROWS * LANES)
        memory = cgutils.alloca_once(builder, block)
        memory.align = 64
        result = context.make_array(array)(context, builder)
        integer = context.get_value_type(types.intp)
        arrayobj.populate_array(
            result,
            data=builder.bitcast(memory, ir.FloatType().as_pointer()),
            shape=[integer(ROWS), integer(LANES)],
            strides=[integer(4 * LANES), integer(4)],
            itemsize=integer(4),
            meminfo=None,
        )
        return result._getvalue()

    return array(), generate


buffer: Any = intrinsic(_buffer)


def _bits_of(_context: Any, _value: Any) -> Any:
    """Reinterpret a float32 as int32."""
    return types.int32(types.float32), lambda _c, builder, _s, args: builder.bitcast(
        args[0], ir.IntType(32)
    )


def _float_of(_context: Any, _value: Any) -> Any:
    """Reinterpret an int32 as float32."""
    return types.float32(types.int32), lambda _c, builder, _s, args: builder.bitcast(
        args[0], ir.FloatType()
    )


_bits: Any = intrinsic(_bits_of)
_float: Any = intrinsic(_float_of)


@inline
def exp2(x: Any) -> Any:
    """Return 2**x for float32 x ≤ 126, relative error below 2e-7; below -125, as at -125.

    A polynomial for the fraction (|error| least on [-1/2, 1/2], and none at 0, so that slow decays
    stay exact); the whole part goes straight into the exponent's bits.
    """
    x = x if x > f32(-125) else f32(-125)
    rounded = x + _ROUND
    x = x - (rounded - _ROUND)
    power = f32(1.3264728e-3)
    power = power * x + f32(9.671514e-3)
    power = power * x + f32(5.5507336e-2)
    power = power * x + f32(2.4022242e-1)
    power = power * x + f32(6.9314700e-1)
    power = power * x + f32(1)
    return _float(np.int32(_bits(power) + (_bits(rounded) << np.int32(23))))


@inline
def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)) for float32 x, relative error below 1.2e-6 where |x| ≤ 20."""
    size = x if x > f32(0) else -x
    e = exp2(-size * LOG2E)
    return (f32(1) if x > f32(0) else e) / (f32(1) + e)


@inline
def softplus(x: Any) -> Any:
    """Return log(1 + exp(x)) for float32 x, relative error below 1.2e-6 where |x| ≤ 20.

    With e = exp(-|x|): max(x, 0) + log1p(e), and log1p(e) = 2 artanh(s), s = e / (2 + e) ≤ 1/3.
    """
    size = x if x > f32(0) else -x
    e = exp2(-size * LOG2E)
    s = e / (f32(2) + e)
    q = s * s
    series = f32(1 / 15)
    series = series * q + f32(1 / 13)
    series = series * q + f32(1 / 11)
    series = series * q + f32(1 / 9)
    series = series * q + f32(1 / 7)
    series = series * q + f32(1 / 5)
    series = series * q + f32(1 / 3)
    series = series * q + f32(1)
    return (x if x > f32(0) else f32(0)) + f32(2) * s * series


@inline
def clear(rows: int, values: Any) -> None:
    """Set the first rows of a buffer to 0."""
    for t in range(rows):
        for c in range(LANES):
            values[t, c] = f32(0)


@inline
def fill(source: Any, row: int, column: int, steps: int, lanes: int, buffer: Any) -> None:
    """Copy the piece (steps, lanes) of a matrix at (row, column) into a buffer; other lanes get 0.

    `source` is what `columns` returns.
    """
    matrix, first = source
    for t in range(steps):
        line = matrix[row + t][first + column : first + column + lanes]
        for c in range(lanes):
            buffer[t, c] = line[c]
    if lanes < LANES:
        for t in range(steps):
            for c in range(lanes, LANES):
                buffer[t, c] = f32(0)


@inline
def spill(buffer: Any, row: int, column: int, steps: int, lanes: int, target: Any) -> None:
    """Copy a buffer back into the piece of a matrix at (row, column); see `fill`."""
    matrix, first = target
    for t in range(steps):
        line = matrix[row + t][first + column : first + column + lanes]
        for c in range(lanes):
            line[c] = buffer[t, c]


def columns(tensor: torch.Tensor) -> tuple[np.ndarray[Any, Any], int]:
    """View (B, L, D) float32 as columns of a matrix of B·L rows, copying only if that fails.

    Returns
    -------
    (matrix, first)
        The tensor is `matrix[:, first : first + D]`. So the halves of one projection need no copy.
    """
    tensor = tensor.detach()
    batch, length, width = tensor.shape
    rows, row = batch * length, tensor.stride(1)
    even = batch == 1 or tensor.stride(0) == length * row
    if tensor.stride(2) == 1 and even and row >= width:
        start, first = divmod(int(tensor.storage_offset()), row)
        stored = tensor.untyped_storage().nbytes() // tensor.itemsize
        if first + width <= row and (start + rows) * row <= stored:
            return tensor.as_strided((rows, row), (row, 1), start * row).numpy(), first
    return tensor.contiguous().view(rows, width).numpy(), 0


@functools.cache
def _pool(threads: int, _process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="orthrus-kernel")


def run(function: Callable[..., None], tasks: int, *args: Any) -> None:
    """Call `function(first, last, *args)` over slices of `range(tasks)` on torch's thread count.

    Tasks write to places of their own, so the slicing never changes a result.
    """
    threads = min(torch.get_num_threads(), tasks)
    if threads == 1:
        return function(0, tasks, *args)
    edges = [tasks * i // threads for i in range(threads + 1)]
    pool = _pool(threads - 1, os.getpid())
    others = [pool.submit(function, edges[i], edges[i + 1], *args) for i in range(1, threads)]
    function(0, edges[1], *args)
    for other in others:
        other.result()
    return None
