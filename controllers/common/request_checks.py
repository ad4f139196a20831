"""What is checked of every request before it does anything."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.exceptions import BadRequest, MethodNotAllowed

from odoo.http import request

_NUMBER = re.compile(r"[0-9]{1,10}")
_LARGEST = 2**31 - 1
"""Of an id in PostgreSQL."""


def record_id(value: Any) -> int | None:
    """Return the id that the text ``value`` is, ``None`` when it is none: a file, a
    number of a thousand digits, or digits of another script."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    number = int(value)
    return number if 0 < number <= _LARGEST else None


def check_method(*methods: str) -> None:
    """Check how the request was sent: Odoo lets OPTIONS pass to every route, and asks
    for no token there.

    :raises MethodNotAllowed: when it was another way
    """
    if request.httprequest.method not in methods:
        raise MethodNotAllowed(methods)


def check_once(*names: str) -> None:
    """Check that each field was sent once at most: of two values nobody knows which one
    is meant.

    :raises BadRequest: when one was sent more often
    """
    sent = request.httprequest
    for name in names:
        values = [*sent.args.getlist(name), *sent.form.getlist(name)]
        if len(values) > 1:
            raise BadRequest(request.env._("%s is there more than once.", name))
