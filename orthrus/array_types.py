"""Types of arrays, by what they hold."""

from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Int8s = npt.NDArray[np.int8]
Int32s = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.integer[Any]]
Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
