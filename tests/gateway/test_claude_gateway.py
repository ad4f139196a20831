"""The three verbs of the gateway, over HTTP against the simulator."""

import json
from dataclasses import replace
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.call import (
    Finished,
    FirstToken,
    ItemParsed,
    TextDelta,
)
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.gateway import Gateway
from odoo.addons.account_ai.services.claude.money.pricing import price_of
from odoo.addons.account_ai.services.claude.money.usage import TokenUsage
from odoo.addons.account_ai.services.claude.policy import Policy
from odoo.addons.account_ai.services.claude.ports import Alert, Settlement
from odoo.addons.account_ai.services.claude.structured_output import read_json_answer

from .claude_case import OWNER, SCHEMA, ClaudeCase, make_request


@tagged("post_install", "-at_install")
class TestCall(ClaudeCase):
    def test_a_call_is_booked_as_the_provider_bills_it(self):
        result, admission = self.run_call()
        self.assertEqual(result.stop_reason, "end_turn")
        self.assertTrue(result.simulated)
        self.assertEqual(result.model, "claude-haiku-5-5")
        self.assertTrue(result.request_id.startswith("req_"))
        self.assertTrue(result.message_id.startswith("msg_"))
        (row,) = self.backend.rows
        self.assertEqual((row.state, row.settlement.outcome), ("settled", "ok"))
        self.assertFalse(row.settlement.estimated)
        self.assertEqual(row.settlement.usage, result.usage)
        self.assertEqual(row.settlement.cost_usd, Decimal(self.control.usage()["usd"]))
        self.assertEqual(row.settlement.request_id, self.sent()[0]["request_id"])
        self.assertLess(row.settlement.cost_usd, row.call.worst_case_usd)
        self.assertEqual(admission.usage_id, row.usage_id)

    def test_thinking_before_the_text_is_not_part_of_it(self):
        result, _admission = self.run_call(request=make_request(effort="high"))
        self.assertEqual(result.content[0]["type"], "thinking")
        self.assertTrue(result.content[0]["signature"])
        self.assertTrue(result.text.lstrip().startswith("{"))
        self.assertGreater(result.usage.thinking, 0)

    def test_the_row_is_open_at_its_worst_case_while_the_call_is_under_way(self):
        gateway = self.gateway()
        gateway.admit(make_request(), OWNER, "run:1")
        (row,) = self.backend.rows
        self.assertEqual(row.state, "open")
        request = make_request()
        dearest = price_of(
            "claude-haiku-5-5",
            TokenUsage(
                cache_write_5m=row.call.estimated_input,
                output=request.max_tokens,
                inference_geo="us",
            ),
        )[0]
        self.assertEqual(row.call.worst_case_usd, dearest)
        self.assertGreater(row.call.lease_seconds, 90)

    def test_a_second_time_is_answered_from_the_store(self):
        gateway = self.gateway()
        first, _admission = self.run_call(gateway)
        second, admission = self.run_call(gateway, key="run2:1")
        self.assertTrue(second.from_store)
        self.assertEqual(second.text, first.text)
        self.assertEqual(second.content, first.content)
        self.assertEqual(len(self.sent()), 1)
        row = self.backend.rows[1]
        self.assertEqual(row.call.key, "run2:1")
        self.assertEqual(row.saved_usd, first.cost_usd)
        self.assertEqual(admission.usage_id, row.usage_id)

    def test_an_answer_stored_by_another_version_is_understood(self):
        gateway = self.gateway()
        result, admission = self.run_call(gateway)
        data = {**result.to_data(), "added_later": 1}
        data["usage"] = {**data["usage"], "added_later": 1}
        del data["retries"]
        data = json.loads(json.dumps(data))
        with self.backend.transaction() as transaction:
            transaction.answers.put(admission.call.fingerprint, 1, data, None, 1)
        again, _admission = self.run_call(gateway, key="run2:1")
        self.assertEqual(again, replace(result, from_store=True))

    def test_a_stored_answer_does_not_count_against_the_limit(self):
        gateway = self.gateway(limits_per_minute={"validation": 1})
        self.run_call(gateway)
        result, _admission = self.run_call(gateway, key="run2:1")
        self.assertTrue(result.from_store)

    def test_a_forced_call_asks_again_and_renews_the_store(self):
        gateway = self.gateway()
        self.run_call(gateway)
        result, _admission = self.run_call(gateway, key="run2:1", use_stored=False)
        self.assertFalse(result.from_store)
        self.assertEqual(len(self.sent()), 2)

    def test_what_is_stored_depends_on_everything_that_decides_an_answer(self):
        gateway = self.gateway()
        self.run_call(gateway)
        for number, values in enumerate(
            ({"effort": "medium"}, {"language": "en"}, {"model": "claude-sonnet-5-5"})
        ):
            result, _admission = self.run_call(
                gateway, make_request(**values), key=f"other{number}:1"
            )
            self.assertFalse(result.from_store, values)

    def test_a_key_is_never_called_twice(self):
        gateway = self.gateway()
        admission = gateway.admit(make_request(), OWNER, "run:1")
        with self.assertRaises(ClaudeError) as caught:
            gateway.admit(make_request(), OWNER, "run:1")
        self.assertEqual(caught.exception.code, "in_progress")
        gateway.settle(admission, ClaudeError("interrupted", "The browser left."))
        with self.assertRaises(ClaudeError) as caught:
            gateway.admit(make_request(), OWNER, "run:1")
        self.assertEqual(caught.exception.code, "already_made")
        self.assertEqual(len(self.backend.rows), 1)

    def test_settling_twice_is_one_booking(self):
        gateway = self.gateway()
        result, admission = self.run_call(gateway)
        before = self.backend.rows[0].settlement
        with self.assertNoLogs("odoo.addons.account_ai.services.claude.http.log"):
            gateway.settle(admission, ClaudeError("timeout", "Too late."))
        self.assertEqual(self.backend.rows[0].settlement, before)
        with self.backend.transaction() as transaction:
            circuit = transaction.circuit.admit(self.simulator.base_url)
        self.assertEqual(circuit.failures, 0, "the guards did not hear of it")
        again = gateway.admit(make_request(), OWNER, "run2:1")
        self.assertIsNotNone(again.answer, "the store was not touched either")
        self.assertEqual(result.text, again.answer.text)

    def test_a_call_that_was_never_sent_failed_at_zero(self):
        gateway = self.gateway()
        admission = gateway.admit(make_request(), OWNER, "run:1")
        settlement = gateway.settle(admission, ClaudeError("interrupted", "Left."))
        self.assertEqual((settlement.state, settlement.cost_usd), ("failed", 0))

    def test_an_answer_that_cannot_be_used_is_booked_and_not_kept(self):
        gateway = self.gateway()
        admission = gateway.admit(make_request(), OWNER, "run:1")
        result = gateway.call(admission)
        gateway.settle(admission, ClaudeError("invalid_answer", "Nonsense."))
        (row,) = self.backend.rows
        self.assertEqual(row.state, "settled")
        self.assertEqual(row.settlement.outcome, "invalid_answer")
        self.assertEqual(row.settlement.cost_usd, result.cost_usd)
        self.assertFalse(row.settlement.estimated)
        self.assertIsNone(gateway.admit(make_request(), OWNER, "run2:1").answer)

    def test_one_transaction_to_admit_and_one_to_settle(self):
        gateway = self.gateway()
        admission = gateway.admit(make_request(), OWNER, "run:1")
        gateway.settle(admission, gateway.call(admission))
        self.assertEqual(self.backend.transactions, 2)


