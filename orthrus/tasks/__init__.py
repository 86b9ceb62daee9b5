"""Benchmark tasks: from label sources to tables of transcripts with targets."""

STAGE_VERSION = 4
