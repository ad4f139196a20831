"""What the books know around a labelled case, as the case writes it in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from services.documents import rut
from services.documents.context import (
    Context,
    EarlierDocument,
    ExchangeRate,
    FolioRange,
    KnownPartner,
    OrderLine,
    PartnerHistory,
    PastDocument,
    Project,
    PurchaseOrder,
    ReferencedDocument,
)
from services.documents.currencies import PESO, iso_code
from services.documents.document import Document
from services.documents.errors import UnreadableDocument
from services.documents.fields import Fields

_CHILE = ZoneInfo("America/Santiago")
_OBSERVED_DOLLAR = "USD"
_CLAIMS = ("RCD", "RFP", "RFT")
"""Events by which a received document is claimed (SII, WSREGISTRORECLAMODTE)."""
_CREDIT_NOTES = frozenset({"60", "61", "106", "112"})
_RECENT = 12
_ONE = Decimal(1)


@dataclass(frozen=True)
class Surroundings:
    """A context as it was read."""

    context: Context
    note: str = ""
    """The user's note on the document."""
    unread: tuple[str, ...] = ()
    """Words of the case's context that are not known here."""


def context_of_case(
    case: Mapping[str, Any], master: Mapping[str, Any], document: Document
) -> Surroundings:
    """Return what the books know around ``document``.

    The fixture tells all that the books know: documents that it does not list are not
    in the books. Projects are named by their code and stand in ``master``.

    :raises UnreadableDocument: when a value has the wrong type
    """
    today = Fields(case).day("today")
    if today is None:
        raise UnreadableDocument("It has no day on which it is judged (today).")
    source = case.get("context") or {}
    if not isinstance(source, Mapping):
        raise UnreadableDocument("Its context is no mapping.")
    books = Fields(source, "context")
    company = _company_rut(case, master, document)
    earlier = tuple(_earlier(books, document.flow))
    authorisations = tuple(_folio_range(each) for each in books.blocks("caf"))
    order = books.block("purchase_order")
    context = Context(
        today=today,
        company_rut=company,
        history=_history(books, earlier, document),
        referenced=tuple(_referenced(document, earlier)),
        folio_ranges=authorisations or None,
        earlier=earlier,
        purchase_order=_order(order) if order else None,
        sii_received_on=_sii_received_on(books),
        claim_intended=any(
            claim in books.text("requested_action") for claim in _CLAIMS
        ),
        projects=tuple(_projects(books, master)),
        known_partners=tuple(
            KnownPartner(rut=each.text("rut"), name=each.text("name"))
            for each in books.blocks("partner_master")
        ),
        receipt_threshold=books.number("boleta_identification_threshold_clp"),
        exchange_rates=tuple(_exchange_rates(source)),
    )
    unread = tuple(f"context/{name}" for name in source if name not in _WORDS)
    return Surroundings(context, books.text("note_by_user"), unread)


_WORDS = frozenset(
    "caf prior_docs existing_bills recent_docs history purchase_order sii_received_at"
    " requested_action project_candidates note_by_user partner_master"
    " boleta_identification_threshold_clp fx_observado hora".split()
)


def _company_rut(
    case: Mapping[str, Any], master: Mapping[str, Any], document: Document
) -> str:
    """Return whose books they are: who issues a sale, else the file's main company."""
    if case.get("flow") == "sale":
        return document.issuer.rut
    return Fields(master, "master").block("company").text("RUTEmisor")


def _folio_range(block: Fields) -> FolioRange:
    first, last = block.integer("D"), block.integer("H")
    if first is None or last is None:
        raise UnreadableDocument("context/caf has no range of folios.")
    return FolioRange(
        document_type=block.text("TD"),
        first=first,
        last=last,
        authorised_on=block.day("FA"),
        issuer_rut=block.text("RE"),
    )


def _earlier(books: Fields, flow: str) -> Iterator[EarlierDocument]:
    for name in ("prior_docs", "recent_docs"):
        for block in books.blocks(name):
            yield _earlier_document(block, flow, block.text("RUTRecep", "RUTEmisor"))
    for block in books.blocks("existing_bills"):
        yield _earlier_document(block, "purchase", block.text("vendor", "RUTEmisor"))


def _earlier_document(block: Fields, flow: str, partner_rut: str) -> EarlierDocument:
    currency = block.text("TpoMoneda")
    return EarlierDocument(
        document_type=block.text("TipoDTE"),
        folio=block.text("Folio"),
        flow=flow,
        issue_date=block.day("FchEmis"),
        partner_rut=partner_rut,
        currency=iso_code(currency) if currency else PESO,
        net=block.number("MntNeto"),
        exempt=block.number("MntExe"),
        vat=block.number("IVA"),
        total=block.number("MntTotal"),
        state=block.text("sii_state"),
        name=block.text("move"),
        descriptions=block.texts("lines"),
        corrects=block.texts("ref"),
        correction=block.integer("CodRef"),
        project=block.text("project"),
    )


