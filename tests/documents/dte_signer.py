"""Signs documents as their issuers do, with a key and a certificate made here."""

import base64
import hashlib
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from odoo.addons.account_ai.services.documents.dte_xml import SII_NAMESPACE

from .dte_writer import body_element, fields_of, file_of

SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"
SIGNED_AT = datetime(2026, 3, 2, 10, 30)
EXTRA = {}
"""Elements that are put in before signing, by name; a test breaks the schema so."""
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_SIGNED_INFO = """<SignedInfo xmlns="{namespace}">\
<CanonicalizationMethod Algorithm="{canonical}"></CanonicalizationMethod>\
<SignatureMethod Algorithm="{namespace}rsa-sha1"></SignatureMethod>\
<Reference URI="#T1"><Transforms><Transform Algorithm="{canonical}"></Transform>\
</Transforms><DigestMethod Algorithm="{namespace}sha1"></DigestMethod>\
<DigestValue>{digest}</DigestValue></Reference></SignedInfo>"""
_SIGNATURE = """<Signature xmlns="{namespace}">{signed_info}\
<SignatureValue>{value}</SignatureValue><KeyInfo><KeyValue><RSAKeyValue>\
<Modulus>{modulus}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue>\
<X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>\
</Signature>"""
_STAMP = """<TED xmlns="{namespace}" version="1.0"><DD><RE>{issuer}</RE><TD>{type}</TD>\
<F>{folio}</F><FE>{date}</FE><RR>{receiver}</RR><RSR>{name}</RSR><MNT>{total}</MNT>\
<IT1>{item}</IT1><CAF version="1.0"><DA><RE>{issuer}</RE><RS>Proveedor</RS>\
<TD>{type}</TD><RNG><D>1</D><H>9999</H></RNG><FA>{date}</FA>\
<RSAPK><M>AQAB</M><E>Aw==</E></RSAPK><IDK>300</IDK></DA>\
<FRMA algoritmo="SHA1withRSA">AQAB</FRMA></CAF><TSTED>{moment}</TSTED></DD>\
<FRMT algoritmo="SHA1withRSA">AQAB</FRMT></TED>"""


def signed_xml(document):
    """Return the XML file of a document as its issuer sends it: following the SII's
    schema, stamped, and signed.

    The stamp fits the document, but its own signatures are made up: nobody checks them
    without the SII's key.
    """
    dte = body_element(fields_of(document))
    body = dte[0]
    _complete(body, document)
    dte.append(etree.fromstring(_signature(body)))
    return file_of([dte], inside=())


def _complete(body, document):
    """Add what the schema wants besides the fields that are read."""
    issuer = body.find(f".//{{{SII_NAMESPACE}}}Emisor")
    if not document.issuer.acteco:
        giro = issuer.find(f"{{{SII_NAMESPACE}}}GiroEmis")
        acteco = etree.Element(f"{{{SII_NAMESPACE}}}Acteco")
        acteco.text = "429000"
        giro.addnext(acteco)
    for name, text in EXTRA.items():
        etree.SubElement(body, f"{{{SII_NAMESPACE}}}{name}").text = text
    for stamp in body.findall(f"{{{SII_NAMESPACE}}}TED"):
        body.remove(stamp)
    filled = _STAMP.format(
        namespace=SII_NAMESPACE,
        issuer=document.issuer.rut,
        type=document.document_type,
        folio=document.folio,
        date=document.issue_date.isoformat(),
        receiver=document.receiver.rut,
        name=document.receiver.name[:40],
        total=document.totals.total,
        item=document.lines[0].name[:40],
        moment=SIGNED_AT.isoformat(),
    )
    body.append(etree.fromstring(filled))
    signed_at = etree.SubElement(body, f"{{{SII_NAMESPACE}}}TmstFirma")
    signed_at.text = SIGNED_AT.isoformat()


def _signature(body):
    key, certificate = _key_and_certificate()
    digest = hashlib.sha1(_canonical(body)).digest()
    signed_info = _SIGNED_INFO.format(
        namespace=SIGNATURE_NAMESPACE, canonical=_C14N, digest=_base64(digest)
    )
    canonical = _canonical(etree.fromstring(signed_info))
    value = key.sign(canonical, padding.PKCS1v15(), hashes.SHA1())  # as the SII wants
    modulus = key.public_key().public_numbers().n
    return _SIGNATURE.format(
        namespace=SIGNATURE_NAMESPACE,
        signed_info=signed_info,
        value=_base64(value),
        modulus=_base64(modulus.to_bytes(key.key_size // 8, "big")),
        certificate=_base64(
            certificate.public_bytes(serialization.Encoding.DER),
        ),
    )


@cache
def _key_and_certificate():
    """Return a key and the self-signed certificate of its holder."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Proveedor")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(SIGNED_AT - timedelta(days=365))
        .not_valid_after(SIGNED_AT + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _canonical(element):
    """Return an element as it is signed.

    Of a part of a document, libxml2 takes namespaces back that were never there; those
    who verify leave that out too.
    """
    return etree.tostring(element, method="c14n").replace(b' xmlns=""', b"")


def _base64(data):
    return base64.b64encode(data).decode()
