"""The route that validates: its answers, and the headers and events that it sends."""

import json
import uuid
from datetime import timedelta
from unittest.mock import patch

from odoo import http
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.controllers.common.event_stream import HEARTBEAT
from odoo.addons.account_ai.controllers.validation import (
    validation as validation_controller,
)
from odoo.addons.account_ai.controllers.validation import (
    validation_stream,
)
from odoo.addons.account_ai.controllers.validation.validation_stream import (
    GRACE_SECONDS,
    joined_events,
    write_opening,
)
from odoo.addons.account_ai.models.validation.running.asking import event_logs
from odoo.addons.account_ai.services.claude.policy import Policy

from ..common.common import AccountAiHttpCase
from .validation_case import ValidationMixin, named, read_events

HTTP_LOG = "odoo.addons.account_ai.services.claude.http.log"
VAGUE = [("Servicios varios según lo acordado", 4_600_000)]


@tagged("post_install", "-at_install")
class TestStream(ValidationMixin, AccountAiHttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("accountant", "accountant")

    def post(self, move, run_uuid=None, **fields):
        """Post to the route and return the whole answer."""
        self.synchronize()
        response = self.url_open(
            "/account_ai/validate",
            {
                "move_id": str(getattr(move, "id", move)),
                "run_uuid": run_uuid or str(uuid.uuid4()),
                "csrf_token": http.Request.csrf_token(self),
                **fields,
            },
            timeout=60,
        )
        self.synchronize()
        return response

    def test_order_of_events(self):
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        run_uuid = str(uuid.uuid4())
        response = self.post(self.create_move(VAGUE, partner=partner), run_uuid)
        self.assertEqual(response.status_code, 200)
        self.assertTrue(
            response.headers["Content-Type"].startswith("text/event-stream")
        )
        self.assertEqual(response.headers["X-Accel-Buffering"], "no")
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(response.headers["X-RateLimit-Limit"], "20")
        self.assertEqual(response.headers["X-RateLimit-Remaining"], "19")
        events = read_events(response.text)
        names = [name for name, _data in events]
        self.assertEqual(names[0], "started")
        self.assertEqual(names[-1], "done")
        self.assertEqual(names.count("done"), 1)
        self.assertLess(names.index("rules"), names.index("waiting"))
        self.assertLess(names.index("waiting"), names.index("progress"))
        started = events[0][1]
        self.assertEqual(started["run_uuid"], run_uuid)
        self.assertTrue(started["simulated"])
        self.assertFalse(started["fresh"])
        findings = [data["finding"] for data in named(events, "finding")]
        self.assertEqual(
            [(each["code"], each["origin"]) for each in findings],
            [("RUT_DV", "rule"), ("SEM_VAGUE_DESC", "model")],
        )
        self.assertEqual(named(events, "rules")[0]["verdict"], "reject")
        panel = events[-1][1]["panel"]
        self.assertEqual(panel["validation"]["verdict"], "reject")
        self.assertEqual(panel["validation"]["id"], started["validation_id"])

    def test_fresh(self):
        move = self.create_move(VAGUE)
        self.post(move)
        events = read_events(self.post(move).text)
        self.assertTrue(events[0][1]["fresh"])
        self.assertEqual(
            [name for name, _data in events], ["started", "finding", "rules", "done"]
        )
        self.assertEqual(len(self.calls()), 1)

    def test_same_run_twice(self):
        """A request that is sent again finds its run, and pays nothing."""
        move = self.create_move()
        run_uuid = str(uuid.uuid4())
        first = read_events(self.post(move, run_uuid).text)
        second = read_events(self.post(move, run_uuid).text)
        self.assertEqual(first[0][1]["validation_id"], second[0][1]["validation_id"])
        self.assertEqual(second[-1][0], "done")
        self.assertEqual(len(self.calls()), 1)

    def test_forced(self):
        move = self.create_move()
        self.post(move)
        self.post(move, force="1")
        self.assertEqual(len(self.calls()), 2)

    def test_degraded_ends_with_done(self):
        self.use_closed_endpoint()
        with mute_logger(HTTP_LOG):
            events = read_events(self.post(self.create_move()).text)
        error = named(events, "error")[0]
        self.assertEqual(error["code"], "connection")
        self.assertTrue(error["message"])
        self.assertTrue(error["retryable"])
        self.assertEqual(events[-1][0], "done")
        self.assertEqual(events[-1][1]["panel"]["validation"]["verdict"], "review")

    def test_no_key_ends_with_done(self):
        self.use_endpoint(self.simulator.base_url, api_key="")
        events = read_events(self.post(self.create_move()).text)
        self.assertEqual(
            [name for name, _data in events], ["started", "rules", "error", "done"]
        )
        self.assertEqual(named(events, "error")[0]["code"], "no_key")

    def test_limit_is_told_by_status_and_events(self):
        moves = [
            self.create_move([(f"Arriendo de grúa, {days} días", 90_000)])
            for days in range(2, 23)
        ]
        for move in moves[:-1]:
            self.assertEqual(self.post(move).status_code, 200)
        response = self.post(moves[-1])
        self.assertEqual(response.status_code, 429)
        self.assertTrue(1 <= int(response.headers["Retry-After"]) <= 60)
        self.assertEqual(response.headers["X-RateLimit-Remaining"], "0")
        events = read_events(response.text)
        self.assertEqual(named(events, "error")[0]["code"], "too_many_requests")
        self.assertEqual(events[-1][0], "done")
        self.assertEqual(events[-1][1]["panel"]["validation"]["verdict"], "review")
        self.assertEqual(len(self.calls()), 20)

    def limits(self, response):
        """Return the limit and the wait in the headers."""
        names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "Retry-After")
        return tuple(response.headers.get(name) for name in names)

    def test_what_costs_nothing_tells_of_no_limit(self):
        move = self.create_move()
        run_uuid = str(uuid.uuid4())
        self.assertEqual(self.limits(self.post(move, run_uuid)), ("20", "19", None))
        self.assertEqual(self.limits(self.post(move, run_uuid)), (None, None, None))
        self.assertEqual(self.limits(self.post(move)), (None, None, None), "fresh")
        forced = self.post(move, force="1")
        self.assertEqual(
            self.limits(forced), ("20", "18", None), "nothing else counted"
        )

    def test_the_company_is_at_its_limit(self):
        self.company.account_ai_limit_company = 2
        moves = [self.create_move([(f"Grúa, {n} días", 90_000)]) for n in range(2, 5)]
        self.assertEqual(self.limits(self.post(moves[0])), ("2", "1", None))
        self.assertEqual(self.limits(self.post(moves[1])), ("2", "0", None))
        response = self.post(moves[2])
        self.assertEqual(response.status_code, 429)
        limit, remaining, wait = self.limits(response)
        self.assertEqual((limit, remaining), ("2", "0"))
        self.assertTrue(1 <= int(wait) <= 60)
        self.assertEqual(response.headers["X-RateLimit-Reset"], wait)

    def test_an_open_circuit_is_no_fault_of_ours(self):
        move = self.create_move()
        with self.env["account.ai.gateway"]._backend().transaction() as transaction:
            transaction.circuit.failed(self.simulator.base_url, 600.0)
        response = self.post(move)
        self.assertEqual(response.status_code, 200, "the rules have answered")
        limit, remaining, wait = self.limits(response)
        self.assertEqual((limit, remaining), (None, None), "the request did not count")
        self.assertTrue(500 < int(wait) <= 600)
        error = named(read_events(response.text), "error")[0]
        self.assertEqual((error["code"], error["retryable"]), ("circuit_open", True))

    def test_a_budget_says_when_it_begins_anew(self):
        other, move = self.create_move(VAGUE), self.create_move()
        opened = self.start(other).opened
        call = opened.gateway.admit(
            opened.request, opened.owner, f"{opened.run_uuid}:1"
        ).call
        amount = float(call.worst_case_usd) * 1.5  # one fits, and is under way
        self.env["account.ai.budget"].create(
            {"name": "Noviembre", "amount": amount, "period": "day", "tz": "UTC"}
        )
        self.env.flush_all()
        self.env["account.ai.gateway"]._backend().prepare_budgets()
        response = self.post(move)
        self.assertEqual(response.status_code, 429)
        _limit, _remaining, wait = self.limits(response)
        self.assertTrue(0 < int(wait) <= 86400)
        error = named(read_events(response.text), "error")[0]
        self.assertEqual(error["code"], "budget")
        self.assertIn("Noviembre", error["message"])

    def test_sentences_are_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("es_CL")
        self.accountant.lang = "es_CL"
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        events = read_events(self.post(self.create_move(partner=partner)).text)
        message = named(events, "finding")[0]["finding"]["message"]
        self.assertIn("78222333-5", message)
        stored = events[-1][1]["panel"]["validation"]["findings"][0]["message"]
        self.assertEqual(message, stored)

    @mute_logger("odoo.http")
    def test_refused_before_the_stream(self):
        move = self.create_move()
        self.assertEqual(self.post("x").status_code, 400)
        self.assertEqual(self.post(move, run_uuid="1").status_code, 400)
        self.assertEqual(self.post(987_654_321).status_code, 404)
        self.assertEqual(self.post(move, csrf_token="wrong").status_code, 400)
        self.authenticate("plain_accountant", "plain_accountant")
        self.assertEqual(self.post(move).status_code, 403)
        self.authenticate("other_accountant", "other_accountant")
        self.assertEqual(self.post(move).status_code, 403)
        self.assertFalse(self.calls())

    def post_raw(self, data, **options):
        """Post whatever it is, with a token where it is a form; return the answer."""
        self.synchronize()
        if isinstance(data, dict):
            data = [*data.items()]
        if isinstance(data, list):
            data = [*data, ("csrf_token", http.Request.csrf_token(self))]
        return self.opener.post(
            self.base_url() + "/account_ai/validate", data, timeout=30, **options
        )

    @mute_logger("odoo.http", "werkzeug")
    def test_malformed_posts_are_refused_with_a_sentence(self):
        move, run_uuid = str(self.create_move().id), str(uuid.uuid4())
        whole = {"move_id": move, "run_uuid": run_uuid}
        for name, data in {
            "nothing": {},
            "no invoice": {"run_uuid": run_uuid},
            "no run": {"move_id": move},
            "empty": {"move_id": "", "run_uuid": ""},
            "negative": {**whole, "move_id": f"-{move}"},
            "zero": {**whole, "move_id": "0"},
            "digits of another script": {**whole, "move_id": "٣"},
            "superscript": {**whole, "move_id": "²"},
            "NUL": {**whole, "move_id": f"{move}\0"},
            "NUL in the run": {**whole, "run_uuid": f"{run_uuid}\0"},
            "a line break": {**whole, "run_uuid": f"{run_uuid}\n"},
            "5,000 digits": {**whole, "move_id": "9" * 5_000},
            "too large for the database": {**whole, "move_id": str(2**31)},
            "a point": {**whole, "move_id": f"{move}.0"},
            "an underscore": {**whole, "move_id": "1_0"},
            "blanks": {**whole, "move_id": f" {move}"},
            "force": {**whole, "force": "yes"},
            "invoice twice": [*whole.items(), ("move_id", "7")],
            "run twice": [*whole.items(), ("run_uuid", str(uuid.uuid4()))],
        }.items():
            with self.subTest(name):
                response = self.post_raw(data)
                self.assertEqual(response.status_code, 400)
                self.assertRegex(response.text, "must be|more than once")
        for name in ("move_id", "run_uuid", "force"):
            rest = {key: value for key, value in whole.items() if key != name}
            with self.subTest(name):
                response = self.post_raw(rest, files={name: ("x.txt", b"12")})
                self.assertEqual(response.status_code, 400)
        for content_type in ("application/json", "text/plain", "multipart/form-data"):
            with self.subTest(content_type):
                response = self.post_raw(
                    json.dumps(whole).encode(), headers={"Content-Type": content_type}
                )
                self.assertIn(response.status_code, (400, 415))
        self.assertFalse(self.calls())

    @mute_logger("odoo.http", "werkzeug")
    def test_only_posts_are_answered(self):
        url = self.base_url() + "/account_ai/validate"
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
            with self.subTest(method):
                response = self.opener.request(method, url, timeout=10)
                self.assertEqual(response.status_code, 405)

    def expire(self, start):
        """Have the lease of a run be over, as that of a killed process."""
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        validation.sudo().lease_until = self.env.cr.now() - timedelta(seconds=1)
        self.synchronize()

    def test_a_run_whose_process_was_killed_is_not_waited_for(self):
        """Whoever has joined it learns it when its lease is over, and it is closed."""
        move = self.create_move(VAGUE)
        start = self.start(move)
        self.expire(start)
        ended = joined_events(
            self.env.cr.dbname,
            self.accountant.id,
            {},
            move.id,
            start.validation_id,
            60.0,
        )
        with patch("time.sleep", side_effect=AssertionError("it is waited for")):
            [(name, data)] = read_events(b"".join(ended).decode())
        self.assertEqual(name, "done")
        panel = data["panel"]["validation"]
        self.assertEqual((panel["state"], panel["verdict"]), ("interrupted", "review"))

    def test_a_tab_that_comes_back_to_its_killed_run(self):
        move = self.create_move(VAGUE)
        start = self.start(move)
        self.expire(start)
        events = read_events(self.post(move, start.opened.run_uuid).text)
        panel = events[-1][1]["panel"]["validation"]
        self.assertEqual(panel["state"], "interrupted")
        self.assertFalse(self.calls())

    def test_a_run_is_not_taken_for_dead_before_its_deadline(self):
        """And not long after it: who has joined listens as long."""
        start = self.start(self.create_move(VAGUE))
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        lease = (validation.lease_until - validation.create_date).total_seconds()
        deadline = start.opened.deadline_seconds
        self.assertTrue(deadline < lease <= deadline + GRACE_SECONDS)

    def test_a_browser_comes_back_for_the_rest(self):
        """It says which event it has got last, and gets those that follow it."""
        move = self.create_move(VAGUE)
        run_uuid = str(uuid.uuid4())
        first = self.post(move, run_uuid).text
        events = read_events(first)
        numbers = [
            int(line[4:]) for line in first.splitlines() if line.startswith("id: ")
        ]
        self.assertEqual(numbers, list(range(1, len(events) + 1)))
        with patch.object(
            validation_controller, "last_event_id", return_value=len(events) - 2
        ):
            rest = read_events(self.post(move, run_uuid).text)
        self.assertEqual(rest, events[-2:])
        self.assertEqual(len(self.calls()), 1)

    def test_a_second_tab_hears_all_that_its_run_tells(self):
        move = self.create_move(VAGUE)
        start = self.start(move)
        log = event_logs.begin(start.opened.log_key)
        write_opening(log, start.opened)
        log.append("progress", {"characters": 7})
        log.end("done", {"panel": None})
        names = [name for name, _data in read_events(self.post(move).text)]
        self.assertEqual(names, ["started", "rules", "progress", "done"])

    def test_nobody_waits_for_a_run_that_was_never_admitted(self):
        start = self.start(self.create_move(VAGUE))
        with (
            patch.object(validation_stream, "admit", side_effect=SystemExit),
            self.assertRaises(SystemExit),
        ):
            validation_stream.begin_stream(start.opened, None)
        log = event_logs.find(start.opened.log_key)
        self.assertIsNone(log.read(0, 0.0), "the log has ended")

    def test_a_heartbeat_while_another_process_asks(self):
        move = self.create_move(VAGUE)
        validation_id = self.start(move).validation_id
        arguments = (self.env.cr.dbname, self.accountant.id, {}, move.id)
        with (
            patch.object(validation_stream, "HEARTBEAT_SECONDS", 0.0),
            patch.object(validation_stream, "JOINED_POLL_SECONDS", 0.0),
        ):
            told = joined_events(*arguments, validation_id, 60.0)
            self.assertEqual([next(told), next(told)], [HEARTBEAT, HEARTBEAT])

    def test_a_colleague_does_not_hear_what_another_one_is_told(self):
        """The words are those of another person's rights and language."""
        move = self.create_move(VAGUE)
        start = self.start(move, user=self.reviewer)
        log = event_logs.begin(start.opened.log_key)
        log.end("done", {"panel": {"of": "somebody else"}})
        self.carry_out(start.opened)
        with patch.object(validation_controller, "last_event_id", return_value=1):
            answer = self.post(move).text
        self.assertNotIn("somebody else", answer)

    def test_joined_run(self):
        """A second tab is told what is known, and the result when it has come."""
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        move = self.create_move(VAGUE, partner=partner)
        start = self.start(move)
        gateways = self.env.registry["account.ai.gateway"]
        impatient = Policy(deadline_seconds=0.0)
        with (
            patch.object(gateways, "_policy", lambda *_args: impatient),
            patch.object(validation_controller, "GRACE_SECONDS", 0.0),
        ):
            events = read_events(self.post(move).text)
        self.assertEqual(
            [name for name, _data in events],
            ["started", "finding", "rules", "waiting", "done"],
        )
        self.assertEqual(events[0][1]["validation_id"], start.validation_id)
        self.assertEqual(events[1][1]["finding"]["code"], "RUT_DV")
        self.assertEqual(events[-1][1]["panel"]["validation"]["state"], "running")
        self.carry_out(start.opened)
        ended = joined_events(
            self.env.cr.dbname,
            self.accountant.id,
            {},
            move.id,
            start.validation_id,
            60.0,
        )
        [(name, data)] = read_events(b"".join(ended).decode())
        self.assertEqual(name, "done")
        self.assertEqual(data["panel"]["validation"]["state"], "done")