def _referenced(
    document: Document, earlier: tuple[EarlierDocument, ...]
) -> Iterator[ReferencedDocument]:
    """Yield the documents of the books that ``document`` refers to."""
    known = {(each.document_type, each.folio): each for each in earlier}
    for reference in document.references:
        found = known.get((reference.document_type, reference.folio))
        if found is None:
            continue
        name = f"{found.document_type}/{found.folio}"
        yield ReferencedDocument(
            document_type=found.document_type,
            folio=found.folio,
            issue_date=found.issue_date,
            partner_rut=found.partner_rut,
            total=found.total,
            credited=sum(
                (
                    each.total or Decimal(0)
                    for each in earlier
                    if name in each.corrects and each.document_type in _CREDIT_NOTES
                ),
                Decimal(0),
            ),
        )


def _history(
    books: Fields, earlier: tuple[EarlierDocument, ...], document: Document
) -> PartnerHistory:
    """Return what is usual with the partner.

    A history by month tells net amounts; they count as totals in the proportion of the
    document itself, so that comparable amounts are compared.
    """
    totals = document.totals
    share = totals.total / totals.net if totals.total and totals.net else _ONE
    partner = document.receiver if document.flow == "sale" else document.issuer
    theirs = rut.normalise(partner.rut)
    past = [
        *_monthly(books, share),
        *_of_partner(earlier, document.flow, theirs, share),
    ]
    past.sort(key=lambda each: each.issue_date, reverse=True)
    amounts = [each.total for each in past]
    return PartnerHistory(
        count=len(past),
        median_total=median(amounts) if amounts else None,
        min_total=min(amounts, default=None),
        max_total=max(amounts, default=None),
        recent=tuple(past[:_RECENT]),
    )


def _monthly(books: Fields, share: Decimal) -> Iterator[PastDocument]:
    for block in books.blocks("history"):
        month, net = block.text("month"), block.number("MntNeto")
        total = block.number("MntTotal") or block.number("bruto")
        if net is not None:
            total = _pesos(net * share)
        if total is None:
            raise UnreadableDocument(f"No amount in the history of {month!r}.")
        try:
            day = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise UnreadableDocument(f"No month of history: {month!r}.") from None
        yield PastDocument(day, total, block.texts("desc"))


def _of_partner(
    earlier: tuple[EarlierDocument, ...], flow: str, partner_rut: str, share: Decimal
) -> Iterator[PastDocument]:
    for each in earlier:
        total = each.total
        if total is None and each.net is not None:
            total = _pesos(each.net * share)
        is_theirs = rut.normalise(each.partner_rut) == partner_rut
        if each.issue_date and total is not None and is_theirs and each.flow == flow:
            yield PastDocument(each.issue_date, total, each.descriptions)


def _pesos(amount: Decimal) -> Decimal:
    return amount.quantize(_ONE, rounding=ROUND_HALF_UP)


def _order(block: Fields) -> PurchaseOrder:
    return PurchaseOrder(
        name=block.text("name"),
        vendor_rut=block.text("vendor"),
        net=block.number("amount_net"),
        lines=tuple(
            OrderLine(
                description=each.text("desc"),
                quantity=each.number("qty"),
                unit_price=each.number("price"),
                received=each.number("received_qty"),
                billed=each.number("billed_qty") or Decimal(0),
            )
            for each in block.blocks("lines")
        ),
        received=block.number("received_qty"),
        project=block.text("project"),
    )


def _sii_received_on(books: Fields) -> date | None:
    """Return the day in Chile on which the SII got the document."""
    moment = books.moment("sii_received_at")
    if moment is None:
        return None
    return (moment.astimezone(_CHILE) if moment.tzinfo else moment).date()


def _projects(books: Fields, master: Mapping[str, Any]) -> Iterator[Project]:
    known = {
        each.text("id"): each for each in Fields(master, "master").blocks("projects")
    }
    ordered_for = books.block("purchase_order").text("project")
    codes = filter(None, (*books.texts("project_candidates"), ordered_for))
    for code in dict.fromkeys(codes):
        block = known.get(code, Fields({}))
        yield Project(
            code=code,
            name=block.text("name"),
            customer_rut=block.text("customer"),
            state=block.text("status"),
            start=block.day("start"),
            end=block.day("end"),
            contract_net=block.number("contract_net"),
            billed_net=block.number("billed_net"),
            order=block.text("po"),
            milestones=block.texts("milestones"),
        )


def _exchange_rates(source: Mapping[str, Any]) -> Iterator[ExchangeRate]:
    """Yield the dólar observado of each day that is given."""
    observed = source.get("fx_observado") or {}
    if not isinstance(observed, Mapping):
        raise UnreadableDocument("context/fx_observado is no mapping.")
    fields = Fields(observed, "context/fx_observado")
    for name in observed:
        pesos = fields.number(name)
        try:
            day = date.fromisoformat(name)
        except ValueError:
            raise UnreadableDocument(f"No day of a rate: {name!r}.") from None
        if pesos is not None:
            yield ExchangeRate(_OBSERVED_DOLLAR, day, pesos)
