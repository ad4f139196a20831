"""A small file of labelled cases, made from correct documents."""

from ..documents.dte_writer import fields_of, through_json
from ..rules.rules_documents import OURS, invoice, with_receiver, with_totals

CLEAN = through_json(fields_of(invoice()))
WRONG_RUT = through_json(fields_of(with_receiver(invoice(), rut="76431209-1")))
WRONG_TOTAL = through_json(fields_of(with_totals(invoice(), total=1)))
VAGUE = through_json(fields_of(invoice()))
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
