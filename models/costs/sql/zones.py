"""Days of the dashboard are days of the company, whoever looks at them."""

from collections.abc import Iterable, Mapping

from odoo.sql_db import BaseCursor

DEFAULT_ZONE = "America/Santiago"

_LOCAL_HOUR = """
    (date_trunc('hour', {moment}) AT TIME ZONE 'UTC' AT TIME ZONE
     COALESCE(%(zones)s::jsonb ->> {company}::text, '{default}'))
"""

_UTC = """
    (({local})::timestamp AT TIME ZONE
     COALESCE(%(zones)s::jsonb ->> {company}::text, '{default}') AT TIME ZONE 'UTC')
"""

_ZONES = """
    SELECT company.id, partner.tz
      FROM res_company AS company
      JOIN res_partner AS partner ON partner.id = company.partner_id
     WHERE partner.tz IS NOT NULL AND partner.tz <> %(default)s
"""


def local_hour(moment: str, company: str) -> str:
    """Return SQL for the whole hour of a moment (UTC) on the clock of its company.

    It takes the parameter ``zones``, which is JSON.
    """
    return _LOCAL_HOUR.format(moment=moment, company=company, default=DEFAULT_ZONE)


_known: dict[str, bool] = {}
"""Whether the database knows a zone; kept, since it reads a thousand files to tell."""


def utc(local: str, company: str) -> str:
    """Return SQL for the moment (UTC) of a date or time on the clock of a company."""
    return _UTC.format(local=local, company=company, default=DEFAULT_ZONE)


def read_zones(cursor: BaseCursor) -> dict[int, str]:
    """Return the time zones of the companies that keep another than Chile's.

    Names that only Odoo knows are left out: the database would stop at them.
    """
    cursor.execute(_ZONES, {"default": DEFAULT_ZONE})
    rows = cursor.fetchall()
    return {company: zone for company, zone in rows if _is_known(cursor, zone)}


def by_zone(zones: Mapping[int, str], companies: Iterable[int]) -> dict[str, list[int]]:
    """Return the companies by their time zone, of those that ``zones`` names."""
    grouped: dict[str, list[int]] = {}
    for company_id in companies:
        grouped.setdefault(zones.get(company_id, DEFAULT_ZONE), []).append(company_id)
    return grouped


def zones_of(cursor: BaseCursor, companies: Iterable[int]) -> dict[str, list[int]]:
    """Return the companies by the time zone that their days follow."""
    return by_zone(read_zones(cursor), companies)


def _is_known(cursor: BaseCursor, zone: str) -> bool:
    if zone not in _known:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = %s)", [zone]
        )
        _known[zone] = cursor.fetchone()[0]
    return _known[zone]
