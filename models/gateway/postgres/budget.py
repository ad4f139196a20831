"""Budgets, reserved and settled on the counters of ``account.ai.budget``.

What is held, always, under any number of processes and whichever of them dies: for each
hard budget and period, ``spent + reserved`` of its counter never passes the limit by a
reservation, and equals what its rows of the ledger cost together, open ones at their
worst case, unknown ones at their estimate. Both are changed in one transaction: a
process that dies before the commit has reserved nothing, one that dies after it has
left an open row, which stays counted; when its lease ends the sweeper closes it as
unknown, and it is counted at the same estimate. The lease is what is given back, not
the money: nobody knows that it was not spent. Only a correction gives it back.

A limit that is lowered below what is spent already refuses what comes from then on.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timezone
from decimal import Decimal
from typing import NamedTuple

import pytz

from odoo.sql_db import BaseCursor

from ....services.claude.money.budget import (
    EXACT,
    BudgetState,
    no_rate_refusal,
    parse_thresholds,
    refusal,
    threshold_alerts,
)
from ....services.claude.ports import (
    Alerts,
    Booking,
    Closing,
    CountFirst,
    NotPrepared,
    OpenCall,
)
from ...common.clock import NOW
from ...common.cursor import execute
from .budget_functions import STATE

_MOVE = """
    SELECT *
      FROM account_ai_move_budgets(
           %(ids)s::int[], %(spent)s::numeric[], %(reserved)s::numeric[])
"""
_ALERTED = """
    UPDATE account_ai_budget_period SET alerted = %(alerted)s WHERE id = %(id)s
"""
_NOW = f"SELECT {NOW}"

_LEFT = f"""
    SELECT counted.period_id IS NULL AND counted.rate IS NOT NULL, {STATE}
      FROM account_ai_counted(%(company_id)s, %(user_id)s, %(operation)s, %(lane)s,
                              {NOW}) counted
      JOIN account_ai_budget budget ON budget.id = counted.budget_id
      JOIN res_currency currency ON currency.id = budget.currency_id
      LEFT JOIN account_ai_budget_period period ON period.id = counted.period_id
     ORDER BY budget.id
"""


class Reservation(NamedTuple):
    """In which budgets an open row counts, as it was found with the row's insert."""

    charges: Mapping[str, str]
    """Units of the budget's currency for one US$, by id of the counter; as text, which
    is exact and what JSON can hold. The rate of a row never changes."""
    unprepared: bool
    """A budget has no counter yet."""
    without_rate: tuple[tuple[str, str], ...]
    """Name and currency of hard budgets that cannot be compared with US$."""


class Move(NamedTuple):
    """What a row of the ledger changes in a counter, in the budget's currency."""

    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)


class PostgresBudget:
    """Reserves and settles on the counters."""

    def __init__(
        self,
        cursor: BaseCursor,
        alerts: Alerts,
        prepare: Callable[[], None],
    ) -> None:
        self._cursor = cursor
        self._alerts = alerts
        self._prepare = prepare

    def reserve_all(self, booked: Iterable[tuple[OpenCall, Booking]]) -> None:
        """Count open rows, at their worst case, in all their budgets; each counter is
        locked once, from here to the end of the transaction.

        :raises ClaudeError: ``budget``: they do not fit together, and the transaction
            is to fail
        :raises CountFirst: one comes near a limit, and its worst case is provisional
        :raises NotPrepared: a budget or its period has just begun
        """
        costs: dict[int, Decimal] = defaultdict(Decimal)
        provisional: dict[int, Decimal] = defaultdict(Decimal)
        for call, booking in booked:
            reservation = booking.reservation
            if reservation.without_rate:
                raise no_rate_refusal(*reservation.without_rate[0])
            if reservation.unprepared:
                raise NotPrepared(self._prepare)
            for period_id, rate in reservation.charges.items():
                counter, cost = int(period_id), _charge(call.worst_case_usd, rate)
                costs[counter] = EXACT.add(costs[counter], cost)
                if call.provisional:
                    provisional[counter] = max(provisional[counter], cost)
        states = self._move(
            {period_id: Move(reserved=cost) for period_id, cost in costs.items()}
        )
        if len(states) != len(costs):
            # Somebody changed a budget after it was found: its counter is gone.
            raise NotPrepared(self._prepare)
        if any(states[each].is_near(cost) for each, cost in provisional.items()):
            raise CountFirst
        passed = [each for each in states if states[each].passed]
        if passed:
            execute(self._cursor, _NOW)
            now = self._cursor.fetchone()[0].replace(tzinfo=timezone.utc)
            raise refusal([(states[each], costs[each]) for each in passed], now)

    def settle(self, *closings: Closing) -> None:
        """Count what calls have cost instead of what was reserved for them, each
        counter with one lock, and alert of the thresholds that are reached by now."""
        spent: dict[int, Decimal] = defaultdict(Decimal)
        released: dict[int, Decimal] = defaultdict(Decimal)
        for closing in closings:
            for period_id, rate in closing.charges.items():
                counter = int(period_id)
                for sums, amount in (
                    (spent, closing.cost_usd),
                    (released, closing.released_usd),
                ):
                    sums[counter] = EXACT.add(sums[counter], _charge(amount, rate))
        moves = {each: Move(spent[each], EXACT.minus(released[each])) for each in spent}
        for period_id, state in self._move(moves).items():
            alerts = threshold_alerts(state)
            if alerts:
                alerted = {"id": period_id, "alerted": max(alerts)}
                execute(self._cursor, _ALERTED, alerted)
                for alert in alerts.values():
                    self._alerts.raise_alert(alert)

    def left(self, owner) -> list[BudgetState]:
        """Return the budgets that count calls of ``owner``, as they stand.

        :param owner: an :class:`~...services.claude.ports.Owner`
        :raises NotPrepared: a budget or its period has just begun
        """
        execute(self._cursor, _LEFT, {**vars(owner), "user_id": owner.user_id or None})
        rows = self._cursor.fetchall()
        if any(unprepared for unprepared, *_rest in rows):
            raise NotPrepared(self._prepare)
        # Without a rate there is no period, and nothing that could be left.
        return [_state(*columns) for _un, *columns in rows if columns[7] is not None]

    def _move(self, moves: Mapping[int, Move]) -> dict[int, BudgetState]:
        """Change counters and return how they stand; one that is gone is left out."""
        if not moves:
            return {}
        execute(
            self._cursor,
            _MOVE,
            {
                "ids": list(moves),
                "spent": [move.spent for move in moves.values()],
                "reserved": [move.reserved for move in moves.values()],
            },
        )
        return {id: _state(*columns) for id, *columns in self._cursor.fetchall()}


def _charge(amount_usd: Decimal, rate: str) -> Decimal:
    """Return what an amount counts in a budget, to the digit: the database, which sums
    up the ledger, does not round either."""
    return EXACT.multiply(amount_usd, Decimal(rate))


def _state(*columns) -> BudgetState:
    """Return how a budget stands, from the columns of ``STATE``."""
    values = dict(zip(BudgetState.__dataclass_fields__, columns, strict=True))
    zone = pytz.timezone(values["time_zone"])
    values["company_id"] = values["company_id"] or 0
    values["thresholds"] = parse_thresholds(values["thresholds"] or "")
    for name in ("limit", "spent", "reserved"):
        values[name] = Decimal(values[name])
    for name in ("starts_at", "ends_at"):
        values[name] = pytz.utc.localize(values[name]).astimezone(zone)
    return BudgetState(**values)
