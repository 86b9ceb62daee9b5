"""Weights on disk."""

from __future__ import annotations

import json

import pytest
import torch
from models_helpers import small
from safetensors.torch import load_file, save_file

from orthrus.errors import OrthrusError
from orthrus.models import checkpoint


@pytest.fixture
def folder(tmp_path):
    checkpoint.save(small(), tmp_path / "model")
    return tmp_path / "model"


def edit_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))


def edit_weights(folder, edit):
    weights = load_file(folder / "model.safetensors")
    edit(weights)
    save_file(weights, folder / "model.safetensors")


def test_round_trip(folder):
    encoder, again = small(), checkpoint.load_model(folder)
    assert not again.training
    assert again.settings == encoder.settings
    for name, value in encoder.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_published_keys_and_the_same_bytes_each_time(folder, tmp_path):
    assert json.loads((folder / "config.json").read_text()) == {
        "model_type": "orthrus",
        "n_tracks": 6,
        "ssm_model_dim": 32,
        "ssm_n_layers": 2,
        "has_mlm_head": False,
    }
    checkpoint.save(small(), tmp_path / "again")
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_files_have_the_permissions_of_any_new_file(folder, tmp_path):
    (tmp_path / "other").touch()
    wanted = (tmp_path / "other").stat().st_mode
    assert {file.stat().st_mode for file in folder.iterdir()} == {wanted}


def test_loading_leaves_the_random_state_alone(folder):
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    checkpoint.load_model(folder)
    assert torch.equal(torch.rand(4), wanted)


def expect(folder, *parts):
    with pytest.raises(OrthrusError) as error:
        checkpoint.load_model(folder)
    message = str(error.value)
    assert "\n" not in message
    assert all(part in message for part in (str(folder), *parts)), message


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_missing_file(folder, name):
    (folder / name).unlink()
    expect(folder, name, "cannot be read")


def test_damaged_weights(folder):
    (folder / "model.safetensors").write_bytes(b"not weights")
    expect(folder, "is not a safetensors file")


def test_config_of_another_model(folder):
    edit_config(folder, model_type="bert")
    expect(folder, "model_type is not 'orthrus'")


def test_config_with_a_value_out_of_range(folder):
    edit_config(folder, n_tracks=5)
    expect(folder, "n_tracks")


def test_other_track_count(folder):
    edit_config(folder, n_tracks=4)
    expect(folder, "embedding.weight is (32, 6), but config.json beside it asks (32, 4)")


def test_lacking_weight(folder):
    edit_weights(folder, lambda weights: weights.pop("norm_f.bias"))
    expect(folder, "lacks norm_f.bias (32,), which config.json beside it asks for")


def test_weight_too_many(folder):
    edit_weights(folder, lambda weights: weights.update(extra=torch.zeros(1)))
    expect(folder, "holds extra")
