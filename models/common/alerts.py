"""Alerts on the table of ``account.ai.alert``."""

import json

from odoo import SUPERUSER_ID, api
from odoo.sql_db import BaseCursor

from ...services.claude.ports import Alert
from .cursor import execute

DELIVERY_CRON = "account_ai.ir_cron_account_ai_alerts"

_RAISE = """
    INSERT INTO account_ai_alert
           (key, kind, company_id, title_source, message_source, params, state,
            raised_at)
    VALUES (%(key)s, %(kind)s, %(company_id)s, %(title)s, %(message)s, %(params)s,
            'raised', now() AT TIME ZONE 'UTC')
        ON CONFLICT (key) DO NOTHING
"""

# Its key is free again: the same reason may come back.
_RESOLVE = """
    UPDATE account_ai_alert
       SET state = 'resolved',
           resolved_at = now() AT TIME ZONE 'UTC',
           key = key || ':' || id
     WHERE key = ANY(%(keys)s)
    RETURNING id
"""


class PostgresAlerts:
    """Books alerts in the transaction of ``cursor``; a cron delivers them."""

    def __init__(self, cursor: BaseCursor) -> None:
        self._cursor = cursor

    def raise_alert(self, alert: Alert) -> bool:
        """Book ``alert`` and trigger the delivery; False for a known key."""
        execute(
            self._cursor,
            _RAISE,
            {
                "key": alert.key,
                "kind": alert.kind,
                "company_id": alert.company_id or None,
                "title": alert.title,
                "message": alert.message,
                "params": json.dumps(dict(alert.params)),
            },
        )
        if not self._cursor.rowcount:
            return False
        # An alert is raised once, so that the cost of an environment does not matter.
        env = api.Environment(self._cursor, SUPERUSER_ID, {})
        env.ref(DELIVERY_CRON)._trigger()
        return True

    def resolve(self, *keys: str) -> bool:
        """End the alerts of ``keys``, where there are any: whoever was to do something
        about it has nothing left to do, and the next time they alert again."""
        execute(self._cursor, _RESOLVE, {"keys": list(keys)})
        rows = self._cursor.fetchall()
        if not rows:
            return False
        env = api.Environment(self._cursor, SUPERUSER_ID, {})
        alerts = env["account.ai.alert"].browse(row[0] for row in rows)
        alerts.invalidate_recordset()
        alerts._end_activities()
        env.flush_all()
        return True
