"""Findings as the panel shows them, in the reader's language and with where to go."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal, get_currency_precision

from odoo.tools.misc import babel_locale_parse
from odoo.tools.translate import code_translations

from ...services.privacy.document_texts import PARTY_FIELDS
from ...services.validation.finding import Finding

# Where a field of the SII is edited in Odoo: on the invoice, on its line, or on the
# partner.
MOVE_FIELDS = {
    "TipoDTE": "l10n_latam_document_type_id",
    "Folio": "l10n_latam_document_number",
    "CAF": "l10n_latam_document_number",
    "FchEmis": "invoice_date",
    "FchVenc": "invoice_date_due",
    "FmaPago": "invoice_payment_term_id",
    "TpoMoneda": "currency_id",
    **dict.fromkeys(("MntNeto", "MntExe", "TasaIVA", "IVA"), "tax_totals"),
    **dict.fromkeys(("ImptoReten", "IVANoRet", "MntTotal"), "tax_totals"),
    **dict.fromkeys(("TpoDocRef", "FolioRef", "FchRef"), "account_ai_reference_ids"),
    **dict.fromkeys(("Referencia", "CodRef"), "account_ai_reference_ids"),
    **dict.fromkeys(("RazonRef", "IndGlobal"), "account_ai_reference_ids"),
    "IndNoRebaja": "account_ai_no_debit_reduction",
    "sii_received_at": "account_ai_sii_received_at",
    "notes": "narration",
    "Detalle": "invoice_line_ids",
}
LINE_FIELDS = {
    "NmbItem": "name",
    "DscItem": "name",
    "QtyItem": "quantity",
    "UnmdItem": "product_uom_id",
    "PrcItem": "price_unit",
    "DescuentoMonto": "discount",
    "MontoItem": "price_subtotal",
    "IndExe": "tax_ids",
    "CodImpAdic": "tax_ids",
    "TasaImp": "tax_ids",
}


@dataclass(frozen=True)
class Places:
    """Where the parts of a document live in Odoo: journal items and partners."""

    line_ids: tuple[int, ...]
    """Id of the journal item of each detail line, in their order."""
    issuer_id: int
    """Partner that issues."""
    receiver_id: int

    def line_id(self, finding: Finding) -> int | bool:
        """Return the journal item that ``finding`` is about, False when none is."""
        number = finding.line
        return self.line_ids[number - 1] if 0 < number <= len(self.line_ids) else False

    def partner_id(self, finding: Finding) -> int | bool:
        """Return the partner whose data ``finding`` is about, False when none is."""
        party, _attribute = PARTY_FIELDS.get(finding.field, ("", ""))
        ids = {"issuer": self.issuer_id, "receiver": self.receiver_id}
        return ids.get(party) or False


def odoo_field(field: str, line: int) -> str | bool:
    """Return the field of the invoice, or of its line, where a SII field is edited."""
    if line and field in LINE_FIELDS:
        return LINE_FIELDS[field]
    if field in PARTY_FIELDS:
        return "partner_id"
    if field in LINE_FIELDS:
        return "invoice_line_ids"
    return MOVE_FIELDS.get(field, False)


def sentence(
    source: str | None | bool, params: Mapping[str, Any], language: str | None
) -> str:
    """Return a sentence of the services in ``language``, filled with ``params``.

    A parameter may be a list of sentences, each with parameters of its own: they are
    put into ``language`` too, and stand one after the other. It may be an amount of
    money, as ``{"amount": "0.0105", "currency": "USD"}``.
    A sentence without parameters is taken literally: the model writes such sentences,
    in the reader's language, and a per cent sign in them means itself.
    """
    if not source:
        return ""
    if language and language != "en_US":
        translations = code_translations.get_python_translations("account_ai", language)
        source = translations.get(source) or source
    if not params:
        return source
    return source % {name: _words(value, language) for name, value in params.items()}


def _words(value: Any, language: str | None) -> Any:
    """Return a parameter of a sentence as it stands there in ``language``."""
    if isinstance(value, list | tuple):
        return ", ".join(sentence(*each, language) for each in value)
    if isinstance(value, Mapping):
        # Nobody writes the cents of a currency that has none.
        cents = "00##" if get_currency_precision(value["currency"]) else "####"
        amount = format_decimal(
            Decimal(value["amount"]),
            format=f"#,##0.{cents}",
            locale=babel_locale_parse(language or "en_US"),
        )
        return f"{value['currency']} {amount}"
    return value


def finding_values(finding: Finding, places: Places) -> dict[str, Any]:
    """Return the values of an ``account.ai.finding``, as plain JSON."""
    return {
        "origin": finding.origin.value,
        "code": finding.code,
        "severity": finding.severity.value,
        "message_source": finding.message,
        "advice_source": finding.advice,
        "params": dict(finding.params) or False,
        "field_name": finding.field,
        "line_number": finding.line,
        "move_line_id": places.line_id(finding),
        "partner_id": places.partner_id(finding),
        "evidence": finding.evidence,
        "source": finding.source,
        "secondary_source": finding.secondary_source,
        "dismissed": finding.dismissed,
        "demoted_from": finding.demoted_from.value if finding.demoted_from else False,
    }


def panel_finding(
    values: Mapping[str, Any], identifier: str, language: str | None
) -> dict[str, Any]:
    """Return a finding as the panel shows it, from the values of its record.

    :param identifier: tells it from the other findings of the same validation
    """
    params = values["params"] or {}
    field = values["field_name"] or ""
    return {
        "id": identifier,
        "code": values["code"],
        "severity": values["severity"],
        "origin": values["origin"],
        "message": sentence(values["message_source"], params, language),
        "advice": sentence(values["advice_source"], params, language),
        "field": field,
        "field_name": odoo_field(field, values["line_number"]),
        "line": values["line_number"],
        "line_id": values["move_line_id"],
        "partner_id": values["partner_id"],
        "evidence": values["evidence"] or "",
        "source": values["source"] or "",
        "dismissed": values.get("dismissed") or False,
        "demoted_from": values.get("demoted_from") or False,
    }
