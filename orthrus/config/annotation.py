"""Settings of the annotation stage."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from orthrus.config.settings_model import SettingsModel

LossClass = Literal["N", "PG", "PM", "M", "L", "UL", "PI", "I"]


class TogaSettings(SettingsModel):
    """Which projections of TOGA become transcripts."""

    keep_classes: tuple[LossClass, ...] | None = Field(
        None,
        description="loss classes that pass; null or empty: every class, as published; "
        "recommended: [I, PI, UL]",
    )
    fragments: Literal["exclude", "merge"] = Field(
        "exclude",
        description="what becomes of a projection in several pieces: merge joins pieces on one "
        "strand of one sequence, and excludes the others",
    )


class AnnotationSettings(SettingsModel):
    """How a published gene table becomes a transcript table."""

    min_intron: int = Field(
        0,
        ge=0,
        description="introns shorter than this (nt) are joined to their exons; 0 joins none, as "
        "published. Gaps of 1-2 nt are alignment indels",
    )
    max_rejected: float = Field(
        0.01, ge=0, le=1, description="highest fraction of malformed rows that is tolerated"
    )
    excluded_contigs: tuple[str, ...] = Field(
        (r"_alt$", r"_fix$", r"_hap\d*$", r"_PATCH$", r"^(CHR_)?HSCHR"),
        description="regular expressions of contig names that repeat another locus",
    )
    max_bytes: int = Field(
        16_000_000_000,
        gt=0,
        description="largest gene table (bytes, decompressed); a larger one is taken for a mistake",
    )
    min_matched: float = Field(
        0.5,
        ge=0,
        le=1,
        description="lowest fraction of transcripts that a table of attributes, tags, loss or "
        "orthology classes must share with the gene table, of the one with fewer",
    )
    toga: TogaSettings = TogaSettings()

    @field_validator("excluded_contigs")
    @classmethod
    def _are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return patterns
