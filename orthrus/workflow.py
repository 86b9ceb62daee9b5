"""What the Snakefile asks of the package: jobs, paths and options of a build."""

from __future__ import annotations

import shlex
from functools import cached_property
from pathlib import Path

from orthrus.benchmark_tasks import STRUCTURE
from orthrus.config.finetune import FinetuneRun
from orthrus.config.models import encoder_kind
from orthrus.config.report import ReportRun
from orthrus.config.settings_model import flags
from orthrus.errors import OrthrusError
from orthrus.evaluate import external_embeddings
from orthrus.snakemake_locks import clear_stale_locks as clear_stale_locks
from orthrus.sources.build_plan import Needs


class BuildPlan(Needs):
    """A build seen by the workflow: which jobs there are and which files they read."""

    def check(self) -> None:
        """Look at everything that the build names and does not make, whether jobs need it or not.

        Raises
        ------
        OrthrusError
            A source is unknown, or a file or folder of one's own is missing.
        """
        self.sources()
        for task in self.build.tasks:
            self.task_inputs(task)
        for external in self.build.external_models:
            for task in self.compared:
                self.external_file(external, task)

    @property
    def mirror_flag(self) -> str:
        """The option that tells `orthrus sources fetch` where to look instead of the network."""
        return f"--mirror {shlex.quote(self.mirror)}" if self.mirror else ""

    def pin_flag(self, path: str) -> str:
        """Return the option that tells `orthrus sources fetch` a digest which the build knows."""
        return f"--md5 {self.digests[path]}" if path in self.digests else ""

    @property
    def paired(self) -> list[str]:
        """Names of the sets that take part in relations and pretraining."""
        return [name for name, chosen in self.sets.items() if chosen.pairs]

    def stores(self, names: list[str]) -> list[str]:
        """Return the store of each annotation set."""
        return [f"{self.results}/transcripts/{name}.zarr" for name in names]

    def reference_stores(self, assembly: str) -> list[str]:
        """Return the stores of an assembly's own annotation sets."""
        return self.stores(
            [
                name
                for name, chosen in self.sets.items()
                if chosen.assembly == assembly and chosen.pairs and not chosen.projected
            ]
        )

    def annotation_inputs(self, name: str) -> dict[str, str]:
        """Return the table of an annotation set and the files that go with it."""
        chosen = self.sets[name]
        return {"table": self.resource(chosen.table)} | {
            option: self.resource(item) for option, item in chosen.files.items()
        }

    def annotation_options(self, name: str) -> str:
        """Return the options of `orthrus annotation build` that name the set and its files."""
        chosen = self.sets[name]
        taxon = f" --taxon-id {chosen.taxon_id}" if chosen.taxon_id is not None else ""
        files = "".join(
            f" --{option.replace('_', '-')} {shlex.quote(self.resource(item))}"
            for option, item in chosen.files.items()
        )
        named = f"--annotation-set {shlex.quote(name)} --species {shlex.quote(chosen.species)}"
        return f"{named}{taxon}{files}"

    def transcripts_inputs(self, name: str) -> dict[str, str]:
        """Return the table and the genome of an annotation set, and its names of sequences."""
        chosen = self.sets[name]
        table = f"{self.results}/annotation/{name}/transcripts.parquet"
        found = {"table": table, "genome": self.resource(chosen.genome)}
        if "aliases" in chosen.files:
            found["aliases"] = self.resource(chosen.files["aliases"])
        return found

    def transcripts_options(self, name: str) -> str:
        """Return the options of `orthrus transcripts build` that name further files."""
        aliases = self.transcripts_inputs(name).get("aliases")
        return f"--aliases {shlex.quote(aliases)}" if aliases else ""

    def model_options(self, model: str) -> str:
        """Return the `--set` options of one model."""
        return flags(self.build.models[model])

    @cached_property
    def read(self) -> dict[str, tuple[str, list[str]]]:
        """Of every model whose weights are read: their place, and the files there.

        Raises
        ------
        OrthrusError
            There is no such place.
        """
        return {
            model: self._place(model, own.weights)
            for model, own in self.build.models.items()
            if own.weights is not None
        }

    def _place(self, model: str, weights: str) -> tuple[str, list[str]]:
        if fetched := list(map(self.resource, self.weights(model))):
            return fetched[0], fetched
        own = self._file.parent / weights
        if not own.exists():
            raise OrthrusError(
                f"models.{model}.weights: {own} does not exist; give a model's folder or file, or "
                "a name that `orthrus sources list` shows"
            )
        files = [own, *own.parent.glob("*config.json")] if own.is_file() else own.iterdir()
        return str(own), sorted(str(path) for path in files if path.is_file())

    def task_inputs(self, name: str) -> dict[str, str | list[str]]:
        """Return what a task is made from: `sources`, and `facts`, `store`, `appris` if any.

        Raises
        ------
        OrthrusError
            Its own file is missing.
        """
        task = self.build.tasks[name]
        found: dict[str, str | list[str]] = {"sources": [*map(self.resource, task.sources)]}
        if task.file is not None:
            own = self._file.parent / task.file
            if not own.is_file():
                raise OrthrusError(f"tasks.{name}.file: {own} does not exist")
            found["sources"] = [str(own)]
            if own.suffix == ".parquet":
                found["facts"] = str(own.with_suffix(".json"))
        if task.store is not None:
            found["store"] = self.stores([task.store])[0]
        if task.appris is not None:
            found["appris"] = self.resource(task.appris)
        return found

    def task_options(self, name: str) -> str:
        """Return the options of `orthrus tasks build` for one task."""
        task, inputs = self.build.tasks[name], self.task_inputs(name)
        named = {option: inputs.get(option) for option in ("store", "appris")}
        named["species"] = task.species
        options = [
            f"--{option} {shlex.quote(str(value))}" for option, value in named.items() if value
        ]
        return " ".join([*options, flags(task.settings)])

    def task_splits(self, name: str, split: str) -> str:
        """Return the splits of a task's genes: those of its assembly, else its own random ones."""
        assembly = self.build.tasks[name].assembly
        if assembly is None:
            return f"{self.results}/tasks/{name}.splits.parquet"
        return f"{self.results}/relations/splits/{split}/{assembly}.parquet"

    def task_homology(self, name: str) -> list[str]:
        """Return the homology groups of a task's genes, none where they are split at random."""
        assembly = self.build.tasks[name].assembly
        return [f"{self.results}/relations/homology/{assembly}.parquet"] if assembly else []

    @property
    def structural(self) -> list[str]:
        """Names of the tasks whose labels are the structure of their own transcripts."""
        return [name for name in self.build.tasks if name in STRUCTURE]

    @property
    def compared(self) -> list[str]:
        """Names of the tasks that models are compared by: those with measured labels."""
        return [name for name in self.build.tasks if name not in STRUCTURE]

    def embeddings(self, task: str, compared_model: str) -> str:
        """Return the embeddings that a probe reads; a store's are those of all its structure."""
        source: str | None = task
        if task in self.structural and compared_model in self.build.models:
            source = self.build.tasks[task].store
        return f"{self.results}/evaluate/embeddings/{source}/{compared_model}.parquet"

    def external_file(self, external: str, task: str) -> Path:
        """Return the file with the embeddings of a task by an external model.

        Raises
        ------
        OrthrusError
            It is missing, or its folder is, or has no file of the task, or several.
        """
        files = self.build.external_models[external]
        if isinstance(files, dict):
            if not files[task].is_file():
                raise OrthrusError(
                    f"external_models.{external}.{task}: {files[task]} does not exist"
                )
            return files[task]
        if not files.is_dir():
            raise OrthrusError(f"external_models.{external}: {files} is no folder")
        return external_embeddings.find(files, task)

    def finetune_weights(self, name: str) -> list[str]:
        """Return the pretrained weights that fine-tuning starts from, none for fresh ones."""
        pretrained = name in self.build.finetune.models
        return [f"{self.results}/pretrain/{name}/model.safetensors"] if pretrained else []

    def finetune_options(self, name: str) -> str:
        """Return the options of `orthrus evaluate finetune` that say what is trained, and how."""
        settings = self.build.evaluate.finetune
        if name in self.build.finetune.models:
            weights = shlex.quote(f"{self.results}/pretrain/{name}")
            return f"--weights {weights} {flags(settings)}".strip()
        return flags(FinetuneRun(**dict(settings), encoder=self.build.finetune.scratch[name]))

    @property
    def report_options(self) -> str:
        """The `--set` options of the report, with the names of what the build has."""
        run = ReportRun(
            **dict(self.build.report),
            tasks=tuple(self.build.tasks),
            models=tuple(self.build.compared_models),
            finetuned=tuple(self.build.finetune.names),
            supervised=tuple(
                name
                for name, encoder in self.build.finetune.scratch.items()
                if encoder_kind(encoder.kind).is_supervised
            ),
        )
        return flags(run)

    def embedding_input(self, name: str) -> str:
        """Return the task table or store that `name` stands for."""
        if name in self.build.tasks:
            return f"{self.results}/tasks/{name}.parquet"
        return self.stores([name])[0]