@tagged("post_install", "-at_install")
class TestAdmission(ClaudeCase):
    def admit_error(self, gateway=None, request=None, key="run:1", owner=OWNER):
        gateway = gateway or self.gateway()
        with self.assertRaises(ClaudeError) as caught:
            gateway.admit(request or make_request(), owner, key)
        return caught.exception

    def test_a_refusal_by_the_limit_leaves_no_row_and_no_trace(self):
        gateway = self.gateway(limits_per_minute={"validation": 1})
        admission = gateway.admit(make_request(), OWNER, "run:1")
        self.assertEqual(admission.limit_state.remaining, 0)
        self.clock.now += 10
        before = self.backend.tables
        error = self.admit_error(gateway, key="run2:1")
        self.assertEqual(error.code, "too_many_requests")
        self.assertTrue(error.retryable)
        self.assertAlmostEqual(error.retry_after, 50)
        self.assertEqual(error.limit_state.limit, 1)
        self.assertEqual(self.backend.tables, before)

    def test_the_limit_is_per_user_company_and_operation(self):
        gateway = self.gateway(limits_per_minute={"validation": 1}, default_limit=1)
        gateway.admit(make_request(), OWNER, "a")
        others = (
            replace(OWNER, user_id=3),
            replace(OWNER, company_id=2),
            replace(OWNER, operation="chat"),
            replace(OWNER, lane="queue"),
        )
        for number, owner in enumerate(others):
            gateway.admit(make_request(), owner, f"other{number}")
        self.admit_error(gateway, key="b")

    def test_queued_work_shares_one_lane_of_its_company(self):
        gateway = self.gateway(queue_limit=2)
        for user_id in (1, 2):
            owner = replace(OWNER, lane="queue", user_id=user_id)
            gateway.admit(make_request(), owner, f"user{user_id}")
        owner = replace(OWNER, lane="queue", user_id=3)
        error = self.admit_error(gateway, key="c", owner=owner)
        self.assertEqual(error.code, "too_many_requests")

    def test_a_budget_is_never_passed(self):
        gateway = self.gateway()
        worst = gateway.admit(make_request(), OWNER, "a").call.worst_case_usd
        self.backend.budget_usd = worst * 3
        passed = 1
        for number in range(7):
            try:
                gateway.admit(make_request(), OWNER, f"more{number}")
            except ClaudeError as error:
                self.assertEqual(error.code, "budget")
            else:
                passed += 1
        self.assertEqual(passed, 3)
        self.assertEqual(len(self.backend.rows), 3)

    def test_settling_gives_back_what_was_reserved_too_much(self):
        gateway = self.gateway()
        request = make_request()
        _result, admission = self.run_call(gateway, request)
        self.backend.budget_usd = admission.call.worst_case_usd * 2
        gateway.admit(request, OWNER, "b", use_stored=False)

    def test_an_answer_after_the_sweeper_is_booked_as_a_correction(self):
        gateway = self.gateway()
        admission = gateway.admit(make_request(), OWNER, "run:1")
        worst = admission.call.worst_case_usd
        lost = Settlement("unknown", TokenUsage(), worst, True, "interrupted")
        with self.backend.transaction() as transaction:
            transaction.ledger.settle("run:1", lost)
        result = gateway.call(admission)
        for _time in range(2):
            gateway.settle(admission, result)
        kept, correction = self.backend.rows
        self.assertEqual((kept.state, kept.cost_usd), ("unknown", worst))
        self.assertEqual(correction.call.key, "run:1:correction")
        self.assertEqual(correction.cost_usd, result.cost_usd - worst)
        self.backend.budget_usd = result.cost_usd + worst
        gateway.admit(make_request(), OWNER, "b", use_stored=False)

    def test_a_refusal_by_the_budget_undoes_what_the_guards_before_it_took(self):
        gateway = self.gateway(limits_per_minute={"validation": 1})
        self.backend.budget_usd = Decimal(0)
        self.assertEqual(self.admit_error(gateway).code, "budget")
        self.backend.budget_usd = None
        gateway.admit(make_request(), OWNER, "run:1")

    def test_a_model_without_a_price_is_not_called(self):
        request = make_request(model="claude-haiku-9")
        self.assertEqual(self.admit_error(request=request).code, "price_unknown")
        self.assertEqual((self.rows(), self.sent()), ([], []))

    def test_a_request_that_is_too_large_is_refused_with_the_figures(self):
        request = make_request(system=("x" * 260_000,))
        error = self.admit_error(request=request)
        self.assertEqual(error.code, "too_large")
        self.assertEqual(error.params["limit"], "100000")
        self.assertGreater(int(error.params["tokens"]), 100_000)
        self.assertEqual((self.rows(), self.sent()), ([], []))

    def test_the_guards_stand_in_their_order(self):
        """With everything against a call, the first guard that objects is heard."""
        gateway = self.gateway(limits_per_minute={"validation": 2})
        self.run_call(gateway)
        self.backend.budget_usd = Decimal(0)
        other = make_request(language="en")
        self.assertEqual(self.admit_error(gateway, other, "b").code, "budget")
        with self.backend.transaction() as transaction:
            transaction.circuit.failed(self.simulator.base_url, 60.0)
        self.assertEqual(self.admit_error(gateway, other, "c").code, "circuit_open")
        with self.backend.transaction() as transaction:
            transaction.limits.hit("validation:screen:1:2", 2, 60.0)
        error = self.admit_error(gateway, other, "d")
        self.assertEqual(error.code, "too_many_requests")
        stored = gateway.admit(make_request(), OWNER, "e")
        self.assertTrue(stored.answer.from_store)

    def test_refusals_are_logged_in_one_line(self):
        gateway = self.gateway(limits_per_minute={"validation": 1})
        gateway.admit(make_request(), OWNER, "run:1")
        with self.assertLogs("odoo.addons.account_ai.services.claude.http.log") as logs:
            self.admit_error(gateway, key="run2:1")
        (line,) = logs.output
        self.assertIn("event='claude_call_refused' code='too_many_requests'", line)

    def test_guards_can_be_replaced(self):
        class NoGuard:
            guards_repeats = False

            def admit(self, transaction, admissions):
                raise ClaudeError("budget", "No.")

        client = self.gateway()._client
        gateway = Gateway(client, self.backend, Policy(), guards=[NoGuard()])
        self.assertEqual(self.admit_error(gateway).code, "budget")

    def test_administrators_are_told_of_a_refusal_though_it_is_undone(self):
        alert = Alert("budget_refused", "budget:1", "Budget", "Nothing is left.")

        class Refusing:
            guards_repeats = False

            def admit(self, transaction, admissions):
                transaction.limits.hit("key", 1, 60)
                raise ClaudeError("budget", "No.", alert=alert)

        client = self.gateway()._client
        gateway = Gateway(client, self.backend, Policy(), guards=[Refusing()])
        self.admit_error(gateway)
        self.assertEqual(list(self.backend.tables.alerts), ["budget:1"])
        self.assertNotIn("key", self.backend.tables.windows)


