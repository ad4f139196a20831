from collections.abc import Iterator

from odoo import api, http
from odoo.http import content_disposition, request

from ...models.common.cursor import open_cursor
from ...models.costs.sql.attribution import (
    COLUMNS,
    Scope,
    read_account_shares,
    read_detail,
    readable_accounts,
)
from ...services.costs.csv_file import MARK, Dialect, lines_of
from ..common.request_checks import check_method, record_id

CHUNK_ROWS = 1_000
_ANALYTIC_COLUMNS = (
    *("plan", "account_code", "account", "account_id"),
    *("calls", "cost_usd", "cost_company", "company_currency"),
)


class CostExportController(http.Controller):
    """Downloads what Claude costs."""

    @http.route(
        "/account_ai/costs/export/<string:export_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def export(self, export_id):
        """Send the file that a dialog describes, a piece at a time.

        Only who opened the dialog finds it; what is in the file is read with this
        person's access.

        :param str export_id: id of the dialog
        """
        check_method("GET", "HEAD")
        number = record_id(export_id)
        if number is None:
            raise request.not_found()
        export = request.env["account.ai.cost.export"].browse(number).exists()
        if not export:
            raise request.not_found()
        export.check_access("read")
        scope = export._scope()
        dialect = export._csv_dialect()
        if export.content == "analytic":
            body = iter([_analytic_lines(export, scope, dialect)])
        else:
            body = _detail_lines(request.env, scope, dialect)
        return request.make_response(
            body,
            headers=[
                ("Content-Type", "text/csv; charset=utf-8"),
                ("Content-Disposition", content_disposition(export._file_name())),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )


def _detail_lines(
    env: api.Environment, scope: Scope, dialect: Dialect
) -> Iterator[bytes]:
    """Yield the file in pieces of some rows.

    Each is read on a cursor of its own, so that none is held while a slow connection
    takes a piece, and no more than one piece is in memory.
    """
    dbname, uid, context = env.cr.dbname, env.uid, dict(env.context)

    def lines():
        yield MARK.encode() + lines_of([COLUMNS], dialect)
        place = None
        while True:
            with open_cursor(dbname) as cursor:
                reader = api.Environment(cursor, uid, context)
                rows, place = read_detail(reader, scope, place, CHUNK_ROWS)
            yield lines_of(rows, dialect)
            if place is None:
                return

    return lines()


def _analytic_lines(export, scope: Scope, dialect: Dialect) -> bytes:
    """Return the file with the sums by analytic account."""
    env = export.env
    shares = read_account_shares(env, scope)
    accounts = readable_accounts(env, (share.account_id for share in shares))
    currency = export.company_id.currency_id.name
    rows = [_ANALYTIC_COLUMNS]
    for share in shares:
        account = accounts.filtered(
            lambda each, share=share: each.id == share.account_id
        )
        rows.append(
            (
                # sudo: whoever may read an account may see the name of its plan, though
                # plans are only for who has analytic accounting
                account.sudo().plan_id.complete_name or None,
                account.code or None,
                account.name or (None if share.account_id else env._("Not charged")),
                share.account_id or None,
                share.calls,
                share.cost_usd,
                share.cost_company,
                currency,
            )
        )
    return MARK.encode() + lines_of(rows, dialect)
