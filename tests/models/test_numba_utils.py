"""Elementary functions, views and threads of the compiled kernels."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numba
import numpy as np
import pytest
import torch

from orthrus.models import numba_utils


def evaluate(function, values):
    @numba.njit
    def loop(values, out):
        for i in range(values.size):
            out[i] = function(values[i])

    values = values.astype(np.float32)
    out = np.empty_like(values)
    loop(values, out)
    return values.astype(np.float64), out


def test_exp2_is_accurate_and_never_overflows_its_bits():
    x, found = evaluate(numba_utils.exp2, np.linspace(-125, 125, 100_001))
    assert np.abs(found / np.exp2(x) - 1).max() < 2e-7
    _, found = evaluate(numba_utils.exp2, np.array([0, -126, -1e4, -3e38]))
    assert found[0] == 1
    assert np.all((found[1:] > 0) & (found[1:] < 1e-37))


def test_softplus_is_accurate_for_tiny_steps_too():
    x, found = evaluate(numba_utils.softplus, np.linspace(-20, 20, 100_001))
    assert np.abs(found / np.logaddexp(0, x) - 1).max() < 1.2e-6
    _, found = evaluate(numba_utils.softplus, np.array([-1e4, -90, 90, 1e4]))
    np.testing.assert_allclose(found, [0, 0, 90, 1e4], atol=1e-35)


def test_sigmoid_is_accurate_on_both_sides():
    x, found = evaluate(numba_utils.sigmoid, np.linspace(-20, 20, 100_001))
    assert np.abs(found / (1 / (1 + np.exp(-x))) - 1).max() < 1.2e-6
    _, found = evaluate(numba_utils.sigmoid, np.array([-1e4, -90, 90, 1e4]))
    np.testing.assert_allclose(found, [0, 0, 1, 1], atol=1e-35)


def test_stored_kernels_are_named_by_the_pieces_shared_by_all(tmp_path):
    source = Path(numba_utils.__file__).read_text()
    names = set()
    for number, text in enumerate([source, source, source + "# edited\n"]):
        module = load(tmp_path / f"{number}.py", text)
        names.add(module.kernel(lambda first, last: None).py_func.__qualname__)
    assert len(names) == 2


def load(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("edited", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: x[..., 3:7],
        lambda x: x[:, 1:],
        lambda x: x[..., ::2],
        lambda x: x.transpose(1, 2),
        lambda x: x[:, :, :1].expand(-1, -1, 5),
        lambda x: x[1:2],
        lambda x: x[:, :1],
        lambda x: x.flatten()[7:].as_strided((1, 5, 3), (100, 23, 1), 17),
    ],
)
def test_columns_are_the_tensor(make):
    tensor = make(torch.arange(3 * 4 * 10.0).view(3, 4, 10))
    matrix, first = numba_utils.columns(tensor)
    width = tensor.shape[2]
    assert matrix.flags.c_contiguous
    np.testing.assert_array_equal(
        matrix[:, first : first + width], tensor.reshape(-1, width).numpy()
    )


def test_columns_of_half_a_projection_are_not_copied():
    both = torch.zeros(2, 3, 8)
    matrix, first = numba_utils.columns(both.chunk(2, dim=-1)[1])
    both += 1
    assert (matrix.shape, first, matrix.min()) == ((6, 8), 4, 1)


def test_an_error_in_any_thread_comes_out(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)

    def fail(first, last):
        if first:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        numba_utils.run(fail, 2)
