"""Settings of the tasks stage."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from orthrus.config.settings_model import SettingsModel

MIN_MATCHED = 0.05

Reliability = Literal["Enhanced", "Supported", "Approved", "Uncertain"]


class LocalizationSettings(SettingsModel):
    """How the Human Protein Atlas becomes labels."""

    top: int = Field(12, ge=1, description="Keep this many locations, the commonest.")
    reliabilities: tuple[Reliability, ...] = Field(
        ("Enhanced", "Supported", "Approved", "Uncertain"),
        min_length=1,
        description="Take locations of these reliabilities.",
    )
    main_only: bool = Field(
        False, description="Leave out additional locations, where the table tells them apart."
    )


class FunctionSettings(SettingsModel):
    """How annotations with the Gene Ontology become labels."""

    top: int = Field(20, ge=1, description="Keep this many terms, those of most genes.")
    level: int = Field(3, ge=1, description="Steps from the root to the terms that are labels.")
    depth: Literal["shortest", "any"] = Field(
        "shortest",
        description="Which path to the root has that many steps: the shortest one, or any.",
    )
    propagate: bool = Field(
        False,
        description="Let an annotation count for every ancestor of its term, not for its term "
        "alone.",
    )
    relations: tuple[Literal["is_a", "part_of"], ...] = Field(
        ("is_a",), min_length=1, description="Relations that lead to the root."
    )


class StructureSettings(SettingsModel):
    """How a store's own structure becomes labels."""

    biotypes: int = Field(10, ge=2, description="Keep this many biotypes, the commonest.")


class CustomTaskSettings(SettingsModel):
    """What to take from a table of one's own labels."""

    id: str | None = Field(None, description="Column of identifiers or symbols; null: the first.")
    labels: tuple[str, ...] = Field((), description="Columns of labels; empty: all others.")
    decimal: Literal[".", ","] = Field(
        ".", description="What stands before the decimals of numbers: a point or a comma."
    )


class TaskSettings(SettingsModel):
    """How label sources become tasks; processed releases come as they are."""

    localization: LocalizationSettings = LocalizationSettings()
    functions: FunctionSettings = FunctionSettings()
    structure: StructureSettings = StructureSettings()
    custom: CustomTaskSettings = CustomTaskSettings()
    min_matched: float = Field(
        MIN_MATCHED,
        ge=0,
        le=1,
        description="Lowest fraction of genes or transcripts that raw or own labels, or APPRIS, "
        "must share with the store, of the one with fewer.",
    )


class TaskSource(SettingsModel):
    """Where a benchmark task comes from.

    Processed releases hold sequences; all else is labels, and `store` tells whose transcripts carry
    them.
    """

    sources: tuple[str, ...] = Field(
        (),
        description="Files of the task, by catalogue name or URL: processed releases (Parquet or "
        "npz) or raw labels; none where the store itself tells the labels.",
    )
    file: Path | None = Field(
        None,
        description="One's own task in place of `sources`: a table of labels, or a task made by "
        "`orthrus tasks add`; a relative path starts at the folder of the build file.",
    )
    store: str | None = Field(None, description="Annotation set whose transcripts carry labels.")
    appris: str | None = Field(
        None, description="APPRIS of that annotation; null: its own tags rank isoforms."
    )
    species: str | None = Field(
        None, description="Scientific name of the species, where a source does not tell it."
    )
    assembly: str | None = Field(
        None,
        description="Assembly whose homology groups and splits it uses; null: its genes are split "
        "at random.",
    )
    settings: TaskSettings = TaskSettings()

    @model_validator(mode="after")
    def _one_origin(self) -> TaskSource:
        if self.file and self.sources:
            raise ValueError("sources and file are both given; a task has one of them")
        if not (self.file or self.sources or self.store):
            raise ValueError("sources, file and store are all missing; name where it comes from")
        if self.appris and not self.store:
            raise ValueError("appris ranks the isoforms of a store, but store is missing")
        return self
