"""Typed configuration: one model per stage, unknown keys refused."""

from orthrus.config.base import Section, flags, settings

__all__ = ["Section", "flags", "settings"]
