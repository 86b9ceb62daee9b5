"""Products of sequences and weights."""

from __future__ import annotations

import pytest
import torch
from models_helpers import relative

from orthrus.models.linear_cpu import SMALL, Projection, product


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 3, 4), (20481, 1), (5001, 7), (4, 1025, 8), (1, 1, 30001)]
)
@pytest.mark.parametrize("outputs", [1, 6, 36])
def test_equals_float64_with_its_gradients(shape, outputs):
    generator = torch.Generator().manual_seed(outputs)
    x = torch.randn(shape, generator=generator, requires_grad=True)
    weight = torch.randn(outputs, shape[-1], generator=generator, requires_grad=True)
    exact = [operand.detach().double().requires_grad_() for operand in (x, weight)]
    found, wanted = product(x, weight), exact[0] @ exact[1].T
    assert found.shape == wanted.shape
    # Sums of 30,001 products in float32 differ by 1.0e-6 between processors.
    assert relative(found.detach(), wanted.detach()) < 2e-6
    found.square().sum().backward()
    wanted.square().sum().backward()
    assert relative(x.grad, exact[0].grad) < 1e-5
    assert relative(weight.grad, exact[1].grad) < 1e-5


def test_operands_may_be_views():
    x, weight = torch.randn(6, 2000, 5).transpose(0, 1), torch.randn(10, 3)[::2].T
    assert torch.allclose(product(x, weight), x @ weight.T, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_onednn_computes_float32(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.profiler.profile() as profile:
            product(torch.randn(1, SMALL, 2), torch.randn(5, 2))
    finally:
        torch.set_num_threads(before)
    assert "aten::mkldnn_convolution" in {event.key for event in profile.key_averages()}


def test_autocast_makes_bfloat16():
    projection = Projection(4, 3)
    x = torch.randn(2, SMALL, 4)
    with torch.autocast("cpu", torch.bfloat16):
        found = projection(x)
    assert found.dtype == torch.bfloat16
    assert torch.allclose(found.float(), projection(x), atol=0.05)


def test_a_projection_has_the_names_of_a_linear_layer():
    projection = Projection(4, 3)
    assert {name: tuple(value.shape) for name, value in projection.state_dict().items()} == {
        "weight": (3, 4)
    }
