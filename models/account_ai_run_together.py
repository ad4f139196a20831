from __future__ import annotations

import ast
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from odoo import api, models
from odoo.models import BaseModel
from odoo.tools import SQL, ormcache

from odoo.addons.base.models.ir_rule import IrRule

from .account_ai_run_start import COMPANY_FIELDS, Start
from .backend.cursor import open_cursor
from .running.asking import Asking
from .running.execution import admit_all
from .running.together import Together
from .running.turns import beginning, unasked

_logger = logging.getLogger(__name__)

TOGETHER_TYPES = ("out_invoice", "out_refund")
"""What the books say around a vendor's document (Odoo's warnings, attached files)
depends on who looks in more ways than record rules: those are begun alone."""
_READ_MODELS = ("account.move", "account.move.line", "res.partner")
"""What the reader searches for documents of these types, with the user's access. And
projects: who sees one depends on the person, so that what is charged to any project is
begun alone."""

_NAMES_OF_COMPANIES = frozenset(("company_id", "company_ids", "time"))
"""What a record rule may name without looking at the user."""


class Wish(NamedTuple):
    """Somebody wants an invoice to be validated."""

    uid: int
    context: Mapping[str, Any]
    move_id: int
    run_uuid: str


beginnings: Together[Wish, Start] = Together(
    even_one=True, gather=True, before=unasked.wait
)
"""The beginnings of this process."""


