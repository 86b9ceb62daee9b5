"""Sources: from the catalogue of public files to verified files on disk."""

STAGE_VERSION = 2
