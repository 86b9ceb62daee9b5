"""The compiled scan against the equations, and the choice among scans."""

from __future__ import annotations

import functools
import sys
import types

import pytest
import torch
from models_helpers import OPERANDS, leaves, relative, scan_operands

from orthrus.errors import OrthrusError
from orthrus.models import scan
from orthrus.models.scan_cpu import Scan

SHAPES = [(1, 1, 32), (3, 31, 32), (1, 32, 64), (2, 33, 40), (5, 70, 96), (1, 300, 33)]


@pytest.fixture(autouse=True)
def fresh_choice(monkeypatch):
    monkeypatch.delenv(scan.FORCED, raising=False)
    caches = (scan._decide, scan._tell, scan._mamba_ssm_fault)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("shape", SHAPES)
def test_compiled_scan_equals_the_equations_and_their_gradients(shape):
    torch.manual_seed(0)
    operands = scan_operands(*shape)
    single, double = leaves(operands, torch.float32), leaves(operands, torch.float64)
    found, wanted = scan.selective_scan(*single), scan.reference(*double)
    assert (found - wanted).abs().max() < 1e-5
    weights = torch.randn_like(found)
    found.backward(weights)
    wanted.backward(weights.double())
    for name, a, b in zip(OPERANDS, single, double, strict=True):
        assert relative(a.grad, b.grad) < 1e-5, name


CHUNK_SHAPES = [(1, 1, 3), (3, 63, 2), (1, 64, 4), (2, 65, 3), (5, 200, 4)]


@pytest.mark.parametrize("shape", CHUNK_SHAPES)
def test_chunked_scan_equals_the_equations_and_their_gradients(shape):
    torch.manual_seed(0)
    operands = scan_operands(*shape)
    single, double = leaves(operands, torch.float32), leaves(operands, torch.float64)
    found, wanted = scan.chunked(*single), scan.reference(*double)
    assert (found - wanted).abs().max() < 1e-5
    weights = torch.randn_like(found)
    found.backward(weights)
    wanted.backward(weights.double())
    for name, a, b in zip(OPERANDS, single, double, strict=True):
        assert relative(a.grad, b.grad) < 1e-5, name


def test_chunked_scan_keeps_its_states_in_float32_under_autocast():
    operands = scan_operands(2, 300, 4)
    wanted = scan.chunked(*operands)
    halves = [x.bfloat16() if x.dim() == 3 else x for x in operands]
    with torch.autocast("cpu", torch.bfloat16):
        found = scan.chunked(*halves)
        exact = scan.chunked(*operands)
    assert found.dtype == torch.bfloat16
    assert relative(found, wanted) < 0.02
    assert torch.equal(exact, wanted)


def test_chunked_scan_survives_decays_that_underflow():
    operands = scan_operands(1, 150, 3)
    operands[1] = torch.linspace(-120, 120, 150)[None, :, None].expand(1, 150, 3)
    single, double = leaves(operands, torch.float32), leaves(operands, torch.float64)
    found, wanted = scan.chunked(*single), scan.reference(*double)
    assert relative(found, wanted) < 1e-5
    found.sum().backward()
    wanted.sum().backward()
    for name, a, b in zip(OPERANDS, single, double, strict=True):
        assert relative(a.grad, b.grad) < 1e-4, name


@pytest.mark.parametrize(("batch", "length"), [(1, 2_049), (3, 777)])
def test_long_scans_and_their_gradients_are_exact(batch, length):
    """Both fast scans against the equations in float64, all channels and states at once."""
    torch.manual_seed(length)
    operands = scan_operands(batch, length, 4, states=4)
    double = leaves(operands, torch.float64)
    wanted = scan.reference(*double)
    weights = torch.randn_like(wanted)
    wanted.backward(weights)
    for fast in (scan.chunked, scan.selective_scan):
        single = leaves(operands, torch.float32)
        found = fast(*single)
        assert (found - wanted).abs().max() < 1e-5
        found.backward(weights.float())
        for name, a, b in zip(OPERANDS, single, double, strict=True):
            assert relative(a.grad, b.grad) < 1e-4, name


def test_reference_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    operands = leaves(scan_operands(2, 4, 3, states=2), torch.float64)
    assert torch.autograd.gradcheck(scan.reference, operands)


def test_extreme_step_sizes_and_gates():
    operands = scan_operands(1, 40, 32)
    operands[1] = torch.linspace(-120, 120, 40)[None, :, None].expand(1, 40, 32)
    operands[6] = torch.linspace(200, -200, 40)[None, :, None].expand(1, 40, 32)
    found = scan.selective_scan(*operands)
    wanted = scan.reference(*(operand.double() for operand in operands))
    assert found.isfinite().all()
    assert relative(found, wanted) < 1e-5


def test_only_some_operands_ask_for_a_gradient():
    operands = scan_operands(1, 5, 32)
    operands[2].requires_grad_()
    scan.selective_scan(*operands).sum().backward()
    assert operands[2].grad.shape == operands[2].shape


