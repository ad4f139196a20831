"""Each feature has one folder of the same name in every layer: checked here."""

from __future__ import annotations

from pathlib import Path

FEATURES = (
    *("common", "gateway", "documents", "costs", "validation", "review", "posting"),
    *("chat", "knowledge", "batch", "payroll", "projects", "orders", "rcv", "sii"),
    "health",
)
LAYERS = (
    *("services", "models", "controllers", "wizards", "views", "security"),
    *("static/src", "tests", "static/tests", "static/tests/tours"),
)
LAYER_FOLDERS = {
    "services": ("agents", "claude", "privacy", "rules"),
    "tests": ("agents", "privacy", "rules"),
    "static/tests": ("tours",),
}
"""Folders of ``services`` and their tests that the layers above do not have."""
FLAT = {
    "security": ("ir.model.access.csv",),
}
"""Files that Odoo wants to have one of."""


def check(root: Path) -> list[str]:
    """Return what is in no folder of a feature below ``root``, one line each."""
    found = []
    for layer in LAYERS:
        features = {*FEATURES, *LAYER_FOLDERS.get(layer, ())}
        allowed = {"__init__.py", *FLAT.get(layer, ())}
        folder = root / layer
        for entry in sorted(folder.iterdir()) if folder.exists() else ():
            name = entry.name
            if name == "__pycache__" or name.startswith("."):
                continue
            if name not in (features if entry.is_dir() else allowed):
                found.append(f"{layer}/{name}: in no folder of a feature")
    return found
