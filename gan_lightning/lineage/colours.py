"""A colour for each kind, the same in text and drawings; they can be told apart without red and green."""

from __future__ import annotations

COLOURS = {
    "architecture": "#0072b2",
    "loss": "#d55e00",
    "penalty": "#009e73",
    "game": "#b5548b",
    "augmentation": "#b8860b",
    "dataset": "#6b7280",
    "metric": "#2a9fd6",
    "extractor": "#8a5a2b",
}
