"""Weights as they come from other programs: in shards, wrapped, as blobs, tied, or not at all."""

from __future__ import annotations

import io
import json
import pickle

import pytest
import torch
from safetensors.torch import save_file, save_model
from typer.testing import CliRunner

from orthrus.cli import app
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus

SETTINGS = EncoderSettings(width=16, layers=2)
INDEX = "model.safetensors.index.json"


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(5)
    return Orthrus(SETTINGS)


@pytest.fixture
def folder(tmp_path, encoder):
    """The folder of a model, whose weights tests write anew."""
    checkpoint.save(encoder, tmp_path / "model")
    (tmp_path / "model/model.safetensors").unlink()
    return tmp_path / "model"


def same(encoder, place):
    assert checkpoint.digest(checkpoint.load_model(place)) == checkpoint.digest(encoder)


def fault(place):
    with pytest.raises(OrthrusError) as error:
        checkpoint.read_checkpoint(place)
    message = str(error.value)
    assert "\n" not in message
    assert "weights_only" not in message
    return message


def write_shards(folder, weights, save=save_file, suffix="safetensors", index=INDEX):
    """Write weights into two shards, by turns, and their index; return the shards' paths."""
    names = [f"model-0000{n}-of-00002.{suffix}" for n in (1, 2)]
    places = {name: names[at % 2] for at, name in enumerate(sorted(weights))}
    for shard in names:
        save({name: weights[name] for name in weights if places[name] == shard}, folder / shard)
    content = {"metadata": {"total_size": 1}, "weight_map": places}
    (folder / index).write_text(json.dumps(content))
    return [folder / name for name in names]


def edit_index(folder, change):
    content = json.loads((folder / INDEX).read_text())
    change(content["weight_map"])
    (folder / INDEX).write_text(json.dumps(content))


def test_shards_of_safetensors(folder, encoder):
    write_shards(folder, encoder.state_dict())
    same(encoder, folder)
    same(encoder, folder / INDEX)


def test_shards_of_pickles(folder, encoder):
    write_shards(folder, encoder.state_dict(), torch.save, "bin", "pytorch_model.bin.index.json")
    same(encoder, folder)


def test_shards_with_prefixes(folder, encoder, capsys):
    weights = {f"backbone.{name}": value for name, value in encoder.state_dict().items()}
    write_shards(folder, weights)
    same(encoder, folder)
    assert "names of weights begin with backbone.; read without" in capsys.readouterr().err


def test_a_missing_shard(folder, encoder):
    _, last = write_shards(folder, encoder.state_dict())
    last.unlink()
    assert f"{last}: is missing; {INDEX} puts 13 weights into it" in fault(folder)


def test_a_truncated_shard(folder, encoder):
    first, _ = write_shards(folder, encoder.state_dict())
    first.write_bytes(first.read_bytes()[:-4])
    assert f"{first}: is not a safetensors file" in fault(folder)


@pytest.mark.parametrize("shard", ["../model.safetensors", "/etc/passwd", "..", "a/b", "a\\b", ""])
def test_an_index_that_leaves_the_folder(folder, encoder, shard):
    write_shards(folder, encoder.state_dict())
    edit_index(folder, lambda places: places.update({"norm_f.bias": shard}))
    assert f"names the shard {shard!r}, which is no file beside it" in fault(folder)


def test_a_weight_in_two_shards(folder, encoder):
    weights = encoder.state_dict()
    first, _ = write_shards(folder, weights)
    names = sorted(weights)
    save_file({name: weights[name] for name in [*names[::2], names[1]]}, first)
    assert f"{first}: holds {names[1]}, against what {INDEX} says" in fault(folder)


def test_a_weight_that_no_shard_holds(folder, encoder):
    first, _ = write_shards(folder, encoder.state_dict())
    edit_index(folder, lambda places: places.update({"zzz": first.name}))
    assert f"{first}: lacks zzz" in fault(folder)


@pytest.mark.parametrize(
    "content",
    ["{}", "[1]", '{"weight_map": {}}', '{"weight_map": [1]}', '{"weight_map": {"a": null}}'],
)
def test_an_index_of_nothing(folder, content):
    (folder / INDEX).write_text(content)
    assert "is JSON, but no index of shards" in fault(folder)


