"""The encoder: its parameters, causality, and embeddings."""

from __future__ import annotations

import math

import pytest
import torch
from models_helpers import relative, small

from orthrus.config.models import EncoderSettings
from orthrus.models.encoder import Orthrus
from orthrus.models.mamba import Mamba


@pytest.mark.parametrize(
    ("tracks", "width", "layers", "count"),
    [
        (6, 256, 3, 1_317_120),
        (4, 256, 3, 1_316_608),
        (6, 512, 6, 10_179_072),
        (4, 512, 6, 10_178_048),
    ],
)
def test_parameter_counts_are_the_published(tracks, width, layers, count):
    with torch.device("meta"):
        settings = EncoderSettings(n_tracks=tracks, width=width, layers=layers)
        found = sum(parameter.numel() for parameter in Orthrus(settings).parameters())
    assert found == count


def test_parameter_names_and_shapes_are_the_published():
    d, i, r = 64, 128, 4
    wanted = {
        "embedding.weight": (d, 6),
        "embedding.bias": (d,),
        "norm_f.weight": (d,),
        "norm_f.bias": (d,),
    }
    for n in range(2):
        wanted |= {
            f"layers.{n}.mixer.A_log": (i, 16),
            f"layers.{n}.mixer.D": (i,),
            f"layers.{n}.mixer.in_proj.weight": (2 * i, d),
            f"layers.{n}.mixer.conv1d.weight": (i, 1, 4),
            f"layers.{n}.mixer.conv1d.bias": (i,),
            f"layers.{n}.mixer.x_proj.weight": (r + 32, i),
            f"layers.{n}.mixer.dt_proj.weight": (i, r),
            f"layers.{n}.mixer.dt_proj.bias": (i,),
            f"layers.{n}.mixer.out_proj.weight": (d, i),
            f"layers.{n}.norm.weight": (d,),
            f"layers.{n}.norm.bias": (d,),
        }
    found = {name: tuple(value.shape) for name, value in small(width=d).state_dict().items()}
    assert found == wanted


def test_start_values():
    encoder = small(width=256, layers=3)
    assert not encoder.embedding.bias.any()
    for block in encoder.layers:
        mixer = block.mixer
        states = torch.arange(1.0, 17).repeat(512, 1)
        torch.testing.assert_close(mixer.A_log.exp(), states)
        steps = torch.nn.functional.softplus(mixer.dt_proj.bias)
        assert steps.min() > 0.99e-3
        assert steps.max() < 1.01e-1
        assert abs(steps.log().median().item() - math.log(1e-2)) < 0.3
        bound = 1 / math.sqrt(512) / math.sqrt(3)
        assert 0.99 * bound < mixer.out_proj.weight.abs().max() <= bound
        assert mixer.dt_proj.weight.abs().max() <= 0.25


def test_forward_equals_the_block_equations_in_float64():
    encoder = small().double()
    tracks = torch.rand(2, 9, 6).double()
    residual = encoder.embedding(tracks)
    for block in encoder.layers:
        residual = residual + block.mixer(block.norm(residual))
    torch.testing.assert_close(encoder(tracks), encoder.norm_f(residual))


def test_compiled_encoder_equals_float64():
    encoder = small()
    codes = torch.randint(0, 4, (3, 77), dtype=torch.uint8)
    lengths = torch.tensor([77, 40, 1])
    found = encoder.embed(codes, lengths)
    weights = torch.randn_like(found)
    found.backward(weights)
    double = small().double()
    wanted = _embed_double(double, codes, lengths)
    wanted.backward(weights.double())
    assert (found - wanted).abs().max() < 1e-5
    for (name, a), b in zip(encoder.named_parameters(), double.parameters(), strict=True):
        assert relative(a.grad, b.grad) < 1e-4, name


def _embed_double(encoder, codes, lengths):
    """Embed one transcript at a time, unpadded, in float64."""
    alone = []
    for row, length in zip(codes, lengths.tolist(), strict=True):
        one_hot = torch.nn.functional.one_hot(row[:length].long(), 6).double()
        alone.append(encoder(one_hot[None])[0].mean(dim=0))
    return torch.stack(alone)


def test_later_nucleotides_change_nothing_before_them():
    encoder = small()
    tracks = torch.rand(1, 50, 6)
    changed = tracks.clone()
    changed[:, 30:] = 1
    with torch.no_grad():
        before, after = encoder(tracks), encoder(changed)
    torch.testing.assert_close(before[:, :30], after[:, :30], rtol=0, atol=1e-6)
    assert not torch.allclose(before[:, 30], after[:, 30])


def test_padding_changes_nothing():
    encoder = small()
    codes = torch.randint(0, 4, (1, 45), dtype=torch.uint8)
    padded = torch.full((3, 200), 4, dtype=torch.uint8)
    padded[1, :45] = codes
    with torch.no_grad():
        alone = encoder.embed(codes, torch.tensor([45]))
        among = encoder.embed(padded, torch.tensor([7, 45, 200]))[1:2]
    torch.testing.assert_close(among, alone, rtol=0, atol=1e-6)


def test_embedding_twice_gives_the_same_bits():
    encoder = small()
    codes, lengths = torch.randint(0, 4, (5, 33), dtype=torch.uint8), torch.full((5,), 33)
    assert torch.equal(encoder.embed(codes, lengths), encoder.embed(codes, lengths))


def test_four_tracks_ignore_codons_and_exons():
    encoder = small(tracks=4)
    codes = torch.randint(0, 4, (2, 20), dtype=torch.uint8)
    lengths = torch.tensor([20, 20])
    assert torch.equal(encoder.embed(codes, lengths), encoder.embed(codes | 24, lengths))


def test_autocast_stays_close():
    encoder = small()
    codes, lengths = torch.randint(0, 4, (2, 40), dtype=torch.uint8), torch.tensor([40, 30])
    with torch.no_grad():
        exact = encoder.embed(codes, lengths)
        with torch.autocast("cpu", torch.bfloat16):
            rough = encoder.embed(codes, lengths)
    assert relative(rough, exact) < 0.05


def test_mixer_takes_one_position():
    assert Mamba(32)(torch.rand(1, 1, 32)).shape == (1, 1, 32)
