"""Weights in the layouts of the seven published repositories and of Lightning checkpoints."""

from __future__ import annotations

import json
import re

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

import orthrus
from orthrus.cli import app
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus
from orthrus.models.registry import make
from orthrus.sources import catalogue

REPOSITORIES = [
    ("antichronology/orthrus-4-track", 4, 512, 6, False, "model.safetensors"),
    ("antichronology/orthrus-6-track", 6, 512, 6, False, "model.safetensors"),
    ("antichronology/orthrus-small-6-track", 6, 256, 3, False, "model.safetensors"),
    ("antichronology/orthrus-mlm-6-track", 6, 512, 6, True, "model.safetensors"),
    ("quietflamingo/orthrus-base-4-track", 4, 256, 3, None, "pytorch_model.bin"),
    ("quietflamingo/orthrus-large-4-track", 4, 512, 6, None, "pytorch_model.bin"),
    ("quietflamingo/orthrus-large-6-track", 6, 512, 6, None, "pytorch_model.bin"),
]
"""Name, tracks, width, layers, MLM head (None: before configurations told), file."""
COUNTS = {(4, 256): 1_316_608, (6, 256): 1_317_120, (4, 512): 10_178_048, (6, 512): 10_179_072}


def shapes(tracks, d, layers):
    """Name and shape of every weight of an encoder (sources: the published model code)."""
    i, r = 2 * d, d // 16
    found = {"embedding.weight": (d, tracks), "embedding.bias": (d,)}
    found |= {"norm_f.weight": (d,), "norm_f.bias": (d,)}
    for n in range(layers):
        mixer = {
            "A_log": (i, 16), "D": (i,), "in_proj.weight": (2 * i, d),
            "conv1d.weight": (i, 1, 4), "conv1d.bias": (i,), "x_proj.weight": (r + 32, i),
            "dt_proj.weight": (i, r), "dt_proj.bias": (i,), "out_proj.weight": (d, i),
        }  # fmt: skip
        found |= {f"layers.{n}.mixer.{name}": shape for name, shape in mixer.items()}
        found |= {f"layers.{n}.norm.weight": (d,), f"layers.{n}.norm.bias": (d,)}
    return found


def norm(prefix, size):
    values = {f"{prefix}.{name}": torch.rand(size) for name in ("weight", "bias", "running_mean")}
    count = {f"{prefix}.num_batches_tracked": torch.tensor(7)}
    return values | {f"{prefix}.running_var": torch.rand(size)} | count


def mlm(d):
    sizes = {"fc1.weight": (512, d), "fc1.bias": (512,), "fc2.weight": (512, 512)}
    sizes |= {"fc2.bias": (512,), "fc3.weight": (4, 512)}
    weights = {f"sequence_head.{name}": torch.randn(shape) for name, shape in sizes.items()}
    return weights | norm("sequence_head.norm1", 512) | norm("sequence_head.norm2", 512)


def projection(d, name="projection_head"):
    sizes = {"0.weight": (512, d), "0.bias": (512,), "2.weight": (512, 512), "2.bias": (512,)}
    sizes |= {"4.weight": (128, 512)}
    weights = {f"{name}.layers.{key}": torch.randn(shape) for key, shape in sizes.items()}
    return weights | norm(f"{name}.layers.1", 512) | norm(f"{name}.layers.3", 512)


def random_weights(tracks, width, layers, dtype=torch.float32):
    torch.manual_seed(tracks)
    return {
        name: (0.1 * torch.randn(shape)).to(dtype)
        for name, shape in shapes(tracks, width, layers).items()
    }


def hugging_face(folder, tracks, width, layers, has_mlm=False, file="model.safetensors"):
    """Write a folder as published, and return its weights."""
    weights = random_weights(tracks, width, layers) | (mlm(width) if has_mlm else {})
    config = {"model_type": "orthrus", "architectures": ["OrthrusPretrainedModel"]}
    config |= {"n_tracks": tracks, "ssm_model_dim": width, "ssm_n_layers": layers}
    if has_mlm is not None:
        config |= {"has_mlm_head": has_mlm, "mlm_head_body": 512, "mlm_head_dim": 4}
        config |= {"mlm_head_norm_type": "batchnorm"}
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    write = save_file if file.endswith("safetensors") else torch.save
    write(weights, folder / file)
    return weights


