"""What every backend of the gateway must do; run for each one by a test class.

A class that mixes this in gives ``make_backend(breaker)`` and ``advance(seconds)``.
"""

from dataclasses import replace
from decimal import Decimal

from odoo.addons.account_ai.services.claude.money.usage import TokenUsage
from odoo.addons.account_ai.services.claude.policy import BreakerPolicy
from odoo.addons.account_ai.services.claude.ports import OpenCall, Owner, Settlement

ENDPOINT = "http://127.0.0.1:1"
FINGERPRINT = "f" * 64
ANSWER = {
    "text": "Señal: «ñandú»",
    "cost_usd": "0.00031",
    "content": [{"a": [1, None]}],
}


class Undo(Exception):
    """Makes a transaction fail."""


class BackendContract:
    """Mixed into a test case; ``self.backend`` is the backend under test."""

    contract_company_id = 1
    contract_user_id = 2

    def make_backend(self, breaker):
        """Return an empty backend under the breaker's figures ``breaker``."""
        raise NotImplementedError

    def advance(self, seconds):
        """Move the time of ``self.backend`` on."""
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.backend = self.make_backend(
            BreakerPolicy(failures=3, open_seconds=60, successes=2)
        )

    # === HELPERS === #

    def _call(self, key="run:1", worst_case="0.0105", operation="validation"):
        return OpenCall(
            key=key,
            fingerprint=FINGERPRINT,
            owner=Owner(
                company_id=self.contract_company_id,
                user_id=self.contract_user_id,
                operation=operation,
                run_uuid="run",
            ),
            model="claude-haiku-5-5",
            endpoint=ENDPOINT,
            simulated=True,
            unit_prices={"output": "0.5"},
            estimated_input=8000,
            max_output=2000,
            worst_case_usd=Decimal(worst_case),
            lease_seconds=90.0,
        )

    def _settlement(self, state="settled", cost="0.00123456"):
        return Settlement(
            state=state,
            usage=TokenUsage(uncached_input=400, output=350),
            cost_usd=Decimal(cost),
            estimated=False,
            outcome="ok",
        )

    def _in_transaction(self, act):
        with self.backend.transaction() as transaction:
            return act(transaction)

    def _open(self, key="run:1"):
        return self._in_transaction(lambda t: t.ledger.open_all([self._call(key)])[0])

    def _hit(self, key="k", limit=2):
        return self._in_transaction(lambda t: t.limits.hit(key, limit, 60.0))

    def _put(self, ttl, company_id=1, answer=None):
        answer = answer or ANSWER
        self._in_transaction(
            lambda t: t.answers.put(FINGERPRINT, company_id, answer, ttl, 0)
        )

    def _get(self, company_id=1):
        place = FINGERPRINT, company_id
        return self._in_transaction(lambda t: t.answers.get_all([place])).get(place)

    def _circuit(self, name=ENDPOINT):
        return self._in_transaction(lambda t: t.circuit.admit(name))

    def _fail(self, times=1, **kwargs):
        for _number in range(times):
            self._in_transaction(lambda t: t.circuit.failed(ENDPOINT, **kwargs))

    def _succeed(self):
        self._in_transaction(lambda t: t.circuit.succeeded(ENDPOINT))

    # === TRANSACTION === #

    def test_contract_a_failed_transaction_leaves_no_trace(self):
        with self.assertRaises(Undo), self.backend.transaction() as transaction:
            transaction.ledger.open_all([self._call()])[0]
            transaction.limits.hit("k", 1, 60.0)
            transaction.answers.put(FINGERPRINT, 1, ANSWER, None, 0)
            transaction.circuit.failed(ENDPOINT, 60.0)
            raise Undo
        self.assertTrue(self._open().created)
        self.assertTrue(self._hit(limit=1).allowed)
        self.assertIsNone(self._get())
        self.assertEqual(self._circuit().state, "closed")

    def test_contract_time_is_aware_and_goes_on(self):
        before = self._in_transaction(lambda t: t.now())
        self.advance(30)
        after = self._in_transaction(lambda t: t.now())
        self.assertIsNotNone(before.tzinfo)
        self.assertGreaterEqual((after - before).total_seconds(), 30)

    # === LEDGER === #

    def test_contract_a_key_is_opened_once(self):
        first, second = self._open(), self._open()
        self.assertTrue(first.created)
        self.assertFalse(second.created)
        self.assertEqual(second.usage_id, first.usage_id)
        self.assertEqual(second.state, "open")
        self.assertNotEqual(self._open("run:2").usage_id, first.usage_id)

    def test_contract_a_row_is_closed_once(self):
        self._open()
        settle = lambda t: t.ledger.settle("run:1", self._settlement())  # noqa: E731
        closing = self._in_transaction(settle)
        self.assertEqual(closing.released_usd, Decimal("0.0105"))
        self.assertEqual(closing.cost_usd, Decimal("0.00123456"))
        self.assertIsNone(self._in_transaction(settle))
        again = self._open()
        self.assertFalse(again.created)
        self.assertEqual(again.state, "settled")

    def test_contract_a_key_that_was_never_opened_is_not_closed(self):
        closed = self._in_transaction(
            lambda t: t.ledger.settle("nobody:1", self._settlement())
        )
        self.assertIsNone(closed)

    def test_contract_a_stored_answer_is_a_closed_row(self):
        book = lambda t: t.ledger.stored_answer(  # noqa: E731
            self._call(), Decimal("0.0003")
        )
        booking = self._in_transaction(book)
        self.assertTrue(booking.created)
        self.assertEqual(booking.state, "settled")
        self.assertFalse(self._in_transaction(book).created)

    def test_contract_several_are_opened_at_once(self):
        self._open("run:2")
        calls = [self._call(f"run:{number}", f"0.0{number}") for number in (3, 2, 1)]
        bookings = self._in_transaction(lambda t: t.ledger.open_all(calls))
        self.assertEqual([each.key for each in bookings], ["run:3", "run:2", "run:1"])
        self.assertEqual([each.created for each in bookings], [True, False, True])
        self.assertEqual(len({each.usage_id for each in bookings}), 3)
        for call, booking in zip(calls, bookings, strict=True):
            again = self._open(call.key)
            self.assertEqual(again.usage_id, booking.usage_id)
        settle = lambda t: t.ledger.settle("run:1", self._settlement())  # noqa: E731
        closing = self._in_transaction(settle)
        self.assertEqual(closing.released_usd, Decimal("0.01"))

    def test_contract_words_that_no_store_takes_are_booked(self):
        """Whatever an answer calls itself: what it cost is in the ledger."""
        self._open()
        settlement = replace(
            self._settlement(),
            stop_reason="end\0turn",
            request_id="req\ud83d",
            message_id="\0",
            unit_prices={"output\0": "0.5"},
        )
        settle = lambda t: t.ledger.settle("run:1", settlement)  # noqa: E731
        self.assertIsNotNone(self._in_transaction(settle))

    # === ANSWERS === #

    def test_contract_only_the_wanted_answers_come(self):
        self._put(900.0)
        self._put(None, company_id=3)
        others = [("e" * 64, 1), (FINGERPRINT, 2)]
        get_all = lambda *wanted: self._in_transaction(  # noqa: E731
            lambda t: t.answers.get_all(wanted)
        )
        self.assertEqual(get_all(*others), {})
        first, third = (FINGERPRINT, 1), (FINGERPRINT, 3)
        both = {first: ANSWER, third: ANSWER}
        self.assertEqual(get_all(*others, first, third), both)
        self.advance(910)
        self.assertEqual(get_all(*others, first, third), {third: ANSWER})

    def test_contract_an_answer_comes_back_as_it_was(self):
        self._put(None)
        self.assertEqual(self._get(), ANSWER)

    def test_contract_an_answer_is_dropped(self):
        for ttl in (None, 900.0):
            self._put(ttl)
            self._put(ttl, company_id=2)
            drop = lambda t: t.answers.drop(FINGERPRINT, 1)  # noqa: E731
            for _twice in range(2):
                self._in_transaction(drop)
            self.assertIsNone(self._get())
            self.assertEqual(self._get(company_id=2), ANSWER)

    def test_contract_what_no_store_takes_is_replaced(self):
        spoiled = {"text": "a\0b\ud83d", "k\0": ["\udc00", float("nan")]}
        for ttl in (None, 900.0):
            self._put(ttl, answer=spoiled)
            self.assertEqual(
                self._get(), {"text": "a\ufffdb\ufffd", "k\ufffd": ["\ufffd", None]}
            )

    def test_contract_an_answer_stays_within_its_company(self):
        self._put(None)
        self.assertIsNone(self._get(company_id=2))

    def test_contract_an_answer_expires(self):
        self._put(900.0)
        self.advance(890)
        self.assertEqual(self._get(), ANSWER)
        self.advance(20)
        self.assertIsNone(self._get())

    def test_contract_an_answer_without_an_end_stays(self):
        self._put(None)
        self.advance(86400 * 300)
        self.assertEqual(self._get(), ANSWER)

    def test_contract_a_newer_answer_replaces_an_older_one(self):
        self._put(900.0)
        self._put(None, answer={"text": "new"})
        self.assertEqual(self._get(), {"text": "new"})

    # === LIMITS === #

    def test_contract_the_window_is_exact(self):
        self.assertEqual(self._hit().remaining, 1)
        self.advance(20)
        second = self._hit()
        self.assertTrue(second.allowed)
        self.assertEqual(second.remaining, 0)
        refused = self._hit()
        self.assertFalse(refused.allowed)
        self.assertEqual(refused.limit, 2)
        self.assertAlmostEqual(refused.reset_seconds, 40, delta=5)

    def test_contract_the_window_slides(self):
        self._hit()
        self.advance(40)
        self._hit()
        self.advance(25)  # the first hit is 65 seconds old, the second 25
        self.assertTrue(self._hit().allowed)
        self.assertFalse(self._hit().allowed)

    def test_contract_a_refused_hit_does_not_count(self):
        self._hit(limit=1)
        self.advance(50)
        self.assertFalse(self._hit(limit=1).allowed)
        self.advance(15)
        self.assertTrue(self._hit(limit=1).allowed)

    def test_contract_several_hits_at_once(self):
        hit_all = lambda hits: self._in_transaction(  # noqa: E731
            lambda t: t.limits.hit_all(hits, 3, 60.0)
        )
        self._hit("b", limit=3)
        states = hit_all({"b": 2, "a": 1})
        self.assertEqual(states["a"].remaining, 2)
        self.assertEqual(states["b"].remaining, 0)
        self.assertTrue(states["a"].allowed and states["b"].allowed)
        self.assertGreater(states["b"].reset_seconds, 0)
        self.assertFalse(self._hit("b", limit=3).allowed)
        self.assertTrue(self._hit("a", limit=3).allowed)
        states = hit_all({"c": 3})
        self.assertEqual((states["c"].allowed, states["c"].remaining), (True, 0))

    def test_contract_hits_that_do_not_fit_together(self):
        """The transaction is to fail then, and nothing counts."""
        self._hit("a", limit=3)
        for hits in ({"a": 3}, {"b": 1, "a": 3}):
            with self.assertRaises(Undo), self.backend.transaction() as transaction:
                states = transaction.limits.hit_all(hits, 3, 60.0)
                self.assertFalse(states["a"].allowed)
                raise Undo
        self.assertEqual(self._hit("a", limit=3).remaining, 1)
        self.assertEqual(self._hit("b", limit=3).remaining, 2)

    def test_contract_windows_are_apart(self):
        self._hit("a", limit=1)
        self.assertTrue(self._hit("b", limit=1).allowed)

    # === CIRCUIT === #

    def test_contract_failures_in_a_row_open_the_circuit(self):
        self._fail(2)
        self.assertEqual(self._circuit().state, "closed")
        self._fail()
        state = self._circuit()
        self.assertEqual(state.state, "open")
        self.assertAlmostEqual(state.retry_after, 60, delta=5)

    def test_contract_a_success_forgets_failures(self):
        self._fail(2)
        self._succeed()
        self._fail(2)
        self.assertEqual(self._circuit().state, "closed")

    def test_contract_one_probe_at_a_time(self):
        self._fail(3)
        self.advance(65)
        self.assertEqual(self._circuit().state, "half_open")
        self.assertEqual(self._circuit().state, "open")

    def test_contract_probes_in_a_row_close_the_circuit(self):
        self._fail(3)
        self.advance(65)
        for _number in range(2):
            self.assertEqual(self._circuit().state, "half_open")
            self._succeed()
        self.assertEqual(self._circuit().state, "closed")
        self._fail(2)
        self.assertEqual(self._circuit().state, "closed", "failures start anew")

    def test_contract_a_failed_probe_opens_again(self):
        self._fail(3)
        self.advance(65)
        self.assertEqual(self._circuit().state, "half_open")
        self._fail()
        state = self._circuit()
        self.assertEqual(state.state, "open")
        self.assertAlmostEqual(state.retry_after, 60, delta=5)

    def test_contract_a_released_probe_lets_the_next_one_pass(self):
        self._fail(3)
        self.advance(65)
        self.assertEqual(self._circuit().state, "half_open")
        self._in_transaction(lambda t: t.circuit.released(ENDPOINT))
        self.assertEqual(self._circuit().state, "half_open")

    def test_contract_a_silent_probe_does_not_block_for_ever(self):
        self._fail(3)
        self.advance(65)
        self._circuit()
        self.advance(65)
        self.assertEqual(self._circuit().state, "half_open")

    def test_contract_late_news_of_before_do_not_touch_an_open_circuit(self):
        self._fail(3)
        self._succeed()
        self.assertEqual(self._circuit().state, "open")
        self.advance(50)
        self._fail()  # was under way when the circuit opened
        self.advance(15)
        self.assertEqual(self._circuit().state, "half_open")

    def test_contract_a_circuit_can_be_opened_at_once_for_longer(self):
        self._fail(open_seconds=3600.0)
        self.advance(3000)
        self.assertEqual(self._circuit().state, "open")
        self.advance(700)
        self.assertEqual(self._circuit().state, "half_open")

    def test_contract_a_release_leaves_a_closed_circuit_alone(self):
        self._fail(2)
        self._in_transaction(lambda t: t.circuit.released(ENDPOINT))
        self._fail()
        self.assertEqual(self._circuit().state, "open")

    def _look(self):
        return self._in_transaction(lambda t: t.circuit.state(ENDPOINT))

    def test_contract_a_look_at_the_circuit_does_not_take_the_probe(self):
        self.assertEqual(self._look().state, "closed")
        self._fail(3)
        state = self._look()
        self.assertEqual(state.state, "open")
        self.assertAlmostEqual(state.retry_after, 60, delta=5)
        self.advance(65)
        for _number in range(2):
            state = self._look()
            self.assertEqual((state.state, state.retry_after), ("half_open", 0.0))
        self.assertEqual(self._circuit().state, "half_open", "the probe is still there")
        self.assertEqual(self._look().state, "open", "it is under way")

    def test_contract_an_open_circuit_says_why_and_until_when(self):
        self._fail(open_seconds=3600.0, reason="spend_limit", ends_in=86400.0 * 10)
        for state in (self._circuit(), self._look()):
            self.assertEqual(state.reason, "spend_limit")
            self.assertAlmostEqual(state.ends_in, 86400 * 10, delta=5)
            self.assertAlmostEqual(state.retry_after, 3600, delta=5)
        self._fail(reason="timeout")  # was under way when the circuit opened
        self.assertEqual(self._look().reason, "spend_limit")
        self.advance(3700)
        self._circuit()
        self._fail(reason="timeout")
        state = self._look()
        self.assertEqual((state.reason, state.ends_in), ("timeout", None))

    def test_contract_a_closed_circuit_has_forgotten_why(self):
        self._fail(open_seconds=60.0, reason="billing", ends_in=600.0)
        self.advance(65)
        for _number in range(2):
            self._circuit()
            self._succeed()
        self._fail(3, reason="timeout")
        state = self._look()
        self.assertEqual((state.reason, state.ends_in), ("timeout", None))

    def test_contract_somebody_may_have_it_tried_at_once(self):
        self._fail(open_seconds=3600.0, reason="spend_limit")
        self._in_transaction(lambda t: t.circuit.retry_now(ENDPOINT))
        self.assertEqual(self._look().state, "half_open")
        self.assertEqual(self._circuit().state, "half_open")
        self.assertEqual(self._circuit().state, "open", "one probe at a time")

    def test_contract_trying_a_closed_circuit_changes_nothing(self):
        self._fail(2)
        self._in_transaction(lambda t: t.circuit.retry_now(ENDPOINT))
        self._fail()
        self.assertEqual(self._look().state, "open")

    def test_contract_circuits_are_apart(self):
        self._fail(3)
        self.assertEqual(self._circuit("http://127.0.0.1:2").state, "closed")
