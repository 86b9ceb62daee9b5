"""The compiled causal convolution against torch's."""

from __future__ import annotations

import pytest
import torch
from models_helpers import leaves, relative

from orthrus.models.conv import causal_conv_silu, reference

SHAPES = [(1, 1, 32), (2, 2, 40), (1, 3, 32), (3, 33, 96), (2, 64, 64), (1, 130, 33)]


@pytest.mark.parametrize("shape", SHAPES)
def test_compiled_convolution_equals_torch_and_its_gradients(shape):
    torch.manual_seed(0)
    batch, length, channels = shape
    x = torch.randn(batch, length, 2 * channels).chunk(2, dim=-1)[1]
    operands = [x, torch.randn(channels, 1, 4), torch.randn(channels)]
    single, double = leaves(operands, torch.float32), leaves(operands, torch.float64)
    found, wanted = causal_conv_silu(*single), reference(*double)
    assert relative(found, wanted) < 1e-6
    weights = torch.randn_like(found)
    found.backward(weights)
    wanted.backward(weights.double())
    for a, b in zip(single, double, strict=True):
        assert relative(a.grad, b.grad) < 1e-5


def test_float64_stays_float64():
    operands = torch.randn(1, 5, 4).double(), torch.randn(4, 1, 4).double(), torch.randn(4).double()
    assert torch.equal(causal_conv_silu(*operands), reference(*operands))


def test_convolution_looks_back_three_steps_and_not_ahead():
    x = torch.zeros(1, 9, 32)
    x[0, 4] = 1
    changed = causal_conv_silu(x, torch.ones(32, 1, 4), torch.zeros(32))[0].any(dim=1)
    assert changed.nonzero().flatten().tolist() == [4, 5, 6, 7]
