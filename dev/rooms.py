"""The rooms of the house: one folder a capability, of the same name on every floor."""

from __future__ import annotations

from pathlib import Path

ROOMS = (
    *("common", "gateway", "documents", "costs", "validation", "review", "posting"),
    *("chat", "knowledge", "batch", "payroll", "projects", "orders", "rcv", "sii"),
    "health",
)
FLOORS = (
    *("services", "models", "controllers", "wizards", "views", "security"),
    *("static/src", "tests", "static/tests", "static/tests/tours"),
)
BELOW = {
    "services": ("agents", "claude", "privacy", "rules"),
    "tests": ("agents", "privacy", "rules"),
    "static/tests": ("tours",),
}
"""Folders for what has no room of its own on the floors above ``services``."""
FLAT = {
    "security": ("ir.model.access.csv",),
}
"""Files that Odoo wants to have one of."""


def check(root: Path) -> list[str]:
    """Return what stands outside of a room in the addon at ``root``, one line each."""
    found = []
    for floor in FLOORS:
        rooms = {*ROOMS, *BELOW.get(floor, ())}
        allowed = {"__init__.py", *FLAT.get(floor, ())}
        folder = root / floor
        for entry in sorted(folder.iterdir()) if folder.exists() else ():
            name = entry.name
            if name == "__pycache__" or name.startswith("."):
                continue
            if name not in (rooms if entry.is_dir() else allowed):
                found.append(f"{floor}/{name}: in no room")
    return found
