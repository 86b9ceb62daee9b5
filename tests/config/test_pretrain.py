from __future__ import annotations

import pytest

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings, presets
from orthrus.config.settings_model import flags
from orthrus.errors import OrthrusError


@pytest.mark.parametrize(
    ("name", "size", "decay", "masked", "alpha", "sizes"),
    [
        ("small", (256, 3), 1e-5, 0.3, 0, (40, 240, 40)),
        ("small_a100", (256, 3), 1e-5, 0.3, 0, (150, 500, 150)),
        ("orthrus", (512, 6), 5e-5, 0.3, 0, (50, 150, 50)),
        ("orthrus_mlm", (512, 6), 5e-5, 0.15, 0.95, (30, 130, 30)),
    ],
)
def test_presets_hold_the_numbers_of_the_paper(name, size, decay, masked, alpha, sizes) -> None:
    model = settings(PretrainSettings, [f"preset={name}"])
    assert (model.encoder.width, model.encoder.layers) == size
    assert (model.train.weight_decay, model.train.head_weight_decay) == (decay, 1e-4)
    assert (model.augment.mask_sequence, model.augment.mask_tracks) == (masked, 0.3)
    assert model.objective.mlm_weight == alpha
    assert (model.batch.strategy, model.batch.sizes) == ("paper", sizes)
    assert (model.train.lr, model.train.head_lr) == (1e-3, 1e-3)
    assert (model.train.steps, model.train.warmup, model.train.clip) == (20_000, 2_000, 5)
    assert model.train.precision == "bf16-mixed"


def test_every_preset_can_be_named() -> None:
    for name in presets():
        assert settings(PretrainSettings, [f"preset={name}"]).preset is None


def test_keys_beside_a_preset_win_and_survive_the_command_line() -> None:
    chosen = ["preset=orthrus", "encoder.layers=3", "train.precision=32", "batch.tokens=9"]
    model = settings(PretrainSettings, chosen)
    assert (model.encoder.width, model.encoder.layers, model.batch.tokens) == (512, 3, 9)
    # 32 is the default: a command that named the preset again would lose it.
    assert model.train.precision == 32
    words = [word for word in flags(model).split(" --set ") if word]
    again = settings(PretrainSettings, [word.removeprefix("--set ").strip("'") for word in words])
    assert again == model


def test_unknown_preset() -> None:
    with pytest.raises(OrthrusError, match=r"preset: Input should be 'small'.* \(got 'tiny'\)"):
        settings(PretrainSettings, ["preset=tiny"])