@tagged("post_install", "-at_install")
class TestStream(ClaudeCase):
    def test_a_stream_brings_items_before_its_end(self):
        events, error, admission = self.run_stream()
        self.assertIsNone(error)
        kinds = [type(event) for event in events]
        self.assertEqual(kinds[0], FirstToken)
        self.assertEqual(kinds.count(Finished), 1)
        self.assertEqual(kinds[-1], Finished)
        self.assertIn(ItemParsed, kinds)
        result = events[-1].result
        text = "".join(event.text for event in events if type(event) is TextDelta)
        self.assertEqual(text, result.text)
        self.assertEqual(result.stop_reason, "end_turn")
        self.assertEqual(result.first_token_ms, events[0].milliseconds)
        (row,) = self.backend.rows
        self.assertEqual(row.settlement.cost_usd, Decimal(self.control.usage()["usd"]))
        self.assertFalse(row.settlement.estimated)
        self.assertEqual(row.settlement.usage, result.usage)

    def test_a_stream_and_a_call_give_the_same_result(self):
        gateway = self.gateway()
        called, _admission = self.run_call(gateway)
        events, _error, _admission = self.run_stream(
            gateway, key="run2:1", use_stored=False
        )
        streamed = self.result(events)
        self.assertEqual(streamed.text, called.text)
        self.assertEqual(
            [block["type"] for block in streamed.content],
            [block["type"] for block in called.content],
        )
        self.assertEqual(streamed.usage.output, called.usage.output)
        self.assertEqual(streamed.usage.thinking, called.usage.thinking)
        self.assertEqual(
            streamed.usage.prompt, called.usage.prompt, "the second read the cache"
        )

    def test_items_are_whole_and_valid_and_in_order(self):
        events, _error, _admission = self.run_stream()
        found = [event.item for event in events if type(event) is ItemParsed]
        result = self.result(events)
        answer = read_json_answer(result.text, result.stop_reason, SCHEMA)
        self.assertTrue(found)
        self.assertEqual(found, answer["findings"])

    def test_a_stored_answer_streams_its_text_and_items_too(self):
        gateway = self.gateway()
        events, _error, _admission = self.run_stream(gateway)
        again, _error, admission = self.run_stream(gateway, key="run2:1")
        self.assertEqual(
            [event.item for event in again if type(event) is ItemParsed],
            [event.item for event in events if type(event) is ItemParsed],
        )
        text = "".join(event.text for event in again if type(event) is TextDelta)
        self.assertEqual(text, self.result(events).text)
        self.assertTrue(self.result(again).from_store)
        settlement = gateway.settle(admission, self.result(again))
        self.assertEqual(settlement.cost_usd, 0)

    def test_a_browser_that_leaves_is_booked_and_does_not_count_as_an_outage(self):
        gateway = self.gateway(limits_per_minute={"validation": 100})
        self.control.settings(tokens_per_second=200)
        for number in range(6):
            admission = gateway.admit(make_request(), OWNER, f"run{number}:1")
            stream = gateway.stream(admission)
            self.assertIsInstance(next(stream), FirstToken)
            stream.close()
            gateway.settle(admission, ClaudeError("interrupted", "Left."))
        for row in self.backend.rows:
            self.assertEqual(
                (row.state, row.settlement.outcome), ("unknown", "interrupted")
            )
            self.assertTrue(row.settlement.estimated)
            self.assertGreater(row.settlement.usage.prompt, 0)
            self.assertGreater(row.settlement.cost_usd, 0)
            self.assertLess(row.settlement.cost_usd, row.call.worst_case_usd)
        with self.backend.transaction() as transaction:
            state = transaction.circuit.admit(self.simulator.base_url)
        self.assertEqual((state.state, state.failures), ("closed", 0))

    def test_nothing_holds_a_transaction_while_the_network_works(self):
        gateway = self.gateway()
        admission = gateway.admit(make_request(), OWNER, "run:1")
        before = self.backend.transactions
        for _event in gateway.stream(admission):
            with self.backend.transaction():
                pass  # would raise if one were open
        self.assertGreater(self.backend.transactions, before)

    def test_the_deadline_ends_a_stream(self):
        gateway = self.gateway(deadline_seconds=90)
        admission = gateway.admit(make_request(), OWNER, "run:1")
        stream = gateway.stream(admission)
        next(stream)
        self.clock.now += 91
        with self.assertRaises(ClaudeError) as caught:
            list(stream)
        self.assertEqual(caught.exception.code, "deadline")
        settlement = gateway.settle(admission, caught.exception)
        self.assertTrue(settlement.estimated)
        self.assertGreater(settlement.cost_usd, 0)
