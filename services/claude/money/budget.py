"""What a budget says: whether a call fits, what the refused person reads, who is told.

Figures only; counting and locking is the backend's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from ...common.translation import _
from ..errors import ClaudeError
from ..ports import Alert, OpenCall, Settlement

NEAR_CALLS = 25
"""A hard limit is near when fewer calls of the same worst case fit than this: about as
many as are under way at once."""
EXACT = Context(prec=1000)
"""Amounts times rates, and their sums, without any rounding: as PostgreSQL has them."""
_CENTS = Decimal("0.01")
_SMALLEST = Decimal("0.0001")
"""One call costs a fraction of a cent, or of a few pesos."""


@dataclass(frozen=True)
class BudgetState:
    """A budget in one period; amounts are in its own currency."""

    budget_id: int
    name: str
    company_id: int
    """0: all companies."""
    currency: str
    """ISO code."""
    limit: Decimal
    spent: Decimal
    """Closed calls: what they cost, *unknown* ones at their estimate."""
    reserved: Decimal
    """Open calls at their worst case."""
    starts_at: datetime
    """Aware, in the budget's time zone."""
    ends_at: datetime
    time_zone: str
    hard: bool
    thresholds: tuple[int, ...] = ()
    """Per cent of the limit, ascending."""
    alerted: int = 0
    """The highest of them that has alerted in this period."""

    @property
    def left(self) -> Decimal:
        """What is neither spent nor reserved; below zero when a soft one is passed."""
        counted = EXACT.add(self.spent, self.reserved)
        return EXACT.subtract(self.limit, counted)

    @property
    def passed(self) -> bool:
        """Whether it is hard, and more is reserved and spent than it allows."""
        return self.hard and self.left < 0

    def is_near(self, cost: Decimal) -> bool:
        """Return whether it is a hard limit that few more calls of ``cost`` fit."""
        return self.hard and self.left < NEAR_CALLS * cost


def refusal(
    passed: Iterable[tuple[BudgetState, Decimal]], now: datetime
) -> ClaudeError:
    """Return why a call does not fit.

    Of several the one is named that lasts longest.

    :param passed: the budgets that it does not fit, with the call reserved, and what
        was reserved for it, in the budget's currency; at least one
    """
    state, cost = max(passed, key=lambda each: (each[0].ends_at, each[0].budget_id))
    params = {
        "budget": state.name,
        "limit": money(state.limit, state.currency),
        "cost": money(cost, state.currency, ROUND_CEILING),
        "left": money(max(state.left + cost, Decimal(0)), state.currency),
        "begins": _local(state, state.ends_at),
    }
    if cost > state.limit:
        return ClaudeError(
            "budget",
            _(
                "This call may cost up to %(cost)s, more than the whole budget "
                "“%(budget)s” of %(limit)s. An administrator of Account AI can raise "
                "the budget, or leave out a part of what is asked."
            ),
            params=params,
            alert=_refused_alert(state, params),
        )
    return ClaudeError(
        "budget",
        _(
            "The budget “%(budget)s” does not allow this call: of %(limit)s, %(left)s "
            "is left, and the call may cost up to %(cost)s. The budget begins anew on "
            "%(begins)s; an administrator of Account AI can raise it before."
        ),
        params=params,
        retry_after=max((state.ends_at - now).total_seconds(), 0.0),
        alert=_refused_alert(state, params),
    )


def too_dear_refusal(cost_usd: Decimal, ceiling_usd: Decimal) -> ClaudeError:
    """Return why a call that may cost ``cost_usd`` is above the ceiling of one call."""
    return ClaudeError(
        "too_dear",
        _(
            "This call may cost up to %(cost)s, more than the %(ceiling)s that one "
            "call may cost in this company. An administrator of Account AI can raise "
            "the ceiling, or leave out a part of what is asked."
        ),
        params={
            "cost": money(cost_usd, "USD", ROUND_CEILING),
            "ceiling": money(ceiling_usd, "USD"),
        },
    )


