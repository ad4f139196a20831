"""Schema and signature of a DTE, checked by ``cl-sii`` where it is installed.

The library is optional: it brings the SII's schemas and what verifies signatures.
Without it nothing is checked, and the result says so. Its schemas are older than Res.
Ex. 154 of 2025: a document with the new elements of Transporte breaks them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .dte_xml import SII_NAMESPACE, parse_xml

if TYPE_CHECKING:
    from cl_sii.libs.xml_utils import XmlElement
    from signxml.verifier import XMLVerifier

_SIGNATURES = "{http://www.w3.org/2000/09/xmldsig#}"
_CHECKED_ROOT = "DTE"
_REASON_LENGTH = 300
_CHILE = ZoneInfo("America/Santiago")


class Check(str, Enum):
    """How a check came out."""

    GOOD = "good"
    BAD = "bad"
    ABSENT = "absent"
    """There is no signature."""
    UNCHECKED = "unchecked"


@dataclass(frozen=True)
class XmlChecks:
    """What is known of schema and signature."""

    schema: Check
    # Good: what was signed is unchanged since, and was signed with the
    # certificate that the DTE holds. Whose certificate that is, and who issued
    # it, is not checked.
    signature: Check
    schema_reason: str = ""  # Why it is bad or unchecked
    signature_reason: str = ""


def check_xml(data: bytes) -> XmlChecks:
    """Return what ``cl-sii`` says of a file with a single DTE.

    :raises UnreadableDocument: when the file cannot be read safely
    """
    root = parse_xml(data)
    if root.tag.rpartition("}")[2] != _CHECKED_ROOT:
        return _unchecked("only a single DTE is checked")
    try:
        from cl_sii.dte.parse import clean_dte_xml, validate_dte_xml
        from cl_sii.libs.xml_utils import (
            XmlSchemaDocValidationError,
            parse_untrusted_xml,
        )
    except ImportError:
        return _unchecked("cl-sii is not installed")
    try:
        # Parsed again: it only takes elements of its own parser.
        theirs = parse_untrusted_xml(data)
        cleaned, _modified = clean_dte_xml(theirs, set_missing_xmlns=True)
    except Exception as error:
        # It raises plain Exception, and what is below it raises more. What a vendor
        # sends must not keep the bill from being read and posted.
        return _unchecked(f"cl-sii cannot read it: {_short(error)}")
    signature, signature_reason = _check_signature(cleaned)
    try:
        validate_dte_xml(cleaned)
    except XmlSchemaDocValidationError as error:
        return XmlChecks(Check.BAD, signature, _short(error), signature_reason)
    return XmlChecks(Check.GOOD, signature, "", signature_reason)


def _check_signature(root: XmlElement) -> tuple[Check, str]:
    """Return whether the signature is good, and why not; names are left out of it."""
    from cl_sii.libs import crypto_utils, xml_utils

    found = root.findall(f".//{_SIGNATURES}Signature")
    if not found:
        return Check.ABSENT, ""
    if len(found) > 1:
        return Check.UNCHECKED, "it has more than one signature"
    enclosed = found[0].findtext(f".//{_SIGNATURES}X509Certificate") or ""
    try:
        certificate = crypto_utils.load_pem_x509_cert(
            crypto_utils.add_pem_cert_header_footer("".join(enclosed.split()).encode())
        )
    except ValueError:
        return Check.BAD, "its certificate cannot be read"
    try:
        xml_utils.verify_xml_signature(
            root,
            trusted_x509_cert=certificate,
            xml_verifier=_verifier_at(_signed_at(root)),
        )
    except xml_utils.XmlSignatureUnverified:
        return Check.BAD, (
            "the digest does not fit: it was changed after signing, or was signed "
            "within an envelope that is not there any more"
        )
    except xml_utils.XmlSignatureInvalidCertificate:
        return Check.BAD, "the certificate was not valid on the day of the signature"
    except (xml_utils.XmlSignatureInvalid, ValueError):
        return Check.BAD, "the signature was not made with the enclosed certificate"
    except Exception as error:
        # Several libraries raise errors of any type for a malformed signature.
        # None of it is a signature that could be relied on.
        return Check.BAD, f"the signature is in disorder ({type(error).__name__})"
    return Check.GOOD, ""


def _signed_at(root: XmlElement) -> datetime | None:
    """Return when the DTE says that it was signed, which is itself signed."""
    text = root.findtext(f".//{{{SII_NAMESPACE}}}TmstFirma") or ""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=_CHILE)
    except ValueError:
        return None


def _verifier_at(moment: datetime | None) -> XMLVerifier:
    """Return a verifier for which certificates count as of ``moment``.

    A bill is judged long after its signer's certificate has run out.
    """
    from signxml.verifier import VerifyResult, XMLVerifier

    class VerifierAtSigning(XMLVerifier):
        def verify(
            self, *data: Any, **options: Any
        ) -> VerifyResult | list[VerifyResult]:
            options["expect_config"] = dataclasses.replace(
                options["expect_config"], verification_time=moment
            )
            return super().verify(*data, **options)

    verifier = VerifierAtSigning()
    verifier.excise_empty_xmlns_declarations = True
    return verifier


def _unchecked(reason: str) -> XmlChecks:
    return XmlChecks(Check.UNCHECKED, Check.UNCHECKED, reason, reason)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:_REASON_LENGTH]
