"""Issuer and receiver of a document, from partners."""

import re

from ....services.documents.document import Party
from ....services.documents.rut import NATURAL_PERSON_LIMIT
from .rows import PartnerRow

_NO_RUT = re.compile(r"[^0-9kK]")
_LONGEST_BODY = 8
_NOTHING = Party()


def party_of(partner_id: int | None, partners: dict[int, PartnerRow]) -> Party:
    """Return the party that a partner is: who it is comes from its commercial entity
    (name, RUT, giro), where it is from the address that was chosen."""
    place = partners.get(partner_id or 0)
    if place is None:
        return _NOTHING
    who = partners.get(place.commercial_partner_id or 0, place)
    chosen = place if place.street or place.city else who
    return Party(
        rut=(who.vat or "").strip(),
        name=who.name or "",
        giro=who.giro or place.giro or "",
        address=" ".join(filter(None, (chosen.street, chosen.street2))),
        comuna=chosen.city or "",
        email=place.email or who.email or "",
        phone=place.phone or who.phone or "",
        country=who.country or "",
        is_natural_person=_is_natural_person(who),
    )


def _is_natural_person(partner: PartnerRow) -> bool:
    if not partner.is_company:
        return True
    if partner.country not in (None, "CL"):
        return False
    digits = _NO_RUT.sub("", partner.vat or "")[:-1]
    if not digits.isdigit() or len(digits.lstrip("0")) > _LONGEST_BODY:
        return False
    return int(digits) < NATURAL_PERSON_LIMIT
