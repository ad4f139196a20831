"""A small file of labelled cases, made from correct documents of every type."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

Tree = dict[str, Any]

OURS = "77123987-0"
THEIRS = "76431209-0"

SOUND_DOCUMENTS = json.loads(
    Path(__file__).with_name("sound_documents.json").read_text(encoding="utf-8")
)
"""A flow and a tree of SII fields for each type of document, by name. The RUTs'
check digits are computed; everything else is invented."""


def tree_of(name: str) -> Tree:
    """Return a copy of a correct document's fields, for a test to change."""
    return copy.deepcopy(SOUND_DOCUMENTS[name]["tree"])


CLEAN = tree_of("invoice")
WRONG_RUT = tree_of("invoice")
WRONG_RUT["Encabezado"]["Receptor"]["RUTRecep"] = "76431209-1"
WRONG_TOTAL = tree_of("invoice")
WRONG_TOTAL["Encabezado"]["Totales"]["MntTotal"] = 1
VAGUE = tree_of("invoice")
VAGUE["Detalle"][0]["NmbItem"] = "Servicios varios"


def labelled(
    identifier, document, verdict="send", codes=(), kind="none", acceptable=(), **more
):
    """Return a case with its labels."""
    return {
        "id": identifier,
        "title": f"Title of {identifier}",
        "check_kind": kind,
        "flow": "sale",
        "today": "2026-11-18",
        "document": document,
        "context": {},
        "planted_defects": list(codes),
        "expected_verdict": verdict,
        "acceptable_verdicts": [verdict, *acceptable],
        "expected_project": None,
        **more,
    }


def case_data(*cases):
    """Return a file of cases as JSON data."""
    return {"master": {"company": {"RUTEmisor": OURS}}, "cases": list(cases)}


ALL_RIGHT = (
    labelled("A1", CLEAN),
    labelled("A2", WRONG_RUT, "reject", ["RUT_DV"], "rule"),
)