@pytest.mark.parametrize(
    "prefix",
    ["module.", "backbone.", "encoder.", "module.model.", "_orig_mod.", "model._orig_mod."],
)
def test_prefixes_are_stripped_and_told(folder, encoder, capsys, prefix):
    weights = {prefix + name: value for name, value in encoder.state_dict().items()}
    torch.save(weights, folder / "pytorch_model.bin")
    same(encoder, folder)
    told = capsys.readouterr().err
    assert told == (
        f"{folder}/pytorch_model.bin: names of weights begin with {prefix}; read without\n"
    )


def test_names_that_fit_no_better_without_their_prefix(folder, encoder, capsys):
    weights = {f"module.{name}x": value for name, value in encoder.state_dict().items()}
    torch.save(weights, folder / "pytorch_model.bin")
    assert "lacks embedding.bias" in fault(folder)
    assert capsys.readouterr().err == ""


def test_two_models_in_one_file(folder, encoder):
    weights = encoder.state_dict()
    torch.save(
        weights | {f"module.{name}": value for name, value in weights.items()},
        folder / "pytorch_model.bin",
    )
    assert "holds both embedding.weight and module.embedding.weight" in fault(folder)


@pytest.mark.parametrize("form", ["safetensors", "pickle", "wrapped"])
def test_a_file_without_suffix(folder, encoder, form):
    weights = dict(encoder.state_dict())
    path = folder / "blob"
    if form == "safetensors":
        save_file(weights, path)
    else:
        torch.save({"state_dict": weights} if form == "wrapped" else weights, path)
    same(encoder, path)


def test_a_blob_of_the_cache_of_hugging_face(tmp_path, folder, encoder):
    blobs, snapshot = tmp_path / "hub/blobs", tmp_path / "hub/snapshots/abc"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    save_file(dict(encoder.state_dict()), blobs / "b1")
    (folder / "config.json").rename(blobs / "b2")
    (snapshot / "model.safetensors").symlink_to("../../blobs/b1")
    (snapshot / "config.json").symlink_to("../../blobs/b2")
    same(encoder, blobs / "b1")
    same(encoder, snapshot)
    assert "is JSON, but no index" in fault(blobs / "b2")


def test_a_pointer_of_git_lfs(folder):
    (folder / "model.safetensors").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    )
    assert "is a pointer of Git LFS, not the file" in fault(folder)


class Harmful:
    def __reduce__(self):
        return print, ("run by reading a file",)


class Plain:
    """What a training may have pickled beside its weights."""


def legacy(content, path):
    torch.save(content, path, _use_new_zipfile_serialization=False)


def bare_pickle(content, path):
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize("save", [torch.save, legacy, bare_pickle])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "run.ckpt", "blob"])
@pytest.mark.parametrize("harm", [Harmful, Plain])
def test_refused_pickles_speak_our_words(folder, capfd, save, name, harm):
    save({"state_dict": {"a": torch.zeros(1)}, "args": harm()}, folder / name)
    place = folder / name if name == "blob" else folder
    message = fault(place)
    assert f"{folder / name}: " in message
    assert "Re-running" not in message
    shown = CliRunner().invoke(app, ["models", "show", str(place)])
    assert isinstance(shown.exception, OrthrusError)
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_code_is_refused(folder, capfd):
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), buffer)
    (folder / "pytorch_model.bin").write_bytes(buffer.getvalue())
    assert "or is damaged or of compiled code (TorchScript)" in fault(folder)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def tied(encoder):
    """An encoder both of whose blocks have the same norm, in the same memory."""
    weights = dict(encoder.state_dict())
    for name in ("weight", "bias"):
        weights[f"layers.1.norm.{name}"] = weights[f"layers.0.norm.{name}"]
    return weights


def assert_tied(found, weights, output):
    own = found.state_dict()
    assert all(torch.equal(own[name], value) for name, value in weights.items())
    checkpoint.save(found, output)  # safetensors refuses tensors that share memory
    assert checkpoint.digest(checkpoint.load_model(output)) == checkpoint.digest(found)


