"""A build: one data set, the models trained on it and what is measured of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, field_validator, model_validator

from orthrus.benchmark_tasks import KNOWN, STRUCTURE
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.evaluate import EvaluateSettings, FeatureSettings
from orthrus.config.finetune import FinetunePlan
from orthrus.config.pretrain import ModelSettings, PretrainSettings
from orthrus.config.relations import RelationsSettings, Split
from orthrus.config.report import ReportSettings
from orthrus.config.settings_model import YAML_FAULTS, Name, SettingsModel, parse
from orthrus.config.simulate import SimulateSettings
from orthrus.config.sources import SourcesSettings
from orthrus.config.tasks import TaskSource
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.errors import OrthrusError
from orthrus.files import open_text
from orthrus.log import without_secrets

BUILDS = Path("workflow/builds")


class ReferenceSet(SettingsModel):
    """An annotation set with splice isoforms. Files are named as in the catalogue, or by URL."""

    species: str = Field(description="Scientific name.")
    taxon_id: int | None = Field(None, description="NCBI taxonomy identifier.")
    genome: str = Field(description="FASTA or 2bit file of the assembly.")
    chrom_sizes: str | None = Field(None, description="Chromosome lengths, for checks.")
    aliases: str | None = Field(
        None,
        description="Other names of the genome's sequences: chromAlias.txt, assembly_report.txt or "
        "sequence_report.jsonl.",
    )
    table: str = Field(
        description="Gene annotation: GTF, GFF3, genePred (also refFlat, knownGene, Table Browser "
        "exports), BED12 or bigGenePred as text."
    )
    attributes: str | None = Field(None, description="GENCODE attributes table (gene id, biotype).")
    tags: str | None = Field(None, description="GENCODE tags table (APPRIS, MANE, basic).")
    pairs: bool = Field(True, description="Whether it takes part in relations and pretraining.")


class Toga(SettingsModel):
    """Which TOGA projections a build takes."""

    queries: Path | None = Field(
        None,
        description="Table of query assemblies made by `orthrus sources resolve`; a relative path "
        "starts at the folder of the build file.",
    )
    species: tuple[str, ...] = Field(
        (), description="Take only the queries of these species, by scientific name; empty: all."
    )
    keep_genomes: bool = Field(False, description="Keep query genomes after encoding.")


class Build(SettingsModel):
    """Everything that makes one build."""

    name: Name = Field(description="Name of the folder of results.")
    resources: Path = Field(Path("resources"), description="Folder of fetched files.")
    simulate: SimulateSettings | None = Field(
        None, description="Make the synthetic clade and fetch from it instead of the network."
    )
    sources: SourcesSettings = SourcesSettings()
    references: dict[Name, ReferenceSet] = Field(description="Annotation sets with isoforms.")
    toga: Toga = Toga()
    annotation: AnnotationSettings = AnnotationSettings()
    transcripts: TranscriptsSettings = TranscriptsSettings()
    relations: RelationsSettings = RelationsSettings()
    orthologs: str | None = Field(
        None, description="Table of orthologs, for `relations.groups.cross_species: orthologs`."
    )
    paralogs: dict[Name, str] = Field({}, description="Paralog table of each assembly.")
    pretrain: PretrainSettings = Field(PretrainSettings(), description="What all models share.")
    models: dict[Name, ModelSettings] = Field(
        {},
        description="Models to pretrain, by name: what differs from `pretrain`; or `weights` that "
        "exist.",
    )
    baselines: dict[Name, FeatureSettings] = Field(
        {}, description="Plain sequence features to probe beside the models, by name."
    )
    external_models: dict[Name, Path | dict[str, Path]] = Field(
        {},
        description="Models of others to probe beside the models, by name: a file of embeddings "
        "for each benchmark task, or the folder that holds them, named by task as mRNABench does.",
    )
    gpus: int = Field(
        0,
        ge=0,
        description="GPUs asked for by each embedding job; above 0, pretraining asks for its "
        "`train.devices`.",
    )
    tasks: dict[Name, TaskSource] = Field({}, description="Benchmark tasks, by name.")
    splits: tuple[Split, ...] = Field(("homology",), description="Splits to probe on.")
    evaluate: EvaluateSettings = EvaluateSettings()
    finetune: FinetunePlan = FinetunePlan()
    umap: str | None = Field(None, description="Annotation set whose embeddings are drawn.")
    report: ReportSettings = ReportSettings()

    @property
    def compared_models(self) -> list[str]:
        """Names of all that is probed: models, baselines and external models."""
        return [*self.models, *self.baselines, *self.external_models]

    @model_validator(mode="after")
    def _names_refer(self) -> Build:
        """Refuse at once what would fail only when everything before it has run."""
        if (self.orthologs is not None) != (self.relations.groups.cross_species == "orthologs"):
            raise ValueError(
                "orthologs: the table goes with relations.groups.cross_species: orthologs"
            )
        known = {name.partition(".")[0] for name, own in self.references.items() if own.pairs}
        if strange := sorted(self.paralogs.keys() - known):
            raise ValueError(f"paralogs.{strange[0]}: no annotation set of it takes part in pairs")
        if self.umap not in (None, *self.references):
            raise ValueError(f"umap: there is no annotation set {self.umap!r} in references")
        names = self.compared_models
        if len(set(names)) < len(names):
            raise ValueError(
                "models, baselines, external_models: two of them share a name; rename one"
            )
        reference = self.evaluate.zscore.reference
        if names and reference not in (None, *names):
            raise ValueError(f"evaluate.zscore.reference: there is no model {reference!r}")
        compared = self.tasks.keys() - STRUCTURE.keys()
        for name, files in self.external_models.items():
            if isinstance(files, dict) and files.keys() != compared:
                odd = min(files.keys() ^ compared)
                raise ValueError(
                    f"external_models.{name}: needs one file per benchmark task; see {odd!r}"
                )
        if missing := set(self.evaluate.probe.seeds) - set(self.relations.splits.seeds):
            raise ValueError(f"evaluate.probe.seeds: relations.splits.seeds has no {min(missing)}")
        return self

    @model_validator(mode="after")
    def _finetunes_refer(self) -> Build:
        """Refuse to fine-tune what is not there, or on splits that are not made."""
        plan = self.finetune
        for key, wanted, known in (
            ("tasks", plan.tasks, self.tasks),
            ("models", plan.models, self.models),
        ):
            if strange := sorted(set(wanted) - known.keys()):
                raise ValueError(f"finetune.{key}: there is no {strange[0]!r} in {key}")
        if shared := sorted(set(plan.models) & plan.scratch.keys()):
            raise ValueError(f"finetune.scratch: {shared[0]!r} is in models too; rename it")
        missing = set(self.evaluate.finetune.seeds) - set(self.relations.splits.seeds)
        if plan.tasks and missing:
            raise ValueError(
                f"evaluate.finetune.seeds: relations.splits.seeds has no {min(missing)}; add it"
            )
        return self

    @model_validator(mode="after")
    def _tasks_refer(self) -> Build:
        """Refuse a task whose store or splits are not there, or are of another species."""
        for name, task in self.tasks.items():
            if task.assembly not in (None, *self.paralogs):
                raise ValueError(
                    f"tasks.{name}.assembly: there is no paralog table of {task.assembly!r}"
                )
            if task.store not in (None, *self.references):
                raise ValueError(
                    f"tasks.{name}.store: there is no annotation set {task.store!r} in references"
                )
            species = task.species or (task.store and self.references[task.store].species)
            if not species and name in KNOWN:
                species = KNOWN[name].species
            known = {
                own.species
                for set_name, own in self.references.items()
                if set_name.partition(".")[0] == task.assembly
            }
            if species and known and species not in known:
                raise ValueError(
                    f"tasks.{name}.assembly: {task.assembly} is of {min(known)}, but the task of "
                    f"{species}"
                )
        return self


class Config(SettingsModel):
    """`config.yaml`: which build to make and where."""

    build: str = Field("demo", description="A build of workflow/builds, or the path of one's own.")
    results: Path = Field(Path("results"), description="Folder of all results.")
    mirror: str | None = Field(
        None, description="Folder or URL that repeats `host/path` and replaces the network."
    )

    @field_validator("mirror")
    @classmethod
    def _without_login(cls, mirror: str | None) -> str | None:
        if mirror and without_secrets(mirror) != mirror:
            raise ValueError(
                "holds a name or password, which Snakemake would print with its commands; leave it "
                "out, and write it in ~/.netrc"
            )
        return mirror


NULLS = ("", "~", "null")
"""How YAML writes null."""


def load(values: Mapping[str, Any]) -> tuple[Config, Build, Path]:
    """Read `config.yaml`'s values, which may override any key of the build they name.

    Parameters
    ----------
    values
        Keys of `Config`, and keys of `Build` that override the build's own: merged deeply, where
        null takes out what the build says (a task, a model, an annotation set, a value).

    Returns
    -------
    tuple
        The configuration, the build, and the path of the build's file.

    Raises
    ------
    OrthrusError
        The build's file is missing or not YAML; a key is unknown or a value out of range.
    """
    own = {key: value for key, value in values.items() if key in Config.model_fields}
    overrides = {key: value for key, value in values.items() if key not in Config.model_fields}
    config = parse(Config, own, "config.yaml")
    path = _find(config.build)
    merged = _merge(read_yaml(path), _with_nulls(overrides))
    if "models" in merged:
        merged["models"] = _inherit(merged.get("pretrain"), merged["models"])
    return config, parse(Build, merged, str(path)), path


def _find(build: str) -> Path:
    path = Path(build) if build.endswith((".yaml", ".yml")) else BUILDS / f"{build}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in BUILDS.glob("*.yaml")))
        hint = f"known builds: {known}, or" if known else "work in a clone of orthrus, or"
        raise OrthrusError(f"build: {path} does not exist; {hint} give the path of a .yaml file")
    return path


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; OrthrusError when it holds something else."""
    with open_text(path) as handle:
        try:
            values = yaml.safe_load(handle)
        except YAML_FAULTS as error:
            raise OrthrusError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise OrthrusError(f"{path}: is not a mapping of keys to values")
    return values


def _with_nulls(values: Any) -> Any:
    """Return overrides with null where Snakemake's --config, which makes text of it, has that."""
    if isinstance(values, Mapping):
        return {key: _with_nulls(value) for key, value in values.items()}
    return None if isinstance(values, str) and values in NULLS else values


def _inherit(shared: Any, models: Any) -> Any:
    """Complete every model to be trained by what all share; validation refuses what is none."""
    if not isinstance(models, Mapping) or not isinstance(shared or {}, Mapping):
        return models
    return {
        name: _merge(shared or {}, own or {}) if _trained(own or {}) else own
        for name, own in models.items()
    }


def _trained(own: Any) -> bool:
    return isinstance(own, Mapping) and not own.get("weights")


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        if isinstance(merged.get(key), Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(merged[key], value)
        elif value is None and key in merged:
            del merged[key]
        else:
            merged[key] = value
    return merged
