"""What is usual for a partner: earlier posted documents, two queries for all moves."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo.api import Environment
from odoo.tools import SQL

from ....services.documents.context import PartnerHistory, PastDocument
from .amounts import decimal_of
from .rows import MoveRow

RECENT = 5
"""How many past documents are shown with their texts."""
RECENT_LINES = 5
"""How many lines of each."""
NO_HISTORY = PartnerHistory()


class _Subject(NamedTuple):
    """Documents that share one history."""

    partner_id: int
    company_id: int
    move_type: str
    currency_id: int
    entered: date
    itself: int  # The move itself when it would stand in its own history, else 0


def read_history(
    env: Environment, moves: Iterable[MoveRow], entered: dict[int, date]
) -> dict[int, PartnerHistory]:
    """Return the partner's history of each move, by move id.

    Posted documents of the same partner, company, kind and currency of the twelve
    months before the day on which the move was entered. That day, and not today, so
    that posting today's other documents does not make a validation stale.

    :param entered: the day of entry of each move, in the company's country
    """
    subjects: dict[_Subject, list[int]] = {}
    for move in moves:
        if move.commercial_partner_id:
            subjects.setdefault(_subject(move, entered[move.id]), []).append(move.id)
    if not subjects:
        return {}
    rows = _summaries(env, list(subjects))
    texts = _descriptions(env, [past for row in rows for past in row[5]])
    keys = list(subjects)
    histories: dict[int, PartnerHistory] = {}
    for number, count, median, least, most, past_ids, dates, totals in rows:
        history = PartnerHistory(
            count=count,
            median_total=decimal_of(median),
            min_total=decimal_of(least),
            max_total=decimal_of(most),
            recent=tuple(
                PastDocument(day, decimal_of(total) or Decimal(0), texts.get(past, ()))
                for past, day, total in zip(past_ids, dates, totals, strict=True)
            ),
        )
        histories.update(dict.fromkeys(subjects[keys[number]], history))
    return histories


def _subject(move: MoveRow, entered: date) -> _Subject:
    in_own_history = (
        move.state == "posted" and move.invoice_date and move.invoice_date < entered
    )
    return _Subject(
        move.commercial_partner_id or 0,
        move.company_id,
        move.move_type,
        move.currency_id,
        entered,
        move.id if in_own_history else 0,
    )


def _summaries(env: Environment, subjects: list[_Subject]) -> list[tuple]:
    moves = env["account.move"]
    moves.flush_model(
        ("state", "invoice_date", "amount_total", "commercial_partner_id")
    )
    past = moves._search(
        [
            ("state", "=", "posted"),
            ("move_type", "in", list({each.move_type for each in subjects})),
            ("commercial_partner_id", "in", list({each[0] for each in subjects})),
        ]
    )
    values = SQL(", ").join(
        SQL("(%s, %s, %s, %s, %s, %s::date, %s)", number, *each)
        for number, each in enumerate(subjects)
    )
    newest = SQL("ORDER BY account_move.invoice_date DESC, account_move.id DESC")
    return env.execute_query(
        SQL(
            """
            SELECT subject.number, count(*),
                   percentile_disc(0.5)
                       WITHIN GROUP (ORDER BY account_move.amount_total),
                   min(account_move.amount_total), max(account_move.amount_total),
                   (array_agg(account_move.id %(newest)s))[1:%(recent)s],
                   (array_agg(account_move.invoice_date %(newest)s))[1:%(recent)s],
                   (array_agg(account_move.amount_total %(newest)s))[1:%(recent)s]
              FROM %(readable)s
              JOIN (VALUES %(values)s) subject(
                       number, partner_id, company_id, move_type, currency_id,
                       entered, itself)
                ON account_move.commercial_partner_id = subject.partner_id
               AND account_move.company_id = subject.company_id
               AND account_move.move_type = subject.move_type
               AND account_move.currency_id = subject.currency_id
               AND account_move.invoice_date < subject.entered
               AND account_move.invoice_date
                   >= subject.entered - interval '12 months'
               AND account_move.id <> subject.itself
             WHERE (%(may_read)s)
             GROUP BY subject.number
            """,
            newest=newest,
            recent=RECENT,
            values=values,
            readable=past.from_clause,
            may_read=past.where_clause,
        )
    )


def _descriptions(env: Environment, move_ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Return the texts of the first lines of each move."""
    if not move_ids:
        return {}
    lines = env["account.move.line"]._search(
        [("move_id", "in", move_ids), ("display_type", "=", "product")]
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT account_move_line.move_id,
                   (array_agg(account_move_line.name
                        ORDER BY account_move_line.sequence, account_move_line.id)
                       FILTER (WHERE account_move_line.name IS NOT NULL))[1:%(most)s]
              FROM %(readable)s
             WHERE (%(may_read)s)
             GROUP BY account_move_line.move_id
            """,
            most=RECENT_LINES,
            readable=lines.from_clause,
            may_read=lines.where_clause,
        )
    )
    return {move_id: tuple(names or ()) for move_id, names in rows}
