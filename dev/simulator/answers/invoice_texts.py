"""Checks of what the texts of an invoice say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .invoice_facts import Invoice, Line, Suspicion
from .obedience import order_in
from .periods import lags_in
from .words import plain, words_of

#: A text made of these words alone does not say what was sold.
_SAYS_NOTHING = frozenset(
    "servicio servicios serv varios varias vario producto productos insumo insumos "
    "material materiales articulo articulos trabajo trabajos otro otros otra otras "
    "gasto gastos general generales diverso diversos diversas cobro cobros pago pagos "
    "segun lo la el los las de del a al y e o u en por para con un una unos unas su "
    "sus acordado acordada conversado convenido indicado solicitado requerido pactado "
    "detalle detalles adjunto item items prestado prestados prestada realizado "
    "realizados realizada efectuado efectuados profesional profesionales asesoria "
    "asesorias consultoria compra compras venta ventas mercaderia mercaderias ajuste "
    "corresponde correspondiente correspondientes mes presente etc "
    "service services various misc miscellaneous product products supplies goods as "
    "agreed per the of for and other others general work works materials item charge "
    "charges fee fees expenses sundry".split()
)
_CODE = re.compile(r"(?=[^ ]*\d)[A-Z0-9][A-Z0-9._/\-#]{2,}(?: [A-Z0-9._/\-#]+)?")
_PERSONAL = re.compile(
    r"\b(cumpleanos|zapatillas?|playstation|xbox|nintendo|netflix|spotify|disney|"
    r"vacaciones|juguetes?|mascotas?|perfumes?|matrimonio|peluqueria|gimnasio|"
    r"whisky|licor(?:es)?|vinos?|cerveza|panales|joyas?|regalo|colegio|jardin infantil|"
    r"veterinari[oa]|spa|masajes?|bicicleta|entradas? (?:al )?concierto|"
    r"uso personal|ropa|vestido|supermercado|crucero|resort|"
    r"birthday|toys?|perfume|wedding|holiday|jewel(?:le)?ry|groceries)\b"
)
#: Sector -> parts of words of a giro, parts of words of a line.
_SECTORS = {
    "food": (
        ("restaur", "gastronom", "aliment", "banquet", "cafeter", "panader"),
        ("almuerzo", "coctel", "catering", "comida", "menu", "cena", "colacion"),
    ),
    "software": (
        ("software", "informatic", "computac", "programac", "tecnolog"),
        ("software", "licencia", "hosting", "desarrollo web", "programac", "servidor"),
    ),
    "construction": (
        ("construc", "edificac", "obras", "contratista", "arquitect"),
        ("hormigon", "cemento", "techumbre", "radier", "demolic", "enfierradura"),
    ),
    "transport": (
        ("transport", "flete", "logistic", "carga"),
        ("flete", "traslado", "transporte de carga", "despacho a"),
    ),
    "health": (
        ("medic", "clinic", "salud", "dental", "odontolog", "laboratorio clin"),
        ("consulta medica", "examen de laboratorio", "radiografia", "dental"),
    ),
    "agriculture": (
        ("agricol", "ganader", "forestal", "frutic", "vitivin"),
        ("cosecha", "fertilizante", "semilla", "poda", "ganado"),
    ),
    "legal": (
        ("juridic", "abogad", "notari"),
        ("demanda", "escritura publica", "asesoria legal", "defensa judicial"),
    ),
}
_PROJECT = re.compile(
    r"\b[Pp](?:royecto|roject)\s+([A-Z0-9][\w\-]*(?: [A-Z0-9][\w\-]*)?)"
)


def injection(invoice: Invoice) -> Iterator[Suspicion]:
    """A text that gives the reader an order."""
    for number, field, text in invoice.texts:
        quote = order_in(text)
        if quote is not None:
            yield Suspicion(
                "injection",
                "W",
                number,
                field,
                quote,
                (
                    f"El texto «{_short(quote)}» da instrucciones a quien revisa en "
                    f"lugar de describir la operación.",
                    "Eliminar la instrucción del documento y confirmar con el emisor.",
                ),
                (
                    f"The text “{_short(quote)}” gives orders to the reader "
                    f"instead of describing the operation.",
                    "Remove the order from the document and ask its issuer.",
                ),
            )


def vague(invoice: Invoice) -> Iterator[Suspicion]:
    """A line whose words do not say what was sold."""
    for line in invoice.lines:
        words = words_of(line.text)
        if words and all(_says_nothing(word) for word in words):
            yield Suspicion(
                "vague",
                "W",
                line.number,
                line.field,
                line.quote,
                (
                    f"«{_short(line.quote)}» no permite saber qué se vendió o prestó.",
                    "Indicar el bien o servicio concreto, y su período si corresponde.",
                ),
                (
                    f"“{_short(line.quote)}” does not tell what was sold.",
                    "Name the goods or the service, and its period where it has one.",
                ),
            )


def _says_nothing(word: str) -> bool:
    return word in _SAYS_NOTHING or (word.isdigit() and len(word) < 4)


def code_only(invoice: Invoice) -> Iterator[Suspicion]:
    """A line that is nothing but a code."""
    for line in invoice.lines:
        if _CODE.fullmatch(line.text.strip()):
            yield Suspicion(
                "code_only",
                "W",
                line.number,
                line.field,
                line.quote,
                (
                    f"La línea trae solo el código «{_short(line.quote)}».",
                    "Agregar la descripción del producto o servicio junto al código.",
                ),
                (
                    f"The line has nothing but the code “{_short(line.quote)}”.",
                    "Add a description of the product or service to the code.",
                ),
            )


def period(invoice: Invoice) -> Iterator[Suspicion]:
    """A month in the text that is not that of the issue.

    A lag that the partner's earlier invoices had is usual; without history a
    month that is billed in arrears is worth a word only.
    """
    if invoice.issue_date is None or invoice.is_note:
        return
    usual = {0}
    for past in invoice.recent:
        if past.date is not None:
            for text in past.lines:
                usual.update(lags_in(text, past.date))
    for number, field, text in invoice.texts:
        if field not in ("name", "description", "notes"):
            continue
        lags = lags_in(text, invoice.issue_date)
        if not lags or usual & set(lags):
            continue
        nearest = min(lags, key=abs)
        severity = "I" if nearest == 1 and not invoice.recent else "W"
        issued = invoice.issue_date.isoformat()
        yield Suspicion(
            "period",
            severity,
            number,
            field,
            text.strip(),
            (
                f"El período del texto «{_short(text)}» no corresponde a la emisión "
                f"del {issued} ({_months(nearest, spanish=True)}).",
                "Confirmar el período facturado y corregir el texto o la fecha.",
            ),
            (
                f"The period in “{_short(text)}” does not fit the issue on {issued} "
                f"({_months(nearest, spanish=False)}).",
                "Confirm the billed period and mend the text or the date.",
            ),
        )


def _months(lag: int, *, spanish: bool) -> str:
    count = abs(lag)
    if spanish:
        return f"{count} mes(es) {'antes' if lag > 0 else 'después'}"
    return f"{count} month(s) {'earlier' if lag > 0 else 'later'}"


def personal(invoice: Invoice) -> Iterator[Suspicion]:
    """A purchase that looks like somebody's private one."""
    if not invoice.is_purchase:
        return
    for line in invoice.lines:
        found = _PERSONAL.search(plain(line.text))
        if found:
            yield Suspicion(
                "personal",
                "W",
                line.number,
                line.field,
                line.quote,
                (
                    f"«{_short(line.quote)}» parece un gasto personal y no necesario "
                    f"para producir la renta.",
                    "Pedir el respaldo del gasto o rechazar su crédito fiscal.",
                ),
                (
                    f"“{_short(line.quote)}” looks like a private expense.",
                    "Ask what it was for, or do not take its tax credit.",
                ),
            )


