"""The convolutional baselines: parameters, shapes, padding, and the sizes of short transcripts."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from orthrus.config.models import EncoderSettings
from orthrus.models.dilated_cnn import MaskedNorm, Same
from orthrus.models.padding import prepared
from orthrus.models.registry import make

KINDS = ("mamba", "dilated_cnn", "saluki")
LENGTHS = (700, 333, 321, 319, 63, 10, 1)


def encoder(kind, **sizes):
    torch.manual_seed(7)
    return make(EncoderSettings(kind=kind, **sizes)).eval()


def batch(lengths=LENGTHS):
    torch.manual_seed(8)
    codes = torch.randint(0, 4, (len(lengths), max(lengths)), dtype=torch.uint8)
    codes |= torch.randint(0, 4, codes.shape, dtype=torch.uint8) << 3
    for row, length in enumerate(lengths):
        codes[row, length:] = 4
    return codes, torch.tensor(lengths)


def settled(encoder):
    """Give batch norms running statistics that are not 0 and 1."""
    encoder.train()
    with torch.no_grad():
        encoder.embed(*batch())
    return encoder.eval()


@pytest.mark.parametrize(
    ("kind", "size", "tracks", "count", "width"),
    [
        ("dilated_cnn", "small", 6, 787_264, 256),
        ("dilated_cnn", "small", 4, 787_008, 256),
        ("dilated_cnn", "medium", 6, 9_570_752, 512),
        ("saluki", "small", 6, 155_456, 64),
        ("saluki", "small", 4, 154_816, 64),
        ("saluki", "medium", 6, 9_730_560, 512),
    ],
)
def test_parameter_counts(kind, size, tracks, count, width):
    with torch.device("meta"):
        found = make(EncoderSettings(kind=kind, size=size, n_tracks=tracks))
    assert sum(parameter.numel() for parameter in found.parameters()) == count
    assert found.width == width


def saluki_states(length):
    length = max(length, 320) - 4
    for _ in range(6):
        length = (length - 4) // 2
    return length


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("mamba", lambda length: length),
        ("dilated_cnn", lambda length: max(length, 32) // 32),
        ("saluki", saluki_states),
    ],
)
def test_shapes_follow_the_lengths(kind, states):
    model = encoder(kind)
    for length in (1, 31, 32, 319, 320, 383, 384, 1000):
        codes, lengths = batch((length,))
        with torch.no_grad():
            hidden = model.encode(codes, lengths)
        assert hidden.shape == (1, states(length), model.width)
        assert model.positions(lengths).tolist() == [states(length)]
        assert model.pool(hidden, lengths).shape == (1, model.width)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind):
    model = settled(encoder(kind))
    codes, lengths = batch()
    codes = functional.pad(codes, (0, 130), value=4)
    with torch.no_grad():
        hidden = model.encode(codes, lengths)
        among = model.pool(hidden, lengths)
        for row, length in enumerate(LENGTHS):
            one = codes[row : row + 1, :length], lengths[row : row + 1]
            alone = model.encode(*one)[0]
            torch.testing.assert_close(hidden[row, : len(alone)], alone, rtol=0, atol=1e-5)
            torch.testing.assert_close(among[row], model.embed(*one)[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_past_the_end_changes_nothing(kind):
    model = settled(encoder(kind))
    codes, lengths = batch()
    junk = codes.clone()
    junk[codes == 4] = 27
    with torch.no_grad():
        wanted, found = model.embed(codes, lengths), model.embed(junk, lengths)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_track_and_both_ends_count(kind):
    model = settled(encoder(kind))
    codes, lengths = batch((640,))
    with torch.no_grad():
        before = model.embed(codes, lengths)
        for place, bit in ((0, 1), (0, 8), (0, 16), (600, 1), (600, 8), (600, 16)):
            changed = codes.clone()
            changed[0, place] ^= bit
            assert not torch.equal(model.embed(changed, lengths), before), (place, bit)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_gets_a_gradient(kind):
    model = encoder(kind).train()
    model.embed(*batch()).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_padding_is_no_part_of_batch_statistics(monkeypatch):
    monkeypatch.setattr("orthrus.models.padding.SHIFT", 0)
    statistics = []
    for padding in (0, 200):
        model = encoder("dilated_cnn").train()
        codes, lengths = batch()
        torch.manual_seed(3)
        model.embed(functional.pad(codes, (0, padding), value=4), lengths)
        statistics.append(model.norm.running_var)
    torch.testing.assert_close(*statistics, rtol=1e-6, atol=0)


def test_masked_norm_equals_batch_norm_of_the_real_positions():
    norm, plain = MaskedNorm(3), torch.nn.BatchNorm1d(3)
    x, real = torch.randn(2, 3, 5), torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    for _ in range(2):
        found = norm(x, real).mT
        torch.testing.assert_close(found[real], plain(x.mT[real]))
        assert not found[~real].any()
        norm.eval(), plain.eval()


@pytest.mark.parametrize(("kernel", "dilation"), [(2, 1), (2, 8), (4, 1), (4, 2)])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_same_convolution_is_torch_s(kernel, dilation):
    ours, theirs = Same(3, 5, kernel, dilation), torch.nn.Conv1d(3, 5, kernel, 1, "same", dilation)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, 20)
    torch.testing.assert_close(ours(x), theirs(x))


def test_shift_is_one_for_the_batch_and_keeps_lengths():
    tracks = torch.arange(1.0, 41).view(2, 20, 1)
    lengths = torch.tensor([20, 9])
    shifts = set()
    for seed in range(20):
        torch.manual_seed(seed)
        x, found = prepared(tracks, lengths, 1, shift=True)
        before = int((x[0, 0] == 0).sum())
        shifts.add(before)
        for row, length in enumerate(lengths.tolist()):
            wanted = torch.cat([torch.zeros(before), tracks[row, : length - before, 0]])
            assert torch.equal(x[row, 0, :length], wanted)
            assert not x[row, 0, length:].any()
        assert torch.equal(found, lengths)
    assert shifts == {0, 1, 2, 3}


def test_only_training_shifts():
    tracks = torch.rand(1, 400, 6)
    for kind in ("dilated_cnn", "saluki"):
        model = encoder(kind)
        with torch.no_grad():
            assert torch.equal(model(tracks), model(tracks))