def overrun_alert(
    call: OpenCall, settlement: Settlement, now: Callable[[], datetime]
) -> Alert | None:
    """Return what administrators are to be told when a call has cost more than was
    reserved for it; ``None`` when it has not.

    Once a day for a model: what made one call more expensive does so to the next ones.
    """
    if settlement.cost_usd <= call.worst_case_usd:
        return None
    company_id = call.owner.company_id
    return Alert(
        kind="overrun",
        key=f"overrun:{company_id}:{call.endpoint}:{call.model}:{now():%Y-%m-%d}",
        title=_("A call to Claude cost more than was reserved"),
        message=_(
            "Claude billed %(cost)s for a call to %(model)s for which %(reserved)s "
            "was reserved. It is booked in full, and its row in the ledger says by how "
            "much it passed (key %(key)s). Budgets may be passed by as much: check the "
            "prices of the model, and Claude's own cost report."
        ),
        company_id=company_id,
        params={
            "cost": money(settlement.cost_usd, "USD", ROUND_CEILING),
            "reserved": money(call.worst_case_usd, "USD"),
            "model": call.model,
            "key": call.key,
        },
    )


def no_rate_refusal(name: str, currency: str) -> ClaudeError:
    """Return why nothing fits a budget whose currency cannot be compared with USD."""
    return ClaudeError(
        "budget",
        _(
            "The budget “%(budget)s” is in %(currency)s, and Odoo has no rate of the "
            "US dollar to compare it with what Claude costs. Add a rate of USD under "
            "Accounting > Configuration > Currencies, or ask an administrator of "
            "Account AI to set the budget in US dollars."
        ),
        params={"budget": name, "currency": currency},
    )


def changing_refusal() -> ClaudeError:
    """Return that budgets are being changed faster than they can be counted."""
    return ClaudeError(
        "budget",
        _("The budgets are being changed at this moment. Try again in a minute."),
        retryable=True,
        retry_after=60.0,
    )


def threshold_alerts(state: BudgetState) -> dict[int, Alert]:
    """Return the alerts of the thresholds that are reached and have not alerted yet.

    What is only reserved does not count: most of it is given back.

    :return: alerts by per cent
    """
    return {
        percent: _threshold_alert(state, percent)
        for percent in state.thresholds
        if percent > state.alerted and state.spent >= state.limit * percent / 100
    }


def parse_thresholds(text: str) -> tuple[int, ...]:
    """Return the per cents of a list such as ``50, 80, 100``, ascending.

    :raises ValueError: when it holds anything but whole numbers from 1 to 1000
    """
    percents = sorted({int(part) for part in text.split(",") if part.strip()})
    if percents and not (percents[0] > 0 and percents[-1] <= 1000):
        raise ValueError(text)
    return tuple(percents)


def money(
    amount: Decimal, currency: str, rounding: str = ROUND_FLOOR
) -> dict[str, str]:
    """Return an amount as a parameter of a sentence, to be written in the language of
    whoever reads it: a point is for thousands in Chile.

    What is left is rounded down and what is asked up, so that the figures of a refusal
    never contradict it.
    """
    digits = _CENTS if abs(amount) >= 1 else _SMALLEST
    rounded = amount.quantize(digits, rounding=rounding)
    return {"amount": str(rounded), "currency": currency}


def _threshold_alert(state: BudgetState, percent: int) -> Alert:
    return Alert(
        kind="budget_threshold",
        key=f"{_key(state)}:{percent}",
        title=_("Budget “%(budget)s”: %(percent)s%% spent"),
        message=_(
            "%(spent)s of %(limit)s are spent, %(percent)s%% or more. The budget "
            "began on %(began)s and begins anew on %(begins)s."
        ),
        company_id=state.company_id,
        params={
            "budget": state.name,
            "percent": str(percent),
            "spent": money(state.spent, state.currency),
            "limit": money(state.limit, state.currency),
            "began": _local(state, state.starts_at),
            "begins": _local(state, state.ends_at),
        },
    )


def _refused_alert(state: BudgetState, params: Mapping[str, Any]) -> Alert:
    return Alert(
        kind="budget_refused",
        key=f"{_key(state)}:refused",
        title=_("Budget “%(budget)s”: a call was refused"),
        message=_(
            "A call to Claude that may cost up to %(cost)s was refused: of %(limit)s, "
            "%(left)s is left. Calls that fit still pass. The budget begins anew on "
            "%(begins)s; you can raise it before."
        ),
        company_id=state.company_id,
        params=dict(params),
    )


def _key(state: BudgetState) -> str:
    return f"budget:{state.budget_id}:{state.starts_at:%Y-%m-%d}"


def _local(state: BudgetState, moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} ({state.time_zone})"
