from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from ...services.claude.ports import Alert
from ...services.common.translation import _ as _lt
from ...services.costs.csv_file import INTERNATIONAL, MARK, lines_of
from ...services.validation.finding import Origin
from ...services.validation.review import reviewed_verdict
from ...services.validation.verdict import Verdict, is_worse, verdict_of
from .presentation import sentence

OWN_REFUSALS = ("too_many_requests", "budget", "too_large", "price_unknown")
"""What a person could bring about to be rid of a *reject*, until 19.0.1.3.0."""
PROBLEMS = {
    "verdict_on_invoice": _lt("The invoice showed a verdict of no validation; mended."),
    "verdict_of_validation": _lt(
        "The validation said better than its findings; mended."
    ),
    "no_call": _lt("The validation has a verdict of Claude, but there was no call."),
    "override_company": _lt("The override is of another company than the invoice."),
    "override_reason": _lt("The override has no reason."),
    "override_right": _lt("The person named has no right to override."),
    "rules_only": _lt(
        "Posted by the rules alone although Claude had rejected the same document."
    ),
    "dialog_rewritten": _lt("Somebody else changed the open posting dialog."),
    "rate": _lt("Changed by somebody who administers one company only."),
}


class Inconsistency(NamedTuple):
    """A record that neither a run nor a decision explains."""

    company_id: int
    """0: it concerns all companies."""
    model: str
    record_id: int
    problem: str