def giro(invoice: Invoice) -> Iterator[Suspicion]:
    """Lines of another trade than the issuer's."""
    trade = plain(invoice.issuer_giro)
    own = {
        sector
        for sector, (giro_parts, _line_parts) in _SECTORS.items()
        if any(part in trade for part in giro_parts)
    }
    if not own:
        return
    for line in invoice.lines:
        sold = _sectors_of(line)
        if sold and not sold & own:
            yield Suspicion(
                "giro",
                "W",
                line.number,
                line.field,
                line.quote,
                (
                    f"«{_short(line.quote)}» no calza con el giro «"
                    f"{_short(invoice.issuer_giro)}» del emisor.",
                    "Verificar que el emisor tenga un giro para esta operación.",
                ),
                (
                    f"“{_short(line.quote)}” does not fit the issuer's giro “"
                    f"{_short(invoice.issuer_giro)}”.",
                    "Check that the issuer has a giro for this operation.",
                ),
            )


def _sectors_of(line: Line) -> set[str]:
    text = plain(line.text)
    return {
        sector
        for sector, (_giro_parts, line_parts) in _SECTORS.items()
        if any(part in text for part in line_parts)
    }


def project(invoice: Invoice) -> Iterator[Suspicion]:
    """Texts that name different projects."""
    named: dict[str, tuple[int, str, str]] = {}
    for number, field, text in invoice.texts:
        for found in _PROJECT.finditer(text):
            named.setdefault(plain(found.group(1)), (number, field, found.group(0)))
    if len(named) < 2:
        return
    first, other = list(named.values())[:2]
    number, field, quote = other
    yield Suspicion(
        "project",
        "W",
        number,
        field,
        quote,
        (
            f"El documento nombra «{first[2]}» y también «{quote}».",
            "Confirmar a qué proyecto corresponde el documento.",
        ),
        (
            f"The document names “{first[2]}” and also “{quote}”.",
            "Confirm which project the document belongs to.",
        ),
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "…"
