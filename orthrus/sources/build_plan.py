"""What a build needs: its annotation sets, and the files that they are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from orthrus.config.build import load, read_yaml
from orthrus.errors import OrthrusError
from orthrus.sources import catalogue, fetch_records, toga_queries

CONFIG = Path("config.yaml")


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


class Needs:
    """The annotation sets and files of the build that `config.yaml`'s values name."""

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
    def mirror(self) -> str | None:
        """What replaces the network, if anything does."""
        return self.config.mirror or next(iter(self.made_mirror), None)

    @property
    def lock(self) -> Path:
        """Where the build's `sources.lock` lies."""
        return Path(self.results, "sources", "sources.lock")

    @cached_property
    def sets(self) -> dict[str, AnnotationSet]:
        """Every annotation set of the build, references first, by name."""
        return self._references() | self._projections()

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
        return f"{self.folder(path)}/{path}"

    def folder(self, path: str) -> str:
        """Return the folder below which a `host/path` comes to lie."""
        return f"{self.resources}/scratch" if path in self.temporary_genomes else self.resources

    def sources(self) -> list[str]:
        """Return `host/path` of every file of the build, sorted."""
        return [entry.path for entry in self.entries]

    @cached_property
    def entries(self) -> list[catalogue.Entry]:
        """Every file of the build, sorted by path."""
        items = {chosen.genome for chosen in self.sets.values()}
        for chosen in self.sets.values():
            items |= {chosen.table, *chosen.files.values()}
        items |= {*self.build.paralogs.values(), *filter(None, [self.build.orthologs])}
        for task in self.build.tasks.values():
            items |= {*task.sources, *([task.appris] if task.appris else [])}
        items |= {item for model in self.build.models for item in self.weights(model)}
        found = {entry.path: entry for entry in map(self._catalogue.find, items)}
        return [self._pinned(found[path]) for path in sorted(found)]

    @cached_property
    def digests(self) -> dict[str, str]:
        """`host/path` → MD5 of the files that the list of queries pins."""
        return {
            self.path(row[column]): row[digest]
            for row in self._queries.values()
            for column, digest in toga_queries.PINNED.items()
            if row.get(digest)
        }

    def weights(self, model: str) -> list[str]:
        """Return the names in the catalogue of the weights of a model and of what goes with them.

        Weights come first, then configurations; nothing where the model is trained, or names
        files of one's own.
        """
        chosen = self.build.models[model].weights
        names = [entry.name for entry in self._catalogue.entries]
        if chosen not in names:
            return []
        stem = chosen.rpartition(".")[0]
        beside = [name for name in names if name.startswith(f"{stem}.") and name.endswith("config")]
        return [chosen, *beside]

    def records(self) -> list[str]:
        """Return the record of every file of the build, which stays when the file goes."""
        return [self.record_path(path) for path in self.sources()]

    def record_path(self, path: str) -> str:
        """Return where the record of a file lies."""
        return str(fetch_records.place(Path(self.folder(path)), path))

    def _references(self) -> dict[str, AnnotationSet]:
        found = {}
        for name, own in self.build.references.items():
            files = {
                option: item
                for option in ("attributes", "tags", "chrom_sizes", "aliases")
                if (item := getattr(own, option)) is not None
            }
            found[name] = AnnotationSet(
                name, own.species, own.taxon_id, own.genome, own.table, files, False, own.pairs
            )
        return found

    def _pinned(self, entry: catalogue.Entry) -> catalogue.Entry:
        digest = self.digests.get(entry.path)
        return replace(entry, checksum_kind="md5", checksum=digest) if digest else entry

    def _projections(self) -> dict[str, AnnotationSet]:
        found = self._queries
        without = [name for name, row in found.items() if not row["loss"]]
        if without and self.build.annotation.toga.keep_classes:
            raise OrthrusError(
                f"annotation.toga.keep_classes: {', '.join(without[:3])} have no loss classes"
                f" ({len(without)} of {len(found)} queries); set it to null, or choose others by"
                " toga.species"
            )
        return {name: _projection(row) for name, row in found.items()}

    @cached_property
    def _queries(self) -> dict[str, Mapping[str, str]]:
        """The lines of the list of queries, by annotation set."""
        if self.build.toga.queries is None:
            return {}
        path = self._file.parent / self.build.toga.queries
        if not path.is_file():
            raise OrthrusError(
                f"{path}: the list of TOGA queries is missing; make it with "
                f"`orthrus sources resolve -o {path}`"
            )
        return toga_queries.read_queries(path, self.build.toga.species)


def needs_of(build: str | None = None, mirror: str | None = None) -> Needs:
    """Return what a build needs as the workflow sees it: `config.yaml` applies where there is one.

    Parameters
    ----------
    build
        Name or path of a build; None: that of `config.yaml`.
    mirror
        Replaces the `mirror` of `config.yaml`.

    Raises
    ------
    OrthrusError
        The build is unknown or faulty.
    """
    values = read_yaml(CONFIG) if CONFIG.is_file() else {}
    given = {"build": build, "mirror": mirror}
    return Needs(values | {key: value for key, value in given.items() if value is not None})


def _projection(row: Mapping[str, str]) -> AnnotationSet:
    files = {name: row[name] for name in ("orthology", "loss", "aliases") if row.get(name)}
    return AnnotationSet(
        name=row["annotation_set"],
        species=row["species"],
        taxon_id=int(row["taxon_id"]) if row["taxon_id"] else None,
        genome=row["genome"],
        table=row["bed"],
        files=files,
        projected=True,
        pairs=True,
    )