def lightning(folder, tracks, width, layers, heads, n_tracks_in="model_config.json"):
    """Write a training's folder as published, and return the encoder's weights."""
    weights = random_weights(tracks, width, layers)
    content = {
        "state_dict": {f"model.{name}": value for name, value in weights.items()} | heads,
        "epoch": 18, "global_step": 20_000, "pytorch-lightning_version": "2.1.0",
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(2)}}}], "loops": {},
    }  # fmt: skip
    folder.mkdir(parents=True)
    torch.save(content, folder / "epoch=18-step=20000.ckpt")
    config = {"model_class": "ssm", "ssm_model_dim": width, "ssm_n_layers": layers}
    configs = {"model_config.json": config, "data_config.json": {"split": "hg38"}}
    configs[n_tracks_in]["n_tracks"] = tracks
    for name, values in configs.items():
        (folder / name).write_text(json.dumps(values))
    return weights


@pytest.mark.parametrize(
    ("name", "tracks", "width", "layers", "has_mlm", "file"),
    REPOSITORIES,
    ids=[repository[0] for repository in REPOSITORIES],
)
def test_every_published_repository_loads_by_its_id(
    tmp_path, monkeypatch, name, tracks, width, layers, has_mlm, file
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "resources/huggingface.co" / name / "resolve/main"
    weights = hugging_face(folder, tracks, width, layers, has_mlm, file)
    model = checkpoint.read_checkpoint(name)
    assert isinstance(model.encoder, Orthrus)
    assert not model.encoder.training
    count = sum(parameter.numel() for parameter in model.encoder.parameters())
    assert count == COUNTS[tracks, width]
    own = model.encoder.state_dict()
    assert own.keys() == shapes(tracks, width, layers).keys()
    assert all(torch.equal(value, weights[key]) for key, value in own.items())
    assert (model.mlm_head is not None) == bool(has_mlm)
    if model.mlm_head is not None:
        head = model.mlm_head.state_dict(prefix="sequence_head.")
        assert all(torch.equal(value, weights[key]) for key, value in head.items())


def test_load_model_gives_the_embeddings_of_the_module_itself(tmp_path):
    weights = hugging_face(tmp_path / "model", 6, 32, 2)
    encoder = orthrus.load_model(tmp_path / "model")
    plain = Orthrus(encoder.settings)
    plain.load_state_dict(weights)
    codes, lengths = torch.randint(0, 4, (2, 30), dtype=torch.uint8), torch.tensor([30, 11])
    assert torch.equal(encoder.embed(codes, lengths), plain.embed(codes, lengths))


@pytest.mark.parametrize("name", ["projection_head", "contrastive_projection_head"])
@pytest.mark.parametrize("where", ["model_config.json", "data_config.json"])
def test_lightning_checkpoint_with_its_heads(tmp_path, name, where):
    heads = projection(32, name) | mlm(32) | {"splice_head.fc1.weight": torch.zeros(2)}
    weights = lightning(tmp_path / "run", 4, 32, 2, heads, where)
    for place in (tmp_path / "run", tmp_path / "run/epoch=18-step=20000.ckpt"):
        model = checkpoint.read_checkpoint(place)
        own = model.encoder.state_dict()
        assert all(torch.equal(value, weights[key]) for key, value in own.items())
        assert torch.equal(model.mlm_head.fc3.weight, heads["sequence_head.fc3.weight"])
        projector = model.projector.state_dict()
        for ours, theirs in (("0.weight", 0), ("3.weight", 2), ("6.weight", 4)):
            assert torch.equal(projector[ours], heads[f"{name}.layers.{theirs}.weight"])
        for ours, theirs in (("1.running_var", 1), ("4.running_var", 3)):
            assert torch.equal(projector[ours], heads[f"{name}.layers.{theirs}.running_var"])


def test_half_precision_weights_come_as_float32(tmp_path):
    hugging_face(tmp_path / "model", 6, 32, 1)
    save_file(random_weights(6, 32, 1, torch.bfloat16), tmp_path / "model/model.safetensors")
    model = checkpoint.read_checkpoint(tmp_path / "model")
    assert model.dtype == torch.bfloat16
    assert {value.dtype for value in model.encoder.state_dict().values()} == {torch.float32}


def test_config_without_sizes_means_the_published_defaults(tmp_path):
    hugging_face(tmp_path / "model", 4, 256, 3)
    (tmp_path / "model/config.json").write_text('{"model_type": "orthrus"}')
    assert checkpoint.load_model(tmp_path / "model").settings.n_tracks == 4


def test_convert_writes_the_published_layout(tmp_path):
    lightning(tmp_path / "run", 6, 32, 2, projection(32) | mlm(32))
    arguments = ["models", "convert", str(tmp_path / "run"), "-o", str(tmp_path / "out")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    before, after = (
        checkpoint.read_checkpoint(tmp_path / "run"),
        checkpoint.read_checkpoint(tmp_path / "out"),
    )
    assert checkpoint.digest(before.encoder) == checkpoint.digest(after.encoder)
    assert checkpoint.digest(before.mlm_head) == checkpoint.digest(after.mlm_head)
    assert json.loads((tmp_path / "out/config.json").read_text()) == {
        "model_type": "orthrus", "n_tracks": 6, "ssm_model_dim": 32, "ssm_n_layers": 2,
        "has_mlm_head": True, "mlm_head_body": 512, "mlm_head_dim": 4,
        "mlm_head_norm_type": "batchnorm",
    }  # fmt: skip
    assert json.loads((tmp_path / "out/summary.json").read_text()) == {
        "settings": {"encoder": before.encoder.settings.model_dump(mode="json")},
        "encoder_parameters": sum(map(volume, shapes(6, 32, 2).values())),
        "weights": {
            "file": before.path.name, "layout": "Lightning checkpoint",
            "digest": checkpoint.digest(before.encoder),
        },
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["dilated_cnn", "saluki"])
def test_other_kinds_round_trip(tmp_path, kind):
    settings = EncoderSettings(kind=kind, n_tracks=4)
    encoder = make(settings)
    checkpoint.save(encoder, tmp_path)
    again = checkpoint.load_model(tmp_path)
    assert again.settings == settings
    assert checkpoint.digest(again) == checkpoint.digest(encoder)


def test_show_prints_a_card(tmp_path):
    hugging_face(tmp_path / "model", 6, 32, 2, True)
    shown = CliRunner().invoke(app, ["models", "show", str(tmp_path / "model")])
    assert shown.exit_code == 0
    lines = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in shown.stdout.splitlines())
    assert lines["layout"] == "Hugging Face folder (model.safetensors)"
    assert (lines["kind"], lines["tracks"], lines["width"]) == ("mamba", "6", "32")
    assert (lines["layers"], lines["heads"], lines["dtype"]) == ("2", "mlm", "float32")
    assert lines["parameters"] == f"{sum(map(volume, shapes(6, 32, 2).values())):,}"
    assert lines["digest"] == checkpoint.digest(checkpoint.load_model(tmp_path / "model"))
    assert re.fullmatch(r"numba on cpu \(\d+ threads\)", lines["scan"])


def volume(shape):
    return int(torch.tensor(shape).prod())


def test_show_of_a_kind_without_a_scan(tmp_path):
    checkpoint.save(make(EncoderSettings(kind="saluki")), tmp_path)
    shown = CliRunner().invoke(app, ["models", "show", str(tmp_path)]).stdout
    assert "torch; this kind has no scan" in shown


def fault(place):
    with pytest.raises(OrthrusError) as error:
        checkpoint.read_checkpoint(place)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_wrong_shape_in_a_checkpoint_names_the_key(tmp_path):
    lightning(tmp_path / "run", 6, 32, 2, {})
    config = tmp_path / "run/model_config.json"
    config.write_text(config.read_text().replace('"n_tracks": 6', '"n_tracks": 4'))
    wanted = "embedding.weight is (32, 6), but model_config.json beside it asks (32, 4)"
    assert wanted in fault(tmp_path / "run")


@pytest.mark.parametrize("known", ["projection_head", "sequence_head"])
def test_wrong_shape_in_a_head_names_the_key(tmp_path, known):
    heads = projection(32) | mlm(32)
    key = next(name for name in heads if name.startswith(known) and name.endswith("weight"))
    heads[key] = torch.zeros(3, 3)
    lightning(tmp_path / "run", 6, 32, 1, heads)
    assert "is (3, 3), but model_config.json beside it asks (512, 32)" in fault(tmp_path / "run")


def test_unknown_weights_are_named(tmp_path):
    lightning(tmp_path / "run", 6, 32, 1, {"other.weight": torch.zeros(1)})
    assert "holds other.weight, which model_config.json" in fault(tmp_path / "run")


def test_config_that_promises_a_head(tmp_path):
    hugging_face(tmp_path / "model", 6, 32, 1)
    config = tmp_path / "model/config.json"
    config.write_text(config.read_text().replace("false", "true"))
    assert "lacks sequence_head.fc1.bias (512,)" in fault(tmp_path / "model")


@pytest.mark.parametrize(
    ("key", "value"), [("mlm_head_norm_type", "layernorm"), ("mlm_head_dim", 6)]
)
def test_head_of_another_form(tmp_path, key, value):
    hugging_face(tmp_path / "model", 6, 32, 1, True)
    config = json.loads((tmp_path / "model/config.json").read_text()) | {key: value}
    (tmp_path / "model/config.json").write_text(json.dumps(config))
    assert f"{key} is {value!r}; only" in fault(tmp_path / "model")


class Harmful:
    def __reduce__(self):
        return print, ("run by reading a file",)


def test_pickled_code_is_refused_and_not_run(tmp_path, capsys):
    hugging_face(tmp_path / "model", 6, 32, 1, file="pytorch_model.bin")
    torch.save({"embedding.weight": Harmful()}, tmp_path / "model/pytorch_model.bin")
    assert "holds more than tensors" in fault(tmp_path / "model")
    assert "run by" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not weights"])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "last.ckpt"])
def test_damaged_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert str(tmp_path / name) in fault(tmp_path)


def test_file_of_something_else(tmp_path):
    torch.save({"state_dict": {"a": 1}}, tmp_path / "last.ckpt")
    assert "is not a file of weights; give one of named tensors" in fault(tmp_path)


def test_checkpoint_of_another_class(tmp_path):
    lightning(tmp_path / "run", 6, 32, 1, {})
    (tmp_path / "run/model_config.json").write_text('{"model_class": "resnet"}')
    assert "model_class is 'resnet'; only 'ssm' can be read" in fault(tmp_path / "run")


def test_checkpoint_config_without_a_key(tmp_path):
    lightning(tmp_path / "run", 6, 32, 1, {})
    (tmp_path / "run/model_config.json").write_text('{"n_tracks": 6}')
    assert "lacks ssm_model_dim, ssm_n_layers" in fault(tmp_path / "run")


def test_several_checkpoints(tmp_path):
    for name in ("a.ckpt", "b.ckpt"):
        (tmp_path / name).touch()
    assert f"holds 2 checkpoints; name one: {tmp_path}/b.ckpt" in fault(tmp_path)


def test_folder_without_weights(tmp_path):
    assert "holds neither it nor pytorch_model.bin nor a .ckpt file" in fault(tmp_path)


def test_config_that_is_no_object(tmp_path):
    hugging_face(tmp_path / "model", 6, 32, 1)
    (tmp_path / "model/config.json").write_text("[]")
    assert "config.json: is not a configuration" in fault(tmp_path / "model")


@pytest.mark.parametrize(
    ("name", "items"),
    [
        (
            "antichronology/orthrus-6-track",
            "weights.orthrus-6-track.config weights.orthrus-6-track.weights",
        ),
        (
            "antichronology/orthrus/models/orthrus_large_6_track",
            "weights.lightning.large_6_track.checkpoint "
            "weights.lightning.large_6_track.model_config "
            "weights.lightning.large_6_track.data_config",
        ),
    ],
)
def test_a_repository_not_fetched_gives_the_command(tmp_path, monkeypatch, name, items):
    monkeypatch.chdir(tmp_path)
    assert fault(name).endswith(f"orthrus sources fetch {items} --resources resources")


def test_commands_that_fetch_name_items_of_the_catalogue():
    known = catalogue.load([])
    for name, *_ in REPOSITORIES:
        repository = name.partition("/")[2]
        for file in ("config", "weights"):
            assert name in known.find(f"weights.{repository}.{file}").url
    for file in ("checkpoint", "model_config", "data_config"):
        known.find(f"weights.lightning.base_4_track.{file}")


def test_fetched_lightning_folder_by_its_id(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "antichronology/orthrus/models/orthrus_base_4_track"
    folder = "resources/huggingface.co/antichronology/orthrus/resolve/main/models"
    lightning(tmp_path / folder / "orthrus_base_4_track", 4, 32, 1, projection(32))
    assert checkpoint.read_checkpoint(name).layout == "Lightning checkpoint"


def test_path_that_does_not_exist(tmp_path):
    assert "no such file or folder; give a model's folder" in fault(tmp_path / "none")
