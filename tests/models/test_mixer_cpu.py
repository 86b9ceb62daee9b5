"""The mixer in one compiled step, against its parts in float64."""

from __future__ import annotations

import pytest
import torch
from models_helpers import relative

from orthrus.models import mixer_cpu
from orthrus.models.mamba import Mamba

WIDTH = 16


def mixer(seed=5):
    torch.manual_seed(seed)
    made = Mamba(WIDTH)
    torch.nn.init.normal_(made.D)
    return made


def compare(batch, length, tolerance=1e-4):
    torch.manual_seed(length)
    hidden = torch.randn(batch, length, WIDTH)
    single, double = mixer(), mixer().double()
    inputs = hidden.clone().requires_grad_(), hidden.double().requires_grad_()
    found, wanted = single(inputs[0]), double(inputs[1])
    assert (found - wanted).abs().max() < 1e-5
    weights = torch.randn_like(found)
    found.backward(weights)
    wanted.backward(weights.double())
    assert relative(inputs[0].grad, inputs[1].grad) < tolerance
    for (name, a), b in zip(single.named_parameters(), double.parameters(), strict=True):
        assert relative(a.grad, b.grad) < tolerance, name


@pytest.mark.parametrize(
    ("batch", "length"), [(1, 1), (2, 2), (3, 3), (7, 31), (1, 32), (5, 33), (3, 130)]
)
def test_equals_float64_with_the_gradients_of_every_parameter(batch, length):
    compare(batch, length)


def test_longest_transcripts_are_exact():
    compare(1, 12_288)


def test_slices_of_the_batch_change_nothing(monkeypatch):
    """Slices of 2, 2 and 1 sequences against the whole batch."""
    hidden, weights = torch.randn(5, 40, WIDTH), torch.randn(5, 40, WIDTH)
    results = []
    for size in (mixer_cpu.SLICE, 2 * 40 * 2 * WIDTH):
        monkeypatch.setattr(mixer_cpu, "SLICE", size)
        one = mixer()
        x = hidden.clone().requires_grad_()
        out = one(x)
        out.backward(weights)
        results.append([out, x.grad, *(parameter.grad for parameter in one.parameters())])
    assert [part.stop - part.start for part in mixer_cpu._slices(torch.empty(5, 40, 32))] == [2] * 3
    for whole, sliced in zip(*results, strict=True):
        torch.testing.assert_close(sliced, whole, rtol=1e-4, atol=1e-5)


def test_without_gradient_nothing_is_kept():
    hidden = torch.randn(2, 8, WIDTH)
    with torch.no_grad():
        assert mixer()(hidden).grad_fn is None
    frozen = mixer().requires_grad_(False)
    assert frozen(hidden).grad_fn is None


def test_autocast_reaches_the_large_projections_alone(monkeypatch):
    seen = []
    compiled = mixer_cpu.scan_cpu.scan

    def scan(operands, out, keep):
        seen.extend(operand.dtype for operand in operands)
        return compiled(operands, out, keep)

    monkeypatch.setattr(mixer_cpu.scan_cpu, "scan", scan)
    one, hidden = mixer(), torch.randn(2, 20, WIDTH)
    exact = one(hidden)
    with torch.autocast("cpu", torch.bfloat16):
        rough = one(hidden)
    rough.float().sum().backward()
    assert set(seen) == {torch.float32}
    assert rough.dtype == torch.bfloat16
    assert relative(rough, exact) < 0.05
    assert all(parameter.grad.dtype == torch.float32 for parameter in one.parameters())


def test_a_model_in_half_precision_runs():
    found = mixer().bfloat16()(torch.randn(1, 9, WIDTH).bfloat16())
    assert found.dtype == torch.bfloat16
