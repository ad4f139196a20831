"""DTE XML, as the SII and other taxpayers send it: a hostile file until it is read.

Read are a single ``DTE``, an ``EnvioDTE``, an ``EnvioBOLETA`` and an ``AEC`` (the
documents inside), with or without the SII's namespace. The schema is not checked here
(see :mod:`.xml_checks`): a bill that breaks it is still a bill to be judged.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from . import rut
from .document import Document
from .dte_fields import document_of_fields
from .errors import NoDteXml, RefusedXml, UnreadableDocument

MAX_BYTES = 5 * 1024 * 1024
"""The largest file that is read: 500 boletas of usual size fit into it."""
MAX_ELEMENTS = 150_000
"""500 boletas of usual size have a third of it; reading so many takes two seconds."""
MAX_DOCUMENTS = 2_000
"""EnvioDTE_v10.xsd: DTE, maxOccurs."""
MAX_DEPTH = 32
"""Levels of elements; an AEC has 16."""
SII_NAMESPACE = "http://www.sii.cl/SiiDte"

_BODIES = tuple(
    f"{namespace}{name}"
    for name in ("Documento", "Liquidacion", "Exportaciones")
    for namespace in ("", f"{{{SII_NAMESPACE}}}")
)
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")
_TOO_MANY_ELEMENTS = etree.XPath(f"count(//*) > {MAX_ELEMENTS}")
_DECLARATION = re.compile(
    rb"""<\?xml\s[^>]{0,200}?encoding\s{0,200}=\s{0,200}["']([A-Za-z0-9._-]+)["']"""
)
_ENCODINGS = frozenset(
    "utf-8 us-ascii iso-8859-1 iso-8859-15 latin1 windows-1252 cp1252".split()
)
_DECLARATION_BYTES = 200
_PURCHASE_INVOICE = "46"


@dataclass(frozen=True)
class DteXml:
    """One document of an XML file."""

    document: Document
    # The file's root element: ``DTE``, ``EnvioDTE``, ``EnvioBOLETA``, ``AEC``.
    container: str
    identifier: str  # ``ID`` of the signed element
    # The DTE carries a signature; nothing is said about whether it is good.
    has_signature: bool


def read_dte_xml(data: bytes, company_rut: str = "") -> tuple[DteXml, ...]:
    """Return the documents of an XML file, in their order.

    :param data: the file as it came
    :param company_rut: whose books it is for: a document that this RUT issued is a
        sale, any other a purchase
    :raises RefusedXml: for what could do harm: entities, too large, too deep
    :raises NoDteXml: when it is an XML without a DTE
    :raises UnreadableDocument: when it is no XML, or a DTE with a value that is none
        of its kind
    """
    root = parse_xml(data)
    found = tuple(_documents(root, company_rut))
    if not found:
        raise NoDteXml("The XML holds no DTE.")
    return found


def _documents(root: etree._Element, company_rut: str) -> Iterator[DteXml]:
    company = rut.normalise(company_rut)
    number = 0
    for body in root.iter(*_BODIES):
        tree = _tree(body)
        if not isinstance(tree, dict) or "Encabezado" not in tree:
            continue
        number += 1
        if number > MAX_DOCUMENTS:
            raise RefusedXml(
                "too_large", f"The XML has more than {MAX_DOCUMENTS} documents."
            )
        following = body.getnext()
        yield DteXml(
            document=document_of_fields(tree, _flow(tree, company)),
            container=_name(root),
            identifier=body.get("ID", ""),
            has_signature=following is not None and _name(following) == "Signature",
        )


def parse_xml(data: bytes) -> etree._Element:
    """Return the root of an XML that is safe to read.

    :raises RefusedXml: for what could do harm
    :raises UnreadableDocument: when it is not well-formed
    """
    if len(data) > MAX_BYTES:
        megabytes = MAX_BYTES // (1024 * 1024)
        raise RefusedXml("too_large", f"The XML is larger than {megabytes} MB.")
    _check_encoding(data)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _document_type_refused()
    # A new parser for each file: parsers are not to be shared between threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableDocument(f"This is no well-formed XML: {error.msg}.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _document_type_refused()
    if _TOO_MANY_ELEMENTS(root):
        raise RefusedXml(
            "too_large", f"The XML has more than {MAX_ELEMENTS} elements: not read."
        )
    if _TOO_DEEP(root):
        raise RefusedXml("too_deep", f"The XML has more than {MAX_DEPTH} levels.")
    return root


def _document_type_refused() -> RefusedXml:
    return RefusedXml(
        "document_type", "The XML declares a document type or entities: not read."
    )


def _check_encoding(data: bytes) -> None:
    """Refuse encodings in which a declaration of entities could not be seen.

    :raises RefusedXml: for what is none of the encodings in which DTE are sent
    """
    start = data[:_DECLARATION_BYTES]
    declared = _DECLARATION.search(start)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if b"\0" in start or start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        name = "utf-16"
    if name not in _ENCODINGS:
        raise RefusedXml("encoding", f"The XML is encoded in {name}: not read.")


def _tree(element: etree._Element) -> dict[str, Any] | str:
    """Return an element as a tree of fields; its attributes say nothing of them."""
    if not len(element):
        return element.text or ""
    values: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        value = _tree(child)
        if name not in values:
            values[name] = value
        elif isinstance(values[name], list):
            values[name].append(value)
        else:
            values[name] = [values[name], value]
    return values


def _name(element: etree._Element) -> str:
    tag = element.tag
    if not isinstance(tag, str):
        # With resolve_entities off, a reference to an entity stays as a node.
        raise _document_type_refused()
    return tag.rpartition("}")[2]


def _flow(tree: dict[str, Any], company: str) -> str:
    """Return whose document it is; a factura de compra is issued by who buys."""
    header = tree["Encabezado"]
    issuer = header.get("Emisor") if isinstance(header, dict) else None
    issued_by = issuer.get("RUTEmisor") if isinstance(issuer, dict) else None
    issued_here = bool(company) and rut.normalise(str(issued_by or "")) == company
    identity = header.get("IdDoc") if isinstance(header, dict) else None
    document_type = identity.get("TipoDTE") if isinstance(identity, dict) else ""
    if str(document_type).strip() == _PURCHASE_INVOICE:
        return "purchase" if issued_here else "sale"
    return "sale" if issued_here else "purchase"
