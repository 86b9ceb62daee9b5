"""Typed configuration: one model per stage, unknown keys refused."""

from orthrus.config.settings_model import SettingsModel, flags, settings

__all__ = ["SettingsModel", "flags", "settings"]