def test_tied_tensors_of_torch(tmp_path, folder, tied):
    torch.save(tied, folder / "pytorch_model.bin")
    assert_tied(checkpoint.load_model(folder), tied, tmp_path / "out")


def test_tied_tensors_of_safetensors(tmp_path, folder, tied):
    twin = Orthrus(SETTINGS)
    twin.layers[1].norm = twin.layers[0].norm
    save_model(twin, str(folder / "model.safetensors"))
    assert_tied(checkpoint.load_model(folder), dict(twin.state_dict()), tmp_path / "out")


def test_views_of_one_tensor(tmp_path, folder, encoder):
    weights = dict(encoder.state_dict())
    both = torch.stack([weights["layers.0.norm.weight"], weights["layers.1.norm.weight"]])
    weights |= {f"layers.{n}.norm.weight": both[n] for n in (0, 1)}
    torch.save(weights, folder / "pytorch_model.bin")
    assert_tied(checkpoint.load_model(folder), weights, tmp_path / "out")


def test_an_index_that_names_itself(folder, encoder):
    write_shards(folder, encoder.state_dict())
    edit_index(folder, lambda places: places.update(dict.fromkeys(places, INDEX)))
    assert f"names the shard {INDEX!r}" in fault(folder)


def test_a_shard_whose_name_is_too_long_is_missing(folder, encoder):
    write_shards(folder, encoder.state_dict())
    edit_index(folder, lambda places: places.update({"norm_f.bias": "a" * 5000}))
    assert "is missing" in fault(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_weights_that_are_not_finite_are_refused(folder, encoder, value):
    weights = {name: tensor.double() for name, tensor in encoder.state_dict().items()}
    weights["norm_f.bias"][3] = value
    save_file(weights, folder / "model.safetensors")
    assert "norm_f.bias holds values that are not finite" in fault(folder)


@pytest.mark.parametrize("change", [torch.Tensor.to_sparse, lambda tensor: tensor.to("meta")])
def test_tensors_without_plain_values_are_refused(folder, encoder, change):
    weights = dict(encoder.state_dict())
    weights["norm_f.bias"] = change(weights["norm_f.bias"])
    torch.save(weights, folder / "pytorch_model.bin")
    assert "norm_f.bias is no plain tensor" in fault(folder)


def test_the_count_of_averaged_weights_is_left_out(folder, encoder):
    weights = {f"module.{name}": tensor for name, tensor in encoder.state_dict().items()}
    save_file(weights | {"n_averaged": torch.tensor(3)}, folder / "model.safetensors")
    same(encoder, folder)


def test_whole_numbers_are_no_weights(folder, encoder):
    weights = dict(encoder.state_dict())
    weights["norm_f.bias"] = weights["norm_f.bias"].to(torch.int8)
    save_file(weights, folder / "model.safetensors")
    assert "norm_f.bias is of torch.int8; save the weights as floating point" in fault(folder)


def edit_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("body", [None, 0, -1, 1e30, 10**40, "512", True, [512], {"a": 1}])
def test_an_unreadable_size_of_a_head(folder, encoder, body):
    save_file(dict(encoder.state_dict()), folder / "model.safetensors")
    edit_config(folder, has_mlm_head=True, mlm_head_body=body)
    assert "config.json: mlm_head_body is " in fault(folder)


@pytest.mark.parametrize("key", ["ssm_model_dim", "ssm_n_layers", "n_tracks"])
@pytest.mark.parametrize("value", [None, 10**40, -1, "many", [1]])
def test_an_unreadable_size_of_an_encoder(folder, encoder, key, value):
    save_file(dict(encoder.state_dict()), folder / "model.safetensors")
    edit_config(folder, **{key: value})
    assert "config.json: " in fault(folder)


def test_a_configuration_of_a_far_larger_model(folder, encoder):
    save_file(dict(encoder.state_dict()), folder / "model.safetensors")
    edit_config(folder, ssm_model_dim=4096, ssm_n_layers=64)
    assert "config.json: asks for more than 6,442,450,944 weights" in fault(folder)