class AccountAiRunTogether(models.AbstractModel):
    """Begins the validations together that are asked for in the same moment.

    Two statements a document become two for all of them. Only the plain case is done
    so: a customer's document that the user may read and that nobody has validated
    before. Whatever else it may be (a replay, a double click, a result that may be
    fresh, an error, another one's document) is begun alone, in the transaction of its
    own request.
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

        def together(wishes: Sequence[Wish]) -> list[Start | None]:
            return self._ask(self._start_committed(wishes, rights))

        self._check_may_validate()
        rights = None if force else self._reading_rights()
        with beginning.ahead():
            if rights is None:
                return alone()
            return beginnings.do(
                (self.env.cr.dbname, rights, self._shared_context()),
                Wish(self.env.uid, dict(self.env.context), move.id, run_uuid),
                together,
                alone,
            )

    def _shared_context(self) -> tuple:
        """Return the context but for the user: language, time zone, companies."""
        context = self.env.context
        return tuple(
            sorted((name, repr(context[name])) for name in context if name != "uid")
        )

    # === BUSINESS METHODS - RIGHTS === #

    @api.model
    @ormcache(
        "self.env.uid",
        "self.env.su",
        "tuple(self.env['ir.rule']._compute_domain_context_values())",
    )
    def _reading_rights(self) -> tuple | None:
        """Return what decides which records the user may read for a validation.

        Users for whom it is equal read the same: their groups and their companies, and
        the user alone where a record rule may look at anything else. It is kept where
        Odoo keeps the domains of record rules, and forgotten with them.

        ``None`` where a model decides in code of its own who finds what.
        """
        found = [self.env[name] for name in _READ_MODELS if name in self.env]
        if any(type(model)._search is not BaseModel._search for model in found):
            return None
        user = self.env.user
        groups = user._get_group_ids()
        telling_apart = self._groups_told_apart()
        is_apart = telling_apart is None or not telling_apart.isdisjoint(groups)
        return (
            self.env.su,
            self.env.company.id,
            tuple(self.env.companies.ids),
            tuple(sorted(user._get_company_ids())),
            tuple(sorted(groups)),
            user.id if is_apart else 0,
        )

    @api.model
    @ormcache()
    def _groups_told_apart(self) -> frozenset[int] | None:
        """Return the groups whose members may read differently though groups and
        companies are the same, since a record rule looks at the user, or at anything
        else; ``None`` when that may be so for everybody.
        """
        rules = self.env["ir.rule"]
        if any(
            getattr(type(rules), name) is not getattr(IrRule, name)
            for name in ("_get_rules", "_compute_domain")
        ):
            return None
        if any(self.env[name]._inherits for name in _READ_MODELS):
            return None  # rules of other models count as well
        groups: set[int] = set()
        # sudo: rules are read by code, as Odoo does itself
        for rule in rules.sudo().search([("model_id.model", "in", _READ_MODELS)]):
            model = self.env[rule.model_id.model]
            if _looks_at_companies_only(rule.domain_force or "[]", model):
                continue
            if not rule.groups:
                return None
            groups.update(rule.groups.ids)
        return frozenset(groups)

    @api.model
    @ormcache("rights")
    def _reader_with(self, rights: tuple) -> int:
        """Return one of the users who have ``rights``, always the same.

        Odoo works out groups, access rights and record rules for each user: who reads
        for many is better somebody for whom that is done.
        """
        return self.env.uid

    # === BUSINESS METHODS - BEGIN === #

    @api.model
    def _start_committed(
        self, wishes: Sequence[Wish], rights: tuple
    ) -> list[Start | None]:
        """Begin the validations of several users with equal rights, and commit.

        The cursor keeps Odoo's isolation: all queries see the same moment, so that no
        document is read half before and half after somebody's change.
        """
        reader = self.with_user(self._reader_with(rights))
        uid = reader.env.uid if reader._reading_rights() == rights else self.env.uid
        with open_cursor(self.env.cr.dbname, read_committed=False) as cursor:
            env = api.Environment(cursor, uid, {**self.env.context, "uid": uid})
            return env["account.ai.validation"]._start_together(wishes)

    @api.model
    def _ask(self, starts: Sequence[Start | None]) -> list[Start | None]:
        """Ask Claude for those runs whose calls pass all guards just so.

        The others are admitted by their requests, which learn what there is to it.
        """
        runs = [start.run for start in starts if start]
        unasked.add(run.run_uuid for run in runs)
        try:
            admissions = admit_all(runs)
        except Exception:
            # The runs are committed: begun anew, they would only be found under way.
            _logger.info("%s are admitted one by one", len(runs), exc_info=True)
            return list(starts)
        askings = {
            run.run_uuid: Asking(run, admission).start()
            for run, admission in zip(runs, admissions, strict=True)
            if admission is not None
        }
        return [
            start and start._replace(asking=askings.get(start.run.run_uuid))
            for start in starts
        ]

    @api.model
    def _start_together(self, wishes: Sequence[Wish]) -> list[Start | None]:
        """Begin the validations of several users, who may read the same as this one.

        :return: for each the run to ask Claude for; ``None``: to be begun alone
        """
        self._check_may_validate()
        # sudo: settings for code; see _start
        self.env.companies.sudo().fetch(COMPANY_FIELDS)
        by_move = {wish.move_id: wish for wish in reversed(wishes)}
        moves = self.env["account.move"].browse(by_move)
        reader = self.env["account.ai.document.reader"]
        found = reader._read_with_places(moves, only=self._plain_condition())
        readings = [each for each in found.values() if each.company_country == "CL"]
        judged = self._judge_all_by_rules(readings)
        doors = {
            company_id: self._door(company_id)
            for company_id in {each.company_id for each in readings}
        }
        begun = []
        for reading, each in zip(readings, judged, strict=True):
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
            fingerprint = run.request.fingerprint(run.endpoint)
            begun.append((run, self._values_of(run, reading, "user", fingerprint)))
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

    def _plain_condition(self) -> SQL:
        """Return the condition for an ``account_move`` that may be begun together.

        ``OFFSET 0`` has PostgreSQL look up each of the few documents, rather than
        think about how else to join, which takes it longer than the whole query.
        """
        self.env["account.move"].flush_model(["move_type"])
        self.flush_model(["move_id", "state"])
        self.env["account.move.line"].flush_model(["analytic_distribution"])
        self.env["project.project"].flush_model(["account_id"])
        return SQL(
            """
            account_move.move_type IN %s
            AND NOT EXISTS (
                SELECT
                  FROM account_ai_validation known
                 WHERE known.move_id = account_move.id
                   AND known.state IN ('running', 'done')
                OFFSET 0)
            AND NOT EXISTS (
                SELECT
                  FROM account_move_line line
                 CROSS JOIN jsonb_object_keys(line.analytic_distribution) ids
                 CROSS JOIN unnest(string_to_array(ids, ',')) account(id)
                  JOIN project_project project
                    ON project.account_id::text = account.id
                 WHERE line.move_id = account_move.id
                OFFSET 0)
            """,
            TOGETHER_TYPES,
        )


def _looks_at_companies_only(domain: str, model: BaseModel) -> bool:
    """Return whether a rule's domain comes out the same for all users of the same
    companies: it names nothing else, and no field that is searched by code, which may
    look at the user by itself (who follows it, whose activity it is)."""
    try:
        tree = ast.parse(domain.strip(), mode="eval")
    except SyntaxError:
        return False
    return all(
        node.id in _NAMES_OF_COMPANIES
        if isinstance(node, ast.Name)
        else _is_stored(node, model)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) or _is_condition(node)
    )


def _is_condition(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Tuple | ast.List)
        and len(node.elts) == 3
        and isinstance(node.elts[0], ast.Constant)
        and isinstance(node.elts[0].value, str)
        and node.elts[0].value not in ("&", "|", "!")
    )


def _is_stored(condition: ast.Tuple | ast.List, model: BaseModel) -> bool:
    """Return whether all fields of a condition are columns or relations of the
    database; not for one that ``model`` does not know, nor for a domain within it."""
    path, operator, _value = condition.elts
    if not isinstance(operator, ast.Constant) or "any" in str(operator.value):
        return False
    for name in path.value.split("."):
        field = model._fields.get(name) if model is not None else None
        if field is None or not field.store:
            return False
        model = model.env[field.comodel_name] if field.relational else None
    return True