def test_without_gradient_no_states_are_kept(monkeypatch):
    kept = []
    monkeypatch.setattr(
        "orthrus.models.scan_cpu.run", lambda kernel, tasks, *args: kept.append(args[-1].size)
    )
    operands = leaves(scan_operands(1, 64, 32), torch.float32)
    with torch.no_grad():
        scan.selective_scan(*operands)
    Scan.apply(*operands)
    assert kept == [0, 2 * 16 * 32]


def test_thread_count_does_not_change_a_bit():
    torch.manual_seed(0)
    operands = scan_operands(3, 65, 96)
    threads, results = torch.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            single = leaves(operands, torch.float32)
            out = scan.selective_scan(*single)
            out.square().sum().backward()
            results.append([out, *(operand.grad for operand in single)])
    finally:
        torch.set_num_threads(threads)
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


def test_half_precision_comes_back_as_half_precision():
    operands = scan_operands(1, 8, 32)
    operands[0] = operands[0].bfloat16()
    assert scan.selective_scan(*operands).dtype == torch.bfloat16


def test_choice_on_the_cpu_is_told_once(capsys):
    for _ in range(3):
        assert scan.choose("cpu", torch.float32) == "numba"
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("selective scan on cpu: numba (")
    assert scan.choose("cpu", torch.float64) == "reference"


def test_choice_can_be_forced(monkeypatch, capsys):
    monkeypatch.setenv(scan.FORCED, "reference")
    assert scan.choose("cpu", torch.float32) == "reference"
    assert "ORTHRUS_SCAN says so" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("forced", "message"),
    [
        (
            "cuda",
            "ORTHRUS_SCAN=cuda: no such scan; use one of mamba_ssm, numba, chunked, reference",
        ),
        ("mamba_ssm", "ORTHRUS_SCAN=mamba_ssm cannot run on cpu: its tensors must be on CUDA"),
    ],
)
def test_impossible_choice_is_one_line(monkeypatch, forced, message):
    monkeypatch.setenv(scan.FORCED, forced)
    with pytest.raises(OrthrusError) as error:
        scan.choose("cpu", torch.float32)
    assert str(error.value) == message


def test_broken_mamba_ssm_is_passed_over(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mamba_ssm", None)
    monkeypatch.setitem(sys.modules, "mamba_ssm.ops.selective_scan_interface", None)
    assert scan.choose("cuda", torch.float32) == "chunked"
    assert "slower; mamba_ssm: " in capsys.readouterr().err


def test_mamba_ssm_that_imports_but_fails_is_passed_over(monkeypatch, capsys):
    def selective_scan_fn(*operands, **options):
        raise RuntimeError("no kernel image is available\nfor execution on the device")

    interface = types.SimpleNamespace(selective_scan_fn=selective_scan_fn)
    monkeypatch.setattr(scan.importlib, "import_module", lambda name: interface)
    monkeypatch.setattr(scan.torch, "zeros", lambda shape, device: torch.empty(shape))
    assert scan.choose("cuda", torch.float32) == "chunked"
    told = capsys.readouterr().err.strip()
    assert told.endswith("(slower; mamba_ssm: RuntimeError: no kernel image is available)")


def test_a_fault_of_a_kernel_that_comes_late_counts(monkeypatch):
    def synchronize():
        raise RuntimeError("an illegal memory access was encountered")

    interface = types.SimpleNamespace(selective_scan_fn=lambda u, *operands, **options: u)
    monkeypatch.setattr(scan.importlib, "import_module", lambda name: interface)
    zeros = torch.zeros
    monkeypatch.setattr(scan.torch, "zeros", lambda shape, device: zeros(shape))
    monkeypatch.setattr(scan.torch.cuda, "synchronize", synchronize)
    scan._mamba_ssm_fault.cache_clear()
    assert "illegal memory access" in scan._mamba_ssm_fault()
    scan._mamba_ssm_fault.cache_clear()


def test_mamba_ssm_that_works_is_taken(monkeypatch):
    monkeypatch.setattr(scan, "_mamba_ssm_fault", functools.cache(lambda: ""))
    assert scan.decide("cuda", torch.float32) == ("mamba_ssm", "it works")


def test_mamba_ssm_gets_channels_before_the_sequence(monkeypatch):
    def selective_scan_fn(u, delta, A, B, C, D, z, delta_bias, delta_softplus):
        assert delta_softplus
        u, delta, B, C, z = (x.transpose(1, 2) for x in (u, delta, B, C, z))
        return scan.reference(u, delta, A, B, C, D, z, delta_bias).transpose(1, 2)

    interface = types.SimpleNamespace(selective_scan_fn=selective_scan_fn)
    monkeypatch.setattr(scan.importlib, "import_module", lambda name: interface)
    operands = scan_operands(2, 6, 4)
    torch.testing.assert_close(scan._mamba_ssm(*operands), scan.reference(*operands))
