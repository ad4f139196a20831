"""The gateway: *admit*, *call* or *stream*, *settle*.

Three verbs, because a streamed answer outlives the transaction that asked for it:
*admit* and *settle* are one short transaction each, and between them only the network
works, with no database connection held.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from ..common.translation import _
from .admitting import PlannedCall, book, pass_guards
from .call import (
    Admission,
    CallResult,
    Finished,
    FirstToken,
    ItemParsed,
    Seen,
    StreamEvent,
    TextDelta,
)
from .errors import ClaudeError
from .guards import Guard, guards_for
from .http.catalogue import LIFECYCLES, ListedModels, read_models
from .http.client import ClaudeClient
from .http.exchange import Exchange, bytes_of_message
from .http.log import log_failed_call, log_refused_call
from .http.message import read_message
from .http.open_stream import OpenStream
from .http.retry import retrying
from .money.budget import changing_refusal, overrun_alert, too_dear_refusal
from .money.estimate import worst_case
from .money.measure import Measure, TokenCounter, is_near_limit, measure_of
from .money.own_prices import OwnPrices
from .money.prefix import PrefixStore, prefix_tokens
from .money.pricing import NO_OWN_PRICES
from .money.settlement import judged, result_of, settlement_of, stored_settlement
from .money.usage import word
from .policy import Policy
from .ports import (
    Backend,
    CountFirst,
    NotPrepared,
    OpenCall,
    Owner,
    Settlement,
    Transaction,
)
from .request import ClaudeRequest
from .structured_output import ItemParser

SIMULATOR_HEADER = "x-claude-simulator"
_LEASE_MARGIN = 30.0
"""Seconds after the deadline: what came is still to be booked."""
_SHORTEST_REPEAT = 5.0
"""Seconds that must be left for the second attempt of a lost call."""
_BY_SIZE = frozenset({"too_large", "too_dear", "budget"})
"""Codes of refusals that rest on how large a request may be."""
_LISTING_SECONDS = 10.0
"""Longest silence while somebody waits to learn whether a model is gone."""
_PREPARATIONS = 5
"""How often the counters of budgets may have to begin while one call is admitted."""

_T = TypeVar("_T")


class Gateway:
    """Every call to Claude goes through here.

    It holds no state of its own, so that it may be built for each call; what processes
    share lives behind ``backend``.
    """

    def __init__(
        self,
        client: ClaudeClient,
        backend: Backend,
        policy: Policy,
        *,
        simulated: bool = False,
        own_prices: Mapping[str, OwnPrices] = NO_OWN_PRICES,
        guards: Sequence[Guard] | None = None,
        prefixes: PrefixStore | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Put a gateway together.

        :param simulated: the endpoint is a simulator by the settings
        :param own_prices: prices that an administrator set, by model
        :param guards: other guards than those of ``policy``
        :param prefixes: keeps how many tokens prefixes have; without it their bytes
            bound them
        :param clock: monotonic seconds
        :param sleep: waits for so many seconds
        """
        self._client = client
        self._backend = backend
        self._policy = policy
        self._simulated = simulated
        self._own_prices = own_prices
        self._guards = guards_for(policy) if guards is None else tuple(guards)
        self._prefixes = prefixes
        self._counter = TokenCounter(client, backend, policy)
        self._clock = clock
        self._sleep = sleep

    # === MEASURE === #

    def measure(self, request: ClaudeRequest, owner: Owner) -> Measure:
        """Return the size of ``request``, counted by Claude when it is near the limit.

        Not within a transaction: it may use the network. That of a prefix is counted
        once and kept.

        :raises ClaudeError: ``unchecked``
        """
        _check_texts(request)
        known = None
        if self._prefixes:
            counter = self._counter
            known = prefix_tokens(request, owner, self._prefixes, counter, self._clock)
        measure = measure_of(request, known)
        if is_near_limit(request, measure, self._policy, self._own_prices):
            return self.count(request, owner, measure)
        return replace(measure, provisional=True)

    def count(self, request: ClaudeRequest, owner: Owner, measure: Measure) -> Measure:
        """Return ``measure`` with Claude's own count, if there is one; it is free.

        Not within a transaction: it uses the network.

        :raises ClaudeError: ``unchecked``
        """
        _check_texts(request)
        return self._counter.counted(request, owner, measure)

    def listed_models(self) -> ListedModels:
        """Return the models that Claude tells of, retired ones too; it is free.

        Not within a transaction: it uses the network.

        :raises ClaudeError: when the list cannot be had
        """
        return read_models(self._client.models(LIFECYCLES, _LISTING_SECONDS))

    # === ADMIT === #

    def plan(
        self,
        request: ClaudeRequest,
        owner: Owner,
        key: str,
        *,
        use_stored: bool = True,
    ) -> PlannedCall:
        """Return a call that is to be admitted, with its size, see :meth:`measure`.

        Not within a transaction: it may use the network.

        :param key: idempotency key: the same key is never called twice
        :param use_stored: false to ask Claude whatever the store has
        :raises ClaudeError: ``unchecked``
        """
        measure = self.measure(request, owner)
        return PlannedCall(request, owner, key, measure, use_stored)

    def admit(
        self,
        request: ClaudeRequest,
        owner: Owner,
        key: str,
        *,
        use_stored: bool = True,
    ) -> Admission:
        """Plan a call and admit it, see :meth:`admit_all`.

        :raises ClaudeError: when it is refused
        """
        planned = self.plan(request, owner, key, use_stored=use_stored)
        (admitted,) = self.admit_all([planned])
        if isinstance(admitted, ClaudeError):
            raise admitted
        return admitted

    def admit_all(self, calls: Sequence[PlannedCall]) -> list[Admission | ClaudeError]:
        """Let calls pass all guards and book them as open, at their worst-case cost;
        return the admission of each, or why it is refused.

        All of them pass in one short transaction, or each alone where not all do: a
        refusal leaves no trace. Far from everything that could refuse a call the bound
        of its size is enough; where that decides, Claude counts first, between two
        transactions. When the store has the answer, it is in ``answer``: nothing
        remains to be done.

        A refusal is one of ``price_unknown``, ``too_large``, ``too_dear``,
        ``too_many_requests``, ``circuit_open``, ``budget``, ``in_progress``,
        ``already_made`` and ``unchecked``.
        """
        if len(calls) > 1:
            with suppress(ClaudeError, CountFirst):
                return [*self._admit_together(calls)]
        return [self._admit_alone(planned) for planned in calls]

    def _admit_alone(self, planned: PlannedCall) -> Admission | ClaudeError:
        try:
            try:
                (admission,) = self._admit_together([planned])
            except CountFirst:
                measure = self.count(planned.request, planned.owner, planned.measure)
                planned = replace(planned, measure=measure)
                (admission,) = self._admit_together([planned])
        except ClaudeError as refusal:
            self._alert(refusal)
            return refusal
        return admission

    def _admit_together(self, calls: Sequence[PlannedCall]) -> list[Admission]:
        """Admit calls in one transaction.

        :raises ClaudeError: when one of them is refused
        :raises CountFirst: when the bound of the size of one of them decides
        """
        admissions = [self._admission(planned) for planned in calls]
        try:
            for admission in admissions:
                self._check_size(admission.call)
            self._in_transaction(pass_guards, self._guards, admissions)
        except ClaudeError as refusal:
            by_size = refusal.code in _BY_SIZE
            if by_size and any(each.call.provisional for each in admissions):
                raise CountFirst from refusal
            if len(admissions) == 1:
                log_refused_call(admissions[0].call, refusal)
            raise
        return admissions

    def _admission(self, planned: PlannedCall) -> Admission:
        """Return a call as it is to be admitted: open, at its worst-case cost.

        :raises ClaudeError: ``price_unknown``, ``unchecked``
        """
        _check_texts(planned.request)
        request, input_tokens = planned.request, planned.measure.tokens
        worst_case_usd, prices = worst_case(request, input_tokens, own=self._own_prices)
        return Admission(
            request=request,
            call=OpenCall(
                key=planned.key,
                fingerprint=request.fingerprint(self._client.endpoint),
                owner=planned.owner,
                model=request.model,
                endpoint=self._client.endpoint,
                simulated=self._simulated,
                unit_prices=prices.to_data(),
                estimated_input=input_tokens,
                max_output=request.max_tokens,
                worst_case_usd=worst_case_usd,
                lease_seconds=self._policy.deadline_seconds + _LEASE_MARGIN,
                provisional=planned.measure.provisional,
            ),
            body=planned.measure.body,
            deadline=self._clock() + self._policy.deadline_seconds,
            use_stored=planned.use_stored,
            own_prices=self._own_prices,
        )

    def _alert(self, refusal: ClaudeError) -> None:
        """Alert administrators of a refusal: its own transaction was rolled back."""
        if refusal.alert is not None:
            with self._backend.transaction() as transaction:
                transaction.alerts.raise_alert(refusal.alert)

    def _check_size(self, call: OpenCall) -> None:
        """Check that the call is within the limits of one call, in tokens and in USD.

        :raises ClaudeError: ``too_large`` or ``too_dear``, with the figures
        """
        limit, ceiling = self._policy.max_input_tokens, self._policy.max_call_usd
        if call.estimated_input > limit:
            raise ClaudeError(
                "too_large",
                _("The document is too large: %(tokens)s tokens, %(limit)s allowed."),
                params={"tokens": str(call.estimated_input), "limit": str(limit)},
            )
        if ceiling is not None and call.worst_case_usd > ceiling:
            raise too_dear_refusal(call.worst_case_usd, ceiling)

    def _in_transaction(self, act: Callable[..., _T], *arguments: object) -> _T:
        """Return what ``act`` returns, given a short transaction and ``arguments``.

        A budget whose counter has to begin lets it fail, and it is begun anew.
        """
        for _attempt in range(_PREPARATIONS):
            try:
                with self._backend.transaction() as transaction:
                    return act(transaction, *arguments)
            except NotPrepared as unprepared:
                unprepared.prepare()
        raise changing_refusal()

    # === CALL AND STREAM === #

    def call(self, admission: Admission) -> CallResult:
        """Make the call and return its answer, whole. Network only.

        :raises ClaudeError: when there is no answer; *settle* takes it as the outcome
        """
        if admission.answer is not None:
            return admission.answer
        return self._attempts(admission, self._call_once)

    def stream(self, admission: Admission) -> Iterator[StreamEvent]:
        """Make the call and yield what arrives; the last event is ``Finished``.

        Network only. What was seen before a failure, or before the caller stopped
        listening, is in ``admission.seen``, so that *settle* can book it.

        :raises ClaudeError: when the answer does not come to its end
        """
        request, stored = admission.request, admission.answer
        items = ItemParser(request.output_schema, request.streamed_array)
        if stored is not None:
            yield from _text_events(stored.text, items)
            yield from stored.tool_calls
            yield Finished(stored)
            return
        stream = self._attempts(admission, self._open_once)
        try:
            yield from self._events(admission, stream, items)
        finally:
            stream.close()

    def _events(
        self, admission: Admission, stream: OpenStream, items: ItemParser
    ) -> Iterator[StreamEvent]:
        seen = stream.seen
        finished = False
        for text in stream.texts():
            if stream.generating and seen.first_token_ms is None:
                seen.first_token_ms = self._milliseconds(admission)
                yield FirstToken(seen.first_token_ms)
            yield from _text_events(text, items)
            yield from stream.take_tool_calls()
            if finished:
                continue
            seen.latency_ms = self._milliseconds(admission)
            if seen.complete:
                # Before the end of the stream, which only serves the connection.
                finished = True
                yield Finished(result_of(seen, admission))
            else:
                self._check_deadline(admission)
        if not finished:
            yield Finished(result_of(seen, admission))

    def _call_once(self, admission: Admission) -> CallResult:
        seen = admission.seen
        exchange = self._exchange(admission)
        headers, message = self._client.call(admission.body, exchange)
        _read_headers(headers, seen)
        seen.latency_ms = self._milliseconds(admission)
        read_message(message, seen)
        return result_of(seen, admission)

    def _open_once(self, admission: Admission) -> OpenStream:
        seen = admission.seen
        exchange = self._exchange(admission)
        byte_stream = self._client.stream(admission.body, exchange)
        _read_headers(byte_stream.headers, seen)
        stream = OpenStream(byte_stream, seen)
        try:
            stream.begin()
        except BaseException:  # whatever it is: the connection is not to be leaked
            stream.close()
            raise
        return stream

    # === ATTEMPTS === #

    def _attempts(self, admission: Admission, send: Callable[[Admission], _T]) -> _T:
        """Return what ``send`` returns, repeating what may be repeated.

        What was certainly not executed is repeated within the same ledger row. A call
        that was lost on the way may have been executed: it is repeated at most once,
        and both attempts are booked.
        """
        while True:
            numbers = itertools.count()
            controller = retrying(
                self._policy.retry,
                remaining=lambda: self._remaining(admission),
                sleep=self._sleep,
            )
            try:
                result: _T = controller(self._attempt, admission, send, numbers)
                return result
            except ClaudeError as error:
                if not (
                    self._may_repeat_lost(admission, error)
                    and self._open_second(admission, error)
                ):
                    raise

    def _attempt(
        self,
        admission: Admission,
        send: Callable[[Admission], _T],
        numbers: Iterator[int],
    ) -> _T:
        self._check_deadline(admission)
        admission.seen = Seen(retries=next(numbers), in_flight=True)
        admission.started = self._clock()
        try:
            return send(admission)
        except ClaudeError as error:
            admission.seen.in_flight = error.ambiguous
            admission.seen.latency_ms = self._milliseconds(admission)
            raise

    def _may_repeat_lost(self, admission: Admission, error: ClaudeError) -> bool:
        return (
            error.ambiguous
            and error.retryable
            and admission.seen.usage is None
            and admission.call.attempt == 1
            and self._remaining(admission) > _SHORTEST_REPEAT
        )

    def _open_second(self, admission: Admission, error: ClaudeError) -> bool:
        """Book the lost attempt and open a row for the second; false when refused."""
        self.settle(admission, error)
        call = replace(
            admission.call, key=f"{admission.key}:2", attempt=2, provisional=False
        )
        try:
            usage_id = self._in_transaction(self._pass_again, admission, call)
        except ClaudeError as refusal:
            log_refused_call(call, refusal)
            self._alert(refusal)
            return False
        admission.call = call
        admission.usage_id = usage_id
        return True

    def _pass_again(
        self, transaction: Transaction, admission: Admission, call: OpenCall
    ) -> int:
        for guard in self._guards:
            if guard.guards_repeats:
                guard.admit(transaction, [admission])
        return book(transaction, [call])[0].usage_id

    # === SETTLE === #

    def settle(
        self, admission: Admission, outcome: CallResult | ClaudeError
    ) -> Settlement:
        """Close the ledger row of a call, once, and tell the guards how it ended.

        Call it after every admission, whatever happened, with the result or with the
        error; also with an error of one's own about a result that came (an answer that
        cannot be used was paid for all the same). A second time changes nothing. When
        the sweeper took the call for lost in the meantime, what is known now is booked
        as a correction. The answer is not stored yet: see :meth:`keep`.
        """
        if admission.answer is not None:
            return stored_settlement(admission.answer)
        outcome = judged(admission, outcome)
        settlement = settlement_of(admission, outcome)
        with self._backend.transaction() as transaction:
            closing = transaction.ledger.settle(admission.key, settlement)
            if closing is not None:
                for guard in self._guards:
                    guard.settle(transaction, admission, outcome)
            late = closing or transaction.ledger.correct(admission.key, settlement)
            if late is not None:
                transaction.budget.settle(late)
                overrun = overrun_alert(admission.call, settlement, transaction.now)
                if overrun is not None:
                    transaction.alerts.raise_alert(overrun)
        if late is not None and overrun is not None and self._prefixes is not None:
            self._prefixes.forget(admission.call.model, admission.call.endpoint)
        if closing is not None and isinstance(outcome, ClaudeError):
            log_failed_call(admission.call, outcome, settlement.state)
        return settlement

    # === ANSWER STORE === #

    def keep(self, admission: Admission, result: CallResult) -> None:
        """Keep a good answer for whoever asks the same.

        Call it when what was made of the answer is stored: one that nobody can store
        the result of is not to be served again and again.
        """
        if admission.answer is not None:
            return
        if isinstance(judged(admission, result), ClaudeError):
            return
        call = admission.call
        with self._backend.transaction() as transaction:
            transaction.answers.put(
                call.fingerprint,
                call.owner.company_id,
                result.to_data(),
                self._policy.answer_ttl(call.owner.operation),
                admission.usage_id,
            )

    def forget(self, admission: Admission) -> None:
        """Throw a stored answer away that cannot be used: the next one to ask asks
        Claude."""
        call = admission.call
        with self._backend.transaction() as transaction:
            transaction.answers.drop(call.fingerprint, call.owner.company_id)

    # === TIME === #

    def _remaining(self, admission: Admission) -> float:
        """Return the seconds until the deadline, below zero when it is past."""
        return admission.deadline - self._clock()

    def _exchange(self, admission: Admission) -> Exchange:
        """Return what the attempt that begins may take, from its first byte on."""
        most_bytes = bytes_of_message(admission.request.max_tokens)
        return Exchange(self._remaining(admission), most_bytes, self._clock)

    def _milliseconds(self, admission: Admission) -> int:
        return round((self._clock() - admission.started) * 1000)

    def _check_deadline(self, admission: Admission) -> None:
        if self._remaining(admission) <= 0:
            raise ClaudeError(
                "deadline", _("Claude took too long to answer."), retryable=True
            )


def _text_events(text: str, items: ItemParser) -> Iterator[StreamEvent]:
    if text:
        yield TextDelta(text)
        for item in items.feed(text):
            yield ItemParsed(items.path, item)


def _read_headers(headers: Mapping[str, str], seen: Seen) -> None:
    seen.request_id = word(headers.get("request-id"))
    seen.simulated = SIMULATOR_HEADER in headers


def _check_texts(request: ClaudeRequest) -> None:
    """Refuse what nobody looked through: persons in it may not be masked.

    :raises ClaudeError: ``unchecked``
    """
    if request.is_unchecked:
        raise ClaudeError(
            "unchecked",
            _(
                "The document was not sent to Claude: its texts are too long to be "
                "checked completely."
            ),
        )
