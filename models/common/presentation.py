"""Findings as the panel shows them, in the reader's language and with where to go."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from odoo.tools.translate import code_translations

from odoo.addons.base.models.res_lang import LangData, intersperse

from ...services.documents.field_names import (
    DOCUMENT_TYPES,
    FIELD_NAMES,
    KNOWN_TAGS,
    OWNERS,
    PARTY_FIELD_NAMES,
    is_sii_tag,
    label,
)
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
        party, _attribute = PARTY_FIELD_NAMES.get(finding.field, ("", ""))
        ids = {"issuer": self.issuer_id, "receiver": self.receiver_id}
        return ids.get(party) or False


def odoo_field(field: str, line: int) -> str | bool:
    """Return the field of the invoice, or of its line, where a SII field is edited."""
    if line and field in LINE_FIELDS:
        return LINE_FIELDS[field]
    if field in PARTY_FIELD_NAMES:
        return "partner_id"
    if field in LINE_FIELDS:
        return "invoice_line_ids"
    return MOVE_FIELDS.get(field, False)


def sentence(
    source: str | None | bool, params: Mapping[str, Any], language: LangData
) -> str:
    """Return a sentence of the services in ``language``, filled with ``params``.

    A parameter is a text or a value of :mod:`...services.common.wording`. It may be a
    list of sentences too, each with parameters of its own, that stand one after the
    other.
    A sentence without parameters is taken literally: the model writes such sentences,
    in the reader's language, and a per cent sign in them means itself.
    """
    if not source:
        return ""
    words = _filled(source, params, language)
    # The name of a field is written as a part of a sentence.
    return words[:1].upper() + words[1:] if params else words


def _filled(source: str, params: Mapping[str, Any], language: LangData) -> str:
    source = _translated(source, language)
    if not params:
        return source
    return source % {
        name: _OLD_FIELD.get(name, shown_value)(value, language)
        for name, value in params.items()
    }


def _translated(source: str, language: LangData) -> str:
    if language.code in (False, "en_US"):
        return source
    translations = code_translations.get_python_translations(
        "account_ai", language.code
    )
    return translations.get(source) or source


def shown_value(value: Any, language: LangData) -> str:
    """Return a value of a sentence in the reader's language and formats.

    :param value: see :mod:`...services.common.wording`
    """
    if isinstance(value, list | tuple):
        return ", ".join(_filled(*each, language) for each in value)
    if not isinstance(value, Mapping):
        return str(value)
    return next(_SHOWN[kind](value, language) for kind in _SHOWN if kind in value)


def field_words(tag: str, flow: str, language: LangData) -> str:
    """Return a field as part of a sentence: its name, and the SII's behind it.

    :param flow: ``sale`` or ``purchase``; empty where it is not known whose issuer and
        receiver are
    """
    if tag in PARTY_FIELD_NAMES:
        side, what = PARTY_FIELD_NAMES[tag]
        owner = _translated(OWNERS[side, flow], language)
        name = owner % {"what": _translated(what, language)}
    elif tag in FIELD_NAMES:
        name = _translated(FIELD_NAMES[tag], language)
    else:
        return tag
    return f"{name} ({tag})" if is_sii_tag(tag) else name


def field_label(tag: str, flow: str, language: LangData) -> str:
    """Return a field as it stands by itself, in a list or as a heading."""
    return label(field_words(tag, flow, language)) if tag in KNOWN_TAGS else tag


def document_type_words(code: str, language: LangData) -> str:
    """Return a document type: its name, and the SII's code behind it."""
    if code not in DOCUMENT_TYPES:
        return code
    return f"{_translated(DOCUMENT_TYPES[code], language)} ({code})"


def shown_number(value: Decimal, decimals: int, language: LangData) -> str:
    """Return a number with the separators of ``language``.

    :param decimals: least decimals; more are shown where the number has them
    """
    exponent = value.normalize().as_tuple().exponent
    digits = max(decimals, -exponent if isinstance(exponent, int) else 0)
    whole, _point, rest = f"{abs(value):.{digits}f}".partition(".")
    grouping = ast.literal_eval(language.grouping)
    whole = intersperse(whole, grouping, language.thousands_sep or "")[0]
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}{language.decimal_point}{rest}" if rest else sign + whole


def shown_money(value: Decimal, currency: str, language: LangData) -> str:
    """Return an amount: pesos and dollars by their signs, others by their code.

    Nobody writes the cents of a currency that has none.
    """
    sign = {"CLP": "$", "USD": "US$"}.get(currency, f"{currency} ")
    words = shown_number(abs(value), get_currency_precision(currency), language)
    return f"{'-' if value < 0 else ''}{sign}{words}"


def shown_date(value: date, language: LangData) -> str:
    """Return a date in the format of ``language``."""
    return value.strftime(language.date_format)


_SHOWN: Mapping[str, Callable[[Mapping[str, Any], LangData], str]] = {
    "amount": lambda value, language: shown_money(
        Decimal(value["amount"]), value["currency"], language
    ),
    "number": lambda value, language: shown_number(
        Decimal(value["number"]), 0, language
    ),
    "date": lambda value, language: shown_date(
        date.fromisoformat(value["date"]), language
    ),
    "field": lambda value, language: field_words(
        value["field"], value["flow"], language
    ),
    "document_type": lambda value, language: _document(value, language),
    "tax": lambda value, language: str(value["tax"]),
    "phrase": lambda value, language: _filled(
        value["phrase"], value["params"], language
    ),
    "list": lambda value, language: ", ".join(
        shown_value(each, language) for each in value["list"]
    ),
    "joined": lambda value, language: "".join(
        shown_value(each, language) for each in value["joined"]
    ),
}
"""How each kind of value is shown."""


def _document(value: Mapping[str, Any], language: LangData) -> str:
    name = DOCUMENT_TYPES.get(value["document_type"])
    words = _translated(name, language) if name else value["document_type"]
    return f"{words} {value['folio']}".strip()


def _old_field(value: Any, language: LangData) -> str:
    """Return a field that a finding of an earlier release names by its tags alone."""
    if not isinstance(value, str):
        return shown_value(value, language)
    return ", ".join(field_words(tag, "", language) for tag in value.split(", "))


_OLD_FIELD = {"field": _old_field, "fields": _old_field}


def evidence_words(
    evidence: str | bool | None, value: Mapping[str, Any] | bool, language: LangData
) -> str:
    """Return what was seen, in the reader's language.

    :param evidence: in the SII's notation, or a literal quotation
    :param value: the same as a value; empty where there is none, as in findings of
        earlier releases
    """
    return shown_value(value, language) if value else evidence or ""


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
        "evidence_value": finding.evidence_value or False,
        "source": finding.source,
        "secondary_source": finding.secondary_source,
        "dismissed": finding.dismissed,
        "demoted_from": finding.demoted_from.value if finding.demoted_from else False,
    }


def panel_finding(
    values: Mapping[str, Any], identifier: str, language: LangData
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
        "evidence": evidence_words(
            values["evidence"], values.get("evidence_value") or False, language
        ),
        "source": values["source"] or "",
        "dismissed": values.get("dismissed") or False,
        "demoted_from": values.get("demoted_from") or False,
    }
