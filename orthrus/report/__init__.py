"""One self-contained HTML page of a build."""

STAGE_VERSION = 5
