"""Log lines as ``key=value`` pairs, with what is bound to the context: run, call, who.

They go through Python's logging, like all of Odoo's. structlog's global configuration
belongs to the server and is left alone.
"""

from __future__ import annotations

import logging

import structlog

_FIRST_KEYS = (
    *("event", "code", "status"),
    *("run", "call", "company_id", "user_id", "operation"),
)


def structured_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger ``name``; its lines hold what ``structlog.contextvars`` binds.

    No key, no RUT, no name and no text of a document may be in a line.
    """
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.KeyValueRenderer(
                key_order=_FIRST_KEYS, drop_missing=True
            ),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return logger
