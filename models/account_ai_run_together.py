from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from odoo import api, models
from odoo.models import BaseModel
from odoo.tools import SQL, ormcache

from .account_ai_run_start import COMPANY_FIELDS, Known, Start
from .backend.cursor import open_cursor
from .running.together import Together
from .running.turns import beginning

TOGETHER_TYPES = ("out_invoice", "out_refund")
"""What the books say around a vendor's document (Odoo's warnings, attached files)
depends on who looks in more ways than record rules: those are begun alone."""
_READ_MODELS = ("account.move", "account.move.line", "res.partner")
"""What the reader searches for documents of these types, with the user's access. And
projects: who sees one depends on the person, so that what is charged to any project is
begun alone."""


class Wish(NamedTuple):
    """Somebody wants an invoice to be validated."""

    uid: int
    context: Mapping[str, Any]
    move_id: int
    run_uuid: str


beginnings: Together[Wish, Start] = Together()
"""The beginnings of this process."""


class AccountAiRunTogether(models.AbstractModel):
    """Begins the validations together that are asked for in the same moment.

    Two statements a document become two for all of them. Only the plain case is done
    so: a customer's document that the user may read and that nobody has validated as
    it is. Whatever else it may be (a replay, a double click, a fresh result, an error,
    another one's document) is begun alone, in the transaction of its own request.
    """

    _name = "account.ai.run.together"
    _description = "Beginning of Validations Together"

    # === BUSINESS METHODS === #

    @api.model
    def _start_in_turn(self, move, run_uuid: str, force: bool = False) -> Start:
        """Begin to validate ``move`` as :meth:`_start` does, with others if there are.

        A run that was begun together is committed already, by a cursor of its own: the
        request's transaction has nothing to store and does not see it.
        """

        def alone() -> Start:
            with beginning.turn():
                return self._start(move, run_uuid, force=force)

        rights = None if force else self._reading_rights()
        with beginning.ahead():
            if rights is None:
                return alone()
            return beginnings.do(
                (self.env.cr.dbname, rights, self._shared_context()),
                Wish(self.env.uid, dict(self.env.context), move.id, run_uuid),
                self._start_committed,
                alone,
            )

    def _shared_context(self) -> tuple:
        """Return the context but for the user: language, time zone, companies."""
        context = self.env.context
        return tuple(
            sorted((name, repr(context[name])) for name in context if name != "uid")
        )

    @api.model
    @ormcache(
        "self.env.uid",
        "self.env.su",
        "tuple(self.env['ir.rule']._compute_domain_context_values())",
    )
    def _reading_rights(self) -> tuple | None:
        """Return what decides which records the user may read for a validation.

        Users for whom it is equal read the same: their groups, their companies and
        the record rules as they come out for them, so that a rule that names the user
        tells them apart. It is kept where Odoo keeps the domains of record rules, and
        forgotten with them.

        ``None`` where a model decides in code of its own who finds what.
        """
        found = [self.env[name] for name in _READ_MODELS if name in self.env]
        if any(type(model)._search is not BaseModel._search for model in found):
            return None
        rules = self.env["ir.rule"]
        user = self.env.user
        return (
            self.env.su,
            self.env.company.id,
            tuple(self.env.companies.ids),
            tuple(sorted(user._get_company_ids())),
            tuple(sorted(user._get_group_ids())),
            tuple(repr(rules._compute_domain(model._name)) for model in found),
        )

    @api.model
    def _start_committed(self, wishes: Sequence[Wish]) -> list[Start | None]:
        """Begin the validations of several users with equal rights, and commit.

        The cursor keeps Odoo's isolation: all queries see the same moment, so that no
        document is read half before and half after somebody's change.
        """
        with open_cursor(self.env.cr.dbname, read_committed=False) as cursor:
            env = api.Environment(cursor, self.env.uid, dict(self.env.context))
            return env["account.ai.validation"]._start_together(wishes)

    @api.model
    def _start_together(self, wishes: Sequence[Wish]) -> list[Start | None]:
        """Begin the validations of several users, who may read the same as this one.

        :return: for each the run to ask Claude for; ``None``: to be begun alone
        """
        self._check_may_validate()
        # sudo: settings for code; see _start
        self.env.companies.sudo().fetch(COMPANY_FIELDS)
        by_move = {wish.move_id: wish for wish in reversed(wishes)}
        readings = {
            move_id: reading
            for move_id, reading in self.env["account.ai.document.reader"]
            ._read_with_places(self._plain_moves(list(by_move)))
            .items()
            if reading.company_country == "CL"
        }
        known: dict[int, list[Known]] = {}
        for other in self._known_among(
            list(readings), [by_move[move_id].run_uuid for move_id in readings]
        ):
            known.setdefault(other.move_id, []).append(other)
        judged = self._judge_all_by_rules(list(readings.values()))
        doors = {
            company_id: self._door(company_id)
            for company_id in {each.company_id for each in readings.values()}
        }
        begun = []
        for reading, each in zip(readings.values(), judged, strict=True):
            wish = by_move[reading.move_id]
            run = self._prepare(
                reading,
                wish.run_uuid,
                lane="screen",
                judged=each,
                door=doors[reading.company_id],
            )
            if run.error:
                continue
            run.uid, run.context = wish.uid, {**wish.context, "lang": self.env.lang}
            run.owner = replace(run.owner, user_id=wish.uid)
            fingerprints = self._fingerprints(run, reading)
            if any(
                other.run_uuid == wish.run_uuid or other.fingerprint in fingerprints
                for other in known.get(reading.move_id, ())
            ):
                continue
            begun.append((run, self._values_of(run, reading, "user", fingerprints[0])))
        ids = self._insert_many([values for _run, values in begun])
        for run, _values in begun:
            run.validation_id = ids.get(run.run_uuid, 0)
        runs = {run.run_uuid: run for run, _values in begun if run.validation_id}
        return [
            Start("run", run.validation_id, run, committed=True)
            if (run := runs.get(wish.run_uuid)) and by_move[wish.move_id] is wish
            else None
            for wish in wishes
        ]

    def _plain_moves(self, move_ids: list[int]):
        """Return those that the user may read and that may be begun together."""
        moves = self.env["account.move"]
        moves.flush_model(["move_type"])
        self.env["account.move.line"].flush_model(["analytic_distribution"])
        self.env["project.project"].flush_model(["account_id"])
        readable = moves._search(
            [("id", "in", move_ids), ("move_type", "in", TOGETHER_TYPES)]
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.id
                  FROM (%s) move
                 WHERE NOT EXISTS (
                       SELECT
                         FROM account_move_line line
                        CROSS JOIN jsonb_object_keys(line.analytic_distribution) ids
                        CROSS JOIN unnest(string_to_array(ids, ',')) account(id)
                         JOIN project_project project
                           ON project.account_id::text = account.id
                        WHERE line.move_id = move.id)
                """,
                readable.select(),
            )
        )
        return moves.browse(move_id for (move_id,) in rows)
