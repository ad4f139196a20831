import re
from functools import partial

from werkzeug.exceptions import BadRequest

from odoo import http
from odoo.http import request

from ...models.validation.account_ai_validation_begin import Begun, ValidationRequest
from ...models.validation.running.asking import event_logs
from ...models.validation.running.execution import error_data
from ...services.common.event_log import EventLog
from ...services.common.turns import beginning
from ..common.event_stream import (
    EventStreamResponse,
    encode_events,
    follow,
    last_event_id,
)
from ..common.request_checks import check_method, check_once, record_id
from .validation_stream import (
    GRACE_SECONDS,
    begin_stream,
    joined_events,
    started_data,
    write_opening,
)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ValidationController(http.Controller):
    """Validates an invoice and tells what it finds, as it finds it."""

    @http.route(
        "/account_ai/validate",
        type="http",
        auth="user",
        methods=["POST"],
        save_session=False,
    )
    def validate(self, move_id="", run_uuid="", force="", **_form):
        """Validate an invoice; the answer is a ``text/event-stream``.

        Everything that needs the database happens here, and may be replayed by Odoo:
        the validation's UUID, made by the browser, leads back to it. Claude is asked
        when the transaction is over.

        :param str move_id: id of the invoice
        :param str run_uuid: UUID of the run, made by who asks
        :param str force: ``1`` asks Claude although nothing has changed
        """
        check_method("POST")
        if not isinstance(run_uuid, str) or not _UUID.fullmatch(run_uuid):
            raise BadRequest(request.env._("run_uuid must be a UUID, in lower case."))
        if force not in ("", "0", "1"):
            raise BadRequest(request.env._("force must be 0 or 1."))
        number = record_id(move_id)
        if number is None:
            raise BadRequest(
                request.env._("move_id must be the id of an invoice, a whole number.")
            )
        check_once("move_id", "run_uuid", "force")
        wanted = ValidationRequest(number, run_uuid, force=force == "1")
        with beginning.turn():
            (start,) = request.env["account.ai.validation"]._begin([wanted])
        validation = request.env["account.ai.validation"].browse(start.validation_id)
        log = None if start.opened else self._log_of(start, validation)
        if start.kind == "ask":
            begin = partial(begin_stream, start.opened)
        elif log:
            after, seconds = last_event_id(), self._longest(validation)
            begin = lambda _response: follow(log, seconds, after)  # noqa: E731
        elif start.kind == "joined":
            begin = self._joined(validation)
        else:
            events = self._stored_events(start, validation)
            begin = lambda _response: [events]  # noqa: E731
        return EventStreamResponse(begin)

    @staticmethod
    def _log_of(start: Begun, validation) -> EventLog | None:
        """Return the log of what was begun before, for who comes late: when the same
        person began it in this process, and it is under way or the browser says that it
        has got a part of it."""
        if validation.user_id != request.env.user:
            return None
        if start.kind != "joined" and not last_event_id():
            return None
        return event_logs.find((request.env.cr.dbname, validation.run_uuid))

    @staticmethod
    def _longest(validation) -> float:
        """Return for how many seconds a validation is listened to at most."""
        policy = request.env["account.ai.gateway"]._policy(validation.company_id)
        return policy.deadline_seconds + GRACE_SECONDS

    def _joined(self, validation):
        """Return what is known of a validation that is under way elsewhere, and its
        end."""
        env = request.env
        seconds = self._longest(validation)
        opening = EventLog()
        self._write_stored(opening, validation, validation._running_findings())
        opening.append("waiting", {"model": validation.model or ""})
        dbname, uid, context = env.cr.dbname, env.uid, dict(env.context)
        ids = (validation.move_id.id, validation.id)

        def begin(_response):
            yield encode_events(opening.read(0, 0.0))
            yield from joined_events(dbname, uid, context, *ids, seconds)

        return begin

    def _stored_events(self, start: Begun, validation) -> bytes:
        """Return the events of a result that is stored already."""
        log = EventLog()
        if start.opened:
            write_opening(log, start.opened)
            if start.opened.error:
                log.append("error", error_data(start.opened.error, start.opened))
        else:
            findings = validation.finding_ids._panel_data()
            self._write_stored(log, validation, findings, start.kind == "fresh")
        log.end("done", {"panel": validation.move_id.account_ai_panel()})
        return encode_events(log.read(0, 0.0))

    @staticmethod
    def _write_stored(log: EventLog, validation, findings: list[dict], fresh=False):
        """Write what is known of a validation that was begun before."""
        started = started_data(
            *(validation.run_uuid, validation.id, validation.simulated, fresh)
        )
        log.append("started", started)
        for finding in findings:
            log.append("finding", {"finding": finding})
        log.append("rules", {"verdict": validation.rules_verdict})
