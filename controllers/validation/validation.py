import re

from werkzeug.exceptions import BadRequest

from odoo import http
from odoo.http import request

from ...models.validation.account_ai_run_start import Start
from ...services.common.turns import beginning
from ..common.request_checks import check_method, check_once, record_id
from .validation_stream import (
    GRACE_SECONDS,
    EventStreamResponse,
    ValidationStream,
    encode_event,
    error_event,
    finding_events,
    joined_events,
    rule_events,
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
        the run's UUID, made by the browser, leads back to the same run. Claude is asked
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
        move = request.env["account.move"].browse(number)
        validations = request.env["account.ai.validation"]
        with beginning.turn():
            start = validations._start(move, run_uuid, force=force == "1")
        if start.kind == "run":
            begin = ValidationStream(start.run).begin
        elif start.kind == "joined":
            begin = self._joined(start)
        else:
            events = self._stored_events(start)
            begin = lambda _response: events  # noqa: E731
        return EventStreamResponse(begin)

    def _joined(self, start: Start):
        """Return the events of a run that is under way elsewhere."""
        env = request.env
        validation = env["account.ai.validation"].browse(start.validation_id)
        opening = self._opening(validation, fresh=False) + finding_events(
            validation._running_findings(), validation.rules_verdict
        )
        opening += encode_event("waiting", {"model": validation.model or ""})
        policy = env["account.ai.gateway"]._policy(validation.company_id)
        seconds = policy.deadline_seconds + GRACE_SECONDS
        dbname, uid, context = env.cr.dbname, env.uid, dict(env.context)
        ids = (validation.move_id.id, validation.id)

        def begin(_response):
            yield opening
            yield from joined_events(dbname, uid, context, *ids, seconds)

        return begin

    def _stored_events(self, start: Start) -> list[bytes]:
        """Return the events of a result that is stored already."""
        env = request.env
        validation = env["account.ai.validation"].browse(start.validation_id)
        events = [self._opening(validation, fresh=start.kind == "fresh")]
        if start.run:
            events += rule_events(start.run)
            if start.run.error:
                events.append(error_event(start.run.error, start.run))
        else:
            findings = validation.finding_ids._panel_data()
            events.append(finding_events(findings, validation.rules_verdict))
        panel = validation.move_id.account_ai_panel()
        return [*events, encode_event("done", {"panel": panel})]

    @staticmethod
    def _opening(validation, fresh: bool) -> bytes:
        return encode_event(
            "started",
            {
                "run_uuid": validation.run_uuid,
                "validation_id": validation.id,
                "simulated": validation.simulated,
                "fresh": fresh,
            },
        )