class AccountAiConsistency(models.AbstractModel):
    """Looks for what earlier releases let people write, once, when they are upgraded.

    What follows from other records is corrected; the rest is listed for administrators,
    in an alert of each company with a file.
    """

    _name = "account.ai.consistency"
    _description = "Check of What Earlier Releases Have Stored"

    # === BUSINESS METHODS === #

    def _check_upgrade(self, version: str):
        """Correct and list what the release before ``version`` may have let through."""
        self._close_lost_runs()
        self._forget_answers_without_result()
        found = [
            *self._verdicts_of_validations(),
            *self._verdicts_on_invoices(),
            *self._answers_without_call(),
            *self._overrides(),
            *self._posted_by_rules_alone(),
            *self._rewritten_dialogs(),
            *self._rates(),
        ]
        self._remove_dialogs()
        self._report(version, found)
        return found

    # === BUSINESS METHODS - CORRECT === #

    def _close_lost_runs(self):
        """Close runs whose process is gone, as the sweeper does."""
        lost = self._validations().search(
            [
                ("state", "=", "running"),
                "|",
                ("lease_until", "=", False),
                ("lease_until", "<", self.env.cr.now()),
            ]
        )
        lost._interrupt()

    def _forget_answers_without_result(self):
        """Delete stored answers of which no validation was made: some cannot be stored,
        and the invoice would fail with them again and again."""
        self.env["account.ai.validation"].flush_model()
        self.env.cr.execute(
            """
            DELETE FROM account_ai_answer answer
             WHERE NOT EXISTS (
                SELECT FROM account_ai_validation validation
                 WHERE validation.fingerprint = answer.fingerprint
                   AND validation.company_id = answer.company_id
                   AND validation.state = 'done'
                   AND validation.degraded_code IS NULL)
            """
        )

    def _verdicts_of_validations(self) -> Iterator[Inconsistency]:
        """Judge those again whose verdict is better than what was found."""
        ended = self._validations().search([("state", "=", "done")])
        for validation in ended:
            findings = [finding._as_found() for finding in validation.finding_ids]
            model = Verdict(validation.model_verdict or Verdict.REVIEW)
            rules = verdict_of(each for each in findings if each.origin is Origin.RULE)
            stored = Verdict(validation.verdict or Verdict.SEND)
            answered = model if validation.model_verdict else None
            if is_worse(reviewed_verdict(findings, answered), stored) or is_worse(
                rules, Verdict(validation.rules_verdict or Verdict.SEND)
            ):
                validation._judge_reviewed()
                yield self._inconsistency(validation, "verdict_of_validation")

    def _verdicts_on_invoices(self) -> Iterator[Inconsistency]:
        """Have invoices show the verdict of the validation that they name.

        One that names none, or another invoice's, shows its newest with an answer.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.id, (
                    SELECT id
                      FROM account_ai_validation own
                     WHERE own.move_id = move.id
                       AND own.state IN ('done', 'interrupted')
                     ORDER BY own.id = named.id DESC,
                              own.state = 'done' AND own.degraded_code IS NULL DESC,
                              own.id DESC
                     LIMIT 1)
                  FROM account_move move
                  LEFT JOIN account_ai_validation named
                    ON named.id = move.account_ai_validation_id
                   AND named.move_id = move.id
                 WHERE (move.account_ai_verdict IS NOT NULL
                        OR move.account_ai_validation_id IS NOT NULL)
                   AND move.account_ai_verdict IS DISTINCT FROM named.verdict
                 ORDER BY move.id
                """
            )
        )
        for move_id, validation_id in rows:
            validation = self._validations().browse(validation_id)
            self.env.cr.execute(
                """UPDATE account_move
                      SET account_ai_validation_id = %s, account_ai_verdict = %s
                    WHERE id = %s""",
                (validation_id, validation.verdict or None, move_id),
            )
            yield self._inconsistency(
                self.env["account.move"].browse(move_id), "verdict_on_invoice"
            )
        self.env["account.move"].invalidate_model()

    def _remove_dialogs(self):
        """Delete open dialogs: they are worked out again when they are opened."""
        for name, model in self.env.items():
            if name.startswith("account.ai.") and model._transient and model._auto:
                self.env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(model._table)))
                model.invalidate_model(flush=False)

    # === BUSINESS METHODS - LIST === #

    def _answers_without_call(self) -> Iterator[Inconsistency]:
        """Return validations that claim an answer of Claude for which the ledger, as
        far back as it is kept in detail, has no call."""
        usages = self.env["account.ai.usage"]
        since = self.env.cr.now() - timedelta(days=usages._detail_days())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT validation.id
                  FROM account_ai_validation validation
                 WHERE validation.model_verdict IS NOT NULL
                   AND validation.from_store IS NOT TRUE
                   AND validation.trigger <> 'rules'
                   AND validation.create_date >= %s
                   AND NOT EXISTS (
                       SELECT FROM account_ai_usage usage
                        WHERE usage.run_uuid = validation.run_uuid)
                 ORDER BY validation.id
                """,
                since,
            )
        )
        for validation in self._validations().browse(row[0] for row in rows):
            yield self._inconsistency(validation, "no_call")

    def _overrides(self) -> Iterator[Inconsistency]:
        """Return overrides that do not fit their invoice, or the person they name."""
        # sudo: an upgrade looks at all companies
        records = self.env["account.ai.posting.record"].sudo()
        for record in records.search([("decision", "=", "overridden")]):
            if record.company_id != record.move_id.company_id:
                yield self._inconsistency(record, "override_company")
            elif not (record.reason or "").strip():
                yield self._inconsistency(record, "override_reason")
            elif not record.user_id.has_group("account_ai.group_override"):
                yield self._inconsistency(record, "override_right")

    def _posted_by_rules_alone(self) -> Iterator[Inconsistency]:
        """Return postings for which an attempt that our own limits refused stood in for
        Claude's *reject* about the same document."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT record.id
                  FROM account_ai_posting_record record
                 WHERE record.decision = 'rules_only'
                   AND EXISTS (
                       SELECT FROM account_ai_validation answer
                        WHERE answer.move_id = record.move_id
                          AND answer.document_fingerprint = record.document_fingerprint
                          AND answer.state = 'done'
                          AND answer.degraded_code IS NULL
                          AND answer.verdict = 'reject'
                          AND answer.create_date <= record.create_date)
                   AND EXISTS (
                       SELECT FROM account_ai_validation attempt
                        WHERE attempt.move_id = record.move_id
                          AND attempt.degraded_code IN %s
                          AND attempt.create_date <= record.create_date)
                 ORDER BY record.id
                """,
                OWN_REFUSALS,
            )
        )
        # sudo: an upgrade looks at all companies
        records = self.env["account.ai.posting.record"].sudo()
        for record in records.browse(row[0] for row in rows):
            yield self._inconsistency(record, "rules_only")

    def _rewritten_dialogs(self) -> Iterator[Inconsistency]:
        """Return open posting dialogs that somebody else than their owner changed."""
        rows = self.env.execute_query(
            SQL("SELECT id FROM account_ai_posting WHERE write_uid <> create_uid")
        )
        # sudo: dialogs of everybody
        dialogs = self.env["account.ai.posting"].sudo()
        for dialog in dialogs.browse(row[0] for row in rows):
            company = dialog.create_uid.company_id
            yield Inconsistency(company.id, dialog._name, dialog.id, "dialog_rewritten")

    def _rates(self) -> Iterator[Inconsistency]:
        """Return rates, which hold for all companies, that somebody changed last who
        does not administer the system."""
        # sudo: rates of the product, whoever upgrades
        rates = self.env["account.ai.rate"].sudo()
        for rate in rates.search([("write_uid", "!=", api.SUPERUSER_ID)]):
            if not rate.write_uid.has_group("base.group_system"):
                yield self._inconsistency(rate, "rate")

    # === BUSINESS METHODS - REPORT === #

    def _report(self, version: str, inconsistencies: list[Inconsistency]):
        """Alert the administrators of each company, with the list as a file."""
        by_company: dict[int, list[Inconsistency]] = {}
        for each in inconsistencies:
            by_company.setdefault(each.company_id, []).append(each)
        # sudo: alerts are written by the product only
        alerts = self.env["account.ai.alert"].sudo()
        for company_id, found in by_company.items():
            key = f"consistency:{version}:{company_id}"
            alerts._raise_alert(
                Alert(
                    kind="consistency",
                    key=key,
                    title=_lt("Records to look at after the upgrade"),
                    message=_lt(
                        "The upgrade to %(version)s found records that no validation "
                        "and no decision explains: %(count)s. What follows from other "
                        "records was mended; the attached list names all of them. Look "
                        "at each and decide whether it is to be corrected."
                    ),
                    company_id=company_id,
                    params={"version": version, "count": str(len(found))},
                )
            )
            alert = alerts.search([("key", "=", key)])
            name = f"account_ai_{version}.csv"
            alert.message_post(attachments=[(name, self._file_of(found))])

    def _file_of(self, found: list[Inconsistency]) -> bytes:
        """Return the list as CSV, in the language of the environment.

        Without names: who reads the alert need not be allowed to read each invoice.
        """
        rows = [(self.env._("Model"), self.env._("ID"), self.env._("Problem"))]
        for each in found:
            problem = sentence(PROBLEMS[each.problem], {}, get_lang(self.env))
            rows.append((each.model, each.record_id, problem))
        return MARK.encode() + lines_of(rows, INTERNATIONAL)

    def _inconsistency(self, record, problem: str) -> Inconsistency:
        company = record.company_id if "company_id" in record._fields else None
        return Inconsistency(
            company.id if company else 0, record._name, record.id, problem
        )

    def _validations(self):
        # sudo: an upgrade looks at all companies
        return self.env["account.ai.validation"].sudo()
