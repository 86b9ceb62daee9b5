from pathlib import Path

import pytest
import yaml

from orthrus.benchmark_tasks import TASKS
from orthrus.config.build import load
from orthrus.config.pretrain import ModelSettings
from orthrus.config.schema import build_schema
from orthrus.errors import OrthrusError

ROOT = Path(__file__).parents[2]
MINIMAL = {
    "name": "mine",
    "references": {"x1.refseq": {"species": "X y", "genome": "ucsc.ce11.genome", "table": "t"}},
    "pretrain": {"train": {"steps": 7, "lr": 0.01}},
    "models": {"plain": {}, "untrained": {"train": {"steps": 0}}},
}


@pytest.fixture
def build_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(MINIMAL))
    return str(path)


@pytest.mark.parametrize("name", ["demo", "trimmed", "published"])
def test_builds_that_ship_are_valid(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    config, build, path = load({"build": name})
    assert (config.build, build.name, path.stem) == (name, name, name)


def test_the_example_of_an_override_is_valid(monkeypatch):
    monkeypatch.chdir(ROOT)
    before, mark, after = Path("config.yaml").read_text().partition("for example:\n")
    example = yaml.safe_load(before + mark + after.replace("# ", ""))
    _, build, _ = load(example)
    assert [*build.evaluate.probe.seeds] == example["evaluate"]["probe"]["seeds"]


def test_models_inherit_what_they_share(build_file):
    _, build, _ = load({"build": build_file})
    trains = {name: model.train for name, model in build.models.items()}
    assert (trains["plain"].steps, trains["plain"].lr) == (7, 0.01)
    assert (trains["untrained"].steps, trains["untrained"].lr) == (0, 0.01)


def test_a_model_whose_weights_are_read_inherits_nothing(build_file):
    _, build, _ = load({"build": build_file, "models": {"published": {"weights": "a/b.ckpt"}}})
    assert build.models["published"] == ModelSettings(weights="a/b.ckpt")
    assert build.models["published"].model_fields_set == {"weights"}


@pytest.mark.parametrize("beside", [{"train": {"steps": 5}}, {"preset": "small"}, {"seed": 1}])
def test_weights_that_are_read_are_not_trained(build_file, beside):
    models = {"published": {"weights": "a", **beside}}
    message = rf"models\.published: weights are read, not trained; take out '{min(beside)}'"
    with pytest.raises(OrthrusError, match=message) as error:
        load({"build": build_file, "models": models})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("null", ["null", "~", ""])
def test_overrides_may_be_texts(build_file, null):
    """Snakemake's --config makes texts of null and of numbers within a mapping."""
    train = {"precision": "64", "steps": "9"}
    overrides = {"models": {"plain": null}, "pretrain": {"train": train}}
    _, build, _ = load({"build": build_file, **overrides})
    assert [*build.models] == ["untrained"]
    assert (build.pretrain.train.precision, build.pretrain.train.steps) == (64, 9)


def test_overrides_reach_deep_and_null_takes_out(build_file):
    _, build, _ = load(
        {"build": build_file, "models": {"plain": None}, "pretrain": {"train": {"lr": 0.5}}}
    )
    assert list(build.models) == ["untrained"]
    assert build.models["untrained"].train.lr == 0.5


def test_a_mistyped_key_of_the_build_is_named(build_file):
    message = r"mine\.yaml: unknown key 'evaluat'; did you mean 'evaluate'"
    with pytest.raises(OrthrusError, match=message):
        load({"build": build_file, "evaluat": {}})


def test_a_mistyped_key_of_a_model_is_named(build_file):
    with pytest.raises(OrthrusError, match=r"unknown key 'models\.plain\.train\.step'; .*'steps'"):
        load({"build": build_file, "models": {"plain": {"train": {"step": 1}}}})


def test_a_value_out_of_range_is_named(build_file):
    with pytest.raises(OrthrusError, match=r"gpus: .*greater than or equal to 0 \(got -1\)"):
        load({"build": build_file, "gpus": -1})


def test_the_paper_has_thirteen_models(monkeypatch):
    monkeypatch.chdir(ROOT)
    build = load({"build": "orthrus"})[1]
    assert len(build.models) == 13
    assert len({model.model_dump_json() for model in build.models.values()}) == 13
    tested = build.models[build.evaluate.zscore.reference]
    assert tested == ModelSettings.model_validate({"preset": "orthrus"})
    views = {
        (model.augment.splice, model.augment.ortholog, model.augment.mask_sequence > 0)
        for model in build.models.values()
    }
    assert len(views) == 7  # every choice of splicing, orthology and masking but none
    assert {model.objective.mlm_weight for model in build.models.values()} == {0, 0.95, 1}


def test_an_external_model_of_the_paper_needs_no_structural_tasks(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    compared = [*TASKS]
    files = {task: f"{task}.npy" for task in compared}
    assert set(
        load({"build": "orthrus", "external_models": {"evo": files}})[1].external_models["evo"]
    ) == {*TASKS}
    assert load({"build": "orthrus", "external_models": {"evo": "folder"}})[1].external_models[
        "evo"
    ] == Path("folder")
    for wrong in ({**files, "biotype": "b.npy"}, dict(list(files.items())[1:])):
        odd = "biotype" if "biotype" in wrong else compared[0]
        with pytest.raises(
            OrthrusError, match=rf"external_models\.evo: needs one file per .* see '{odd}'"
        ):
            load({"build": "orthrus", "external_models": {"evo": wrong}})


def test_an_unknown_build_names_those_there_are(monkeypatch):
    monkeypatch.chdir(ROOT)
    known = "demo, mammals-mini, orthrus, published, trimmed, worm"
    message = rf"nope\.yaml does not exist; known builds: {known}"
    with pytest.raises(OrthrusError, match=message):
        load({"build": "nope"})


ALIASES = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
)
"""Lists of 10^19 items, if they were written out."""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", r"is not YAML"),
        ("- a", "is not a mapping of keys to values"),
        ("a: 2021-13-45", "is not YAML: month must be in 1..12"),
        ("[" * 100_000, "is not YAML: maximum recursion depth"),
        (f"{ALIASES}name: *a19", r"name: Input should be a valid string \(got \[\["),
    ],
    ids=["open", "list", "date", "deep", "aliases"],
)
def test_a_file_that_is_no_build(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(OrthrusError, match=rf"bad\.yaml: {message}"):
        load({"build": str(path)})


def test_the_schema_is_that_of_the_models():
    assert (ROOT / "workflow/schemas/build.schema.json").read_text() == build_schema()


@pytest.mark.parametrize("key", ["umap", "resources"])
def test_null_gives_a_value_back_to_its_default(build_file, key):
    plain = load({"build": build_file})[1]
    first = load({"build": build_file, key: "x1.refseq"})[1]
    assert getattr(first, key) != getattr(plain, key)
    values = yaml.safe_load(Path(build_file).read_text()) | {key: "x1.refseq"}
    Path(build_file).write_text(yaml.safe_dump(values))
    assert getattr(load({"build": build_file, key: None})[1], key) == getattr(plain, key)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pretrain": 5}, r"pretrain: .*\(got 5\)"),
        ({"models": ["plain"]}, r"models: .*dictionary"),
        ({"models": {"plain": 5}}, r"models\.plain: .*\(got 5\)"),
        ({"nope": None}, r"unknown key 'nope'"),
        ({"splits": ["homolog"]}, r"splits\.0: .*'homology'"),
        ({"evaluate": {"zscore": {"reference": "plane"}}}, r"reference: there is no model 'plane'"),
        (
            {"tasks": {"go-mf": {"sources": ["a"], "species": "X y", "assembly": "x2"}}},
            r"tasks\.go-mf\.assembly: there is no paralog table of 'x2'",
        ),
        (
            {
                "tasks": {"rnahl-mouse": {"sources": ["a"], "assembly": "x1"}},
                "paralogs": {"x1": "a"},
            },
            r"tasks\.rnahl-mouse\.assembly: x1 is of X y, but the task of Mus musculus",
        ),
        ({"umap": "x2.refseq"}, r"umap: there is no annotation set 'x2\.refseq'"),
        ({"paralogs": {"x2": "a"}}, r"paralogs\.x2: no annotation set of it takes part in pairs"),
        ({"orthologs": "a"}, r"orthologs: the table goes with relations\.groups\.cross_species"),
        ({"evaluate": {"probe": {"seeds": [7]}}}, r"relations\.splits\.seeds has no 7"),
        ({"evaluate": {"probe": {"seeds": [413, 413]}}}, r"probe\.seeds: a seed occurs twice"),
        ({"evaluate": {"probe": {"alphas": [0]}}}, r"alphas\.0: .*greater than 0"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_runs(build_file, change, message):
    with pytest.raises(OrthrusError, match=message) as error:
        load({"build": build_file, **change})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("section", "values"),
    [("models", {}), ("external_models", "x"), ("baselines", {}), ("tasks", {}), ("paralogs", "x")],
)
@pytest.mark.parametrize("name", ["../../../escape", "a/b", "-rf", ".hidden", "a..b", "a b", ""])
def test_names_that_leave_their_folder_are_refused(build_file, section, values, name):
    with pytest.raises(OrthrusError, match="is not a valid name") as error:
        load({"build": build_file, section: {name: values}})
    assert section in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["../mine", "/tmp/mine", "mine\n"])
def test_the_name_of_a_build_is_that_of_a_folder(build_file, name):
    with pytest.raises(OrthrusError, match=r"name: .* is not a valid name"):
        load({"build": build_file, "name": name})
