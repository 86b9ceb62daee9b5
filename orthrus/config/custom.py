"""Settings for anyone's own transcripts."""

from __future__ import annotations

from pydantic import Field

from orthrus.config.annotation import AnnotationSettings
from orthrus.config.settings_model import SettingsModel
from orthrus.config.transcripts import TranscriptsSettings


class CustomAnnotationSettings(AnnotationSettings):
    """How one's own gene table is read: no contig is left out unless asked for."""

    excluded_contigs: tuple[str, ...] = Field(
        (), description="regular expressions of contig names to leave out"
    )


class CustomSettings(SettingsModel):
    """How a store of one's own transcripts is made."""

    annotation: CustomAnnotationSettings = CustomAnnotationSettings()
    transcripts: TranscriptsSettings = TranscriptsSettings()
