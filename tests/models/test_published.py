"""The encoder against the reference implementation in mamba-ssm's own source distribution."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest
import torch
from models_helpers import relative, small
from torch import nn


@pytest.fixture
def published(monkeypatch):
    """Import the pure-PyTorch parts of the unpacked source distribution, and nothing compiled."""
    folder = os.environ.get("ORTHRUS_MAMBA_SDIST")
    if not folder:
        pytest.skip("needs mamba-ssm's unpacked sdist: set ORTHRUS_MAMBA_SDIST to its folder")
    pytest.importorskip("einops", reason="mamba-ssm's own code needs einops")
    package = types.ModuleType("mamba_ssm")
    package.__path__ = [str(Path(folder) / "mamba_ssm")]
    norms = types.ModuleType("mamba_ssm.ops.triton.layer_norm")
    norms._layer_norm_fwd = norms.layer_norm_fn = norms.rms_norm_fn = norms.RMSNorm = None
    compiled = types.ModuleType("selective_scan_cuda")
    for module in (package, norms, compiled):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    from mamba_ssm.modules import mamba_simple
    from mamba_ssm.modules.block import Block
    from mamba_ssm.ops.selective_scan_interface import selective_scan_ref

    monkeypatch.setattr(mamba_simple, "selective_scan_fn", selective_scan_ref)
    yield mamba_simple.Mamba, Block
    for name in [name for name in sys.modules if name.startswith("mamba_ssm.")]:
        monkeypatch.delitem(sys.modules, name)


class Published(nn.Module):
    """The published encoder, put together from mamba-ssm's blocks."""

    def __init__(self, mixer, block, tracks: int, width: int, layers: int):
        super().__init__()
        self.embedding = nn.Linear(tracks, width)
        self.layers = nn.ModuleList(block(width, mixer, nn.Identity) for _ in range(layers))
        self.norm_f = nn.LayerNorm(width)

    def forward(self, tracks):
        hidden, residual = self.embedding(tracks), None
        for layer in self.layers:
            hidden, residual = layer(hidden, residual)
        return self.norm_f(hidden + residual)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of its own use of torch
def test_its_weights_load_and_give_equal_embeddings_and_gradients(published):
    torch.manual_seed(1)
    theirs, ours = Published(*published, tracks=6, width=64, layers=3), small(width=64, layers=3)
    ours.load_state_dict(theirs.state_dict())
    tracks = torch.randint(0, 2, (3, 150, 6)).float()
    found, wanted = ours(tracks), theirs(tracks)
    assert (found - wanted).abs().max() < 1e-5
    weights = torch.randn_like(found)
    found.backward(weights)
    wanted.backward(weights)
    gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        assert relative(parameter.grad, gradients[name]) < 1e-4, name
