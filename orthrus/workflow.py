"""What the Snakefile asks of the package: sets, paths and options of a build."""

from __future__ import annotations

import csv
import difflib
import fcntl
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from orthrus.config.base import flags
from orthrus.config.build import load
from orthrus.errors import OrthrusError
from orthrus.files import open_text
from orthrus.sources import catalogue

QUERY_COLUMNS = ("annotation_set", "species", "taxon_id", "genome", "bed", "orthology", "loss")
"""What is read of the list that `orthrus sources resolve` writes."""


@dataclass(frozen=True)
class AnnotationSet:
    """One annotation set of a build; files are catalogue names or URLs.

    `files` maps an option of `orthrus annotation build` to the file it takes.
    """

    name: str
    species: str
    taxon_id: int | None
    genome: str
    table: str
    files: Mapping[str, str]
    projected: bool
    pairs: bool

    @property
    def assembly(self) -> str:
        """The assembly, the part of the name before the first dot."""
        return self.name.partition(".")[0]


class Plan:
    """A build seen by the workflow: which jobs there are and which files they read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.config, self.build, self._file = load(values)
        self.results = f"{self.config.results}/{self.build.name}"
        self.resources = str(self.build.resources)
        self._catalogue = catalogue.load()

    @property
    def made_mirror(self) -> list[str]:
        """The folder of the synthetic clade, when the build makes one."""
        made = self.build.simulate is not None and self.config.mirror is None
        return [f"{self.results}/mirror"] if made else []

    @property
    def mirror_flag(self) -> str:
        """The option that tells `orthrus sources fetch` where to look instead of the network."""
        mirror = self.config.mirror or "".join(self.made_mirror)
        return f"--mirror {shlex.quote(mirror)}" if mirror else ""

    @cached_property
    def sets(self) -> dict[str, AnnotationSet]:
        """Every annotation set of the build, references first, by name."""
        return self._references() | self._projections()

    @property
    def paired(self) -> list[str]:
        """Names of the sets that take part in relations and pretraining."""
        return [name for name, chosen in self.sets.items() if chosen.pairs]

    @cached_property
    def temporary_genomes(self) -> frozenset[str]:
        """`host/path` of genomes that only TOGA projections need, and not for long."""
        kept = {self.path(chosen.genome) for chosen in self.sets.values() if not chosen.projected}
        all_genomes = {self.path(chosen.genome) for chosen in self.sets.values()}
        return frozenset() if self.build.toga.keep_genomes else frozenset(all_genomes - kept)

    def path(self, item: str) -> str:
        """Return `host/path` of a catalogue name or URL."""
        return self._catalogue.find(item).path

    def resource(self, item: str) -> str:
        """Return where a catalogue name or URL lies once fetched."""
        path = self.path(item)
        return f"{self._folder(path)}/{path}"

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
        return f"--annotation-set {name} --species {shlex.quote(chosen.species)}{taxon}{files}"

    def model_options(self, model: str) -> str:
        """Return the `--set` options of one model."""
        return flags(self.build.models[model])

    def embedding_input(self, name: str) -> str:
        """Return the task table or store that `name` stands for."""
        if name in self.build.tasks:
            return f"{self.results}/tasks/{name}.parquet"
        return self.stores([name])[0]

    def sources(self) -> list[str]:
        """Return `host/path` of every file of the build, sorted."""
        items = {chosen.genome for chosen in self.sets.values()}
        for chosen in self.sets.values():
            items |= {chosen.table, *chosen.files.values()}
        items |= set(self.build.paralogs.values())
        items |= {item for task in self.build.tasks.values() for item in task.sources}
        return sorted(self.path(item) for item in items)

    def records(self) -> list[str]:
        """Return the record of every file of the build, which stays when the file goes."""
        return [f"{self._folder(path)}/.records/{path}.json" for path in self.sources()]

    def _folder(self, path: str) -> str:
        return f"{self.resources}/scratch" if path in self.temporary_genomes else self.resources

    def _references(self) -> dict[str, AnnotationSet]:
        found = {}
        for name, own in self.build.references.items():
            files = {
                option: item
                for option in ("attributes", "tags", "chrom_sizes")
                if (item := getattr(own, option)) is not None
            }
            found[name] = AnnotationSet(
                name, own.species, own.taxon_id, own.genome, own.table, files, False, own.pairs
            )
        return found

    def _projections(self) -> dict[str, AnnotationSet]:
        queries = self.build.toga.queries
        if queries is None:
            return {}
        path = self._file.parent / queries
        if not path.is_file():
            raise OrthrusError(
                f"{path}: the list of TOGA queries is missing; make it with "
                f"`orthrus sources resolve -o {path}`"
            )
        with open_text(path) as handle:
            rows = csv.DictReader(handle, delimiter="\t")
            if missing := set(QUERY_COLUMNS) - set(rows.fieldnames or ()):
                raise OrthrusError(
                    f"{path}: lacks the columns {', '.join(sorted(missing))}; "
                    "make it with `orthrus sources resolve`"
                )
            found = _of_species(list(rows), self.build.toga.species, path)
            return {row["annotation_set"]: _projection(row) for row in found}


def _of_species(
    rows: list[dict[str, str]], species: tuple[str, ...], path: Path
) -> list[dict[str, str]]:
    """Return the rows of the species asked for; of all, when none is."""
    known = {row["species"] for row in rows}
    for name in species:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "the list names those it has"
            raise OrthrusError(f"toga.species: {path} has no query of {name!r}; {hint}")
    return [row for row in rows if not species or row["species"] in species]


def _projection(row: Mapping[str, str]) -> AnnotationSet:
    return AnnotationSet(
        name=row["annotation_set"],
        species=row["species"],
        taxon_id=int(row["taxon_id"]) if row["taxon_id"] else None,
        genome=row["genome"],
        table=row["bed"],
        files={"orthology": row["orthology"], "loss": row["loss"]},
        projected=True,
        pairs=True,
    )


def clear_stale_locks(folder: Path = Path(".snakemake")) -> IO[str] | None:
    """Remove Snakemake's locks when the process that wrote them is gone.

    Snakemake cannot tell a running instance from a killed one. Each instance that plans this
    workflow holds an operating-system lock for as long as it lives; whoever gets it knows that no
    other instance runs.

    Returns
    -------
    file or None
        The held lock, to be kept open; None when another instance holds it.
    """
    folder.mkdir(exist_ok=True)
    handle = (folder / "orthrus.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    shutil.rmtree(folder / "locks", ignore_errors=True)
    return handle
