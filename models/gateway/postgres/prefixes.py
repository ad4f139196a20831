"""Claude's counts of prefixes, on the table of ``account.ai.prompt.count``."""

from collections.abc import Mapping

from odoo.modules.registry import Registry

from ....services.claude.money.prefix import Prefix
from ...common.cursor import execute, open_cursor

_GET = """
    SELECT tokens FROM account_ai_prompt_count
     WHERE digest = %(digest)s AND endpoint = %(endpoint)s
"""
# Whoever counted at the same time says the same; of two counts the larger is safer.
_PUT = """
    INSERT INTO account_ai_prompt_count (digest, model, endpoint, tokens, counted_at)
    VALUES (%(digest)s, %(model)s, %(endpoint)s, %(tokens)s, now() AT TIME ZONE 'UTC')
        ON CONFLICT (digest, endpoint) DO UPDATE
       SET tokens = GREATEST(account_ai_prompt_count.tokens, EXCLUDED.tokens),
           counted_at = EXCLUDED.counted_at
"""
_FORGET = """
    DELETE FROM account_ai_prompt_count
     WHERE model = %(model)s AND endpoint = %(endpoint)s
"""


class PostgresPrefixes:
    """Keeps counts in the database ``dbname``; knows no environment and no request.

    :param known: counts from the process's cache, which stands before the first byte
    """

    def __init__(self, dbname: str, known: Mapping[Prefix, int]) -> None:
        self._dbname = dbname
        self._known = dict(known)

    def get(self, prefix: Prefix) -> int | None:
        """Return the count of ``prefix``, ``None`` when nobody has asked for it yet."""
        if prefix not in self._known:
            with open_cursor(self._dbname) as cursor:
                execute(cursor, _GET, vars(prefix))
                row = cursor.fetchone()
            if row is None:
                return None
            self._known[prefix] = row[0]
        return self._known[prefix]

    def put(self, prefix: Prefix, tokens: int) -> None:
        """Keep a count, for all processes."""
        with open_cursor(self._dbname) as cursor:
            execute(cursor, _PUT, {**vars(prefix), "tokens": tokens})
        self._known[prefix] = tokens
        self._tell_others()

    def forget(self, model: str, endpoint: str) -> None:
        """Forget the counts of a model, which billed more: its bytes bound it again."""
        with open_cursor(self._dbname) as cursor:
            execute(cursor, _FORGET, {"model": model, "endpoint": endpoint})
        self._known = {
            prefix: tokens
            for prefix, tokens in self._known.items()
            if (prefix.model, prefix.endpoint) != (model, endpoint)
        }
        self._tell_others()

    def _tell_others(self) -> None:
        """Have all processes read the counts again; a few times in a prompt's life."""
        registry = Registry(self._dbname)
        registry.clear_cache()
        registry.signal_changes()
