"""The reader's queries: few, whatever the number of invoices, and with the access of
whoever reads.

Each starts from ``_search``, which adds the record rules of the user, and selects plain
columns with the joins that it needs: records and their caches would cost several times
as much, and this runs before the first byte of a stream. The joins go into the query of
``_search``: around it, PostgreSQL would plan the same table twice, which takes longer
than reading it.
"""

from odoo.api import Environment
from odoo.tools import SQL

from .references import references_of
from .rows import LineRow, MoveRow, OriginRow, PartnerRow

VAT_CODE = 14
"""``l10n_cl_sii_code`` of VAT."""

_UNIT_LENGTH = 4
"""UnmdItem: Odoo's names of units are labels for the screen, cut when they are sent;
always the Spanish ones, so that a document reads the same for every user."""


def read_moves(env: Environment, move_ids: list[int]) -> list[MoveRow]:
    """Return the headers of the invoices among ``move_ids`` that the user may read."""
    moves = env["account.move"]
    moves.flush_model()
    references = references_of(env, SQL("account_move.id"))
    query = moves._search([("id", "in", move_ids)])
    rows = env.execute_query(
        SQL(
            """
            SELECT account_move.id, account_move.move_type, account_move.state,
                   account_move.name, account_move.ref, account_move.narration,
                   account_move.invoice_date, account_move.invoice_date_due,
                   account_move.create_date,
                   account_move.amount_untaxed, account_move.amount_total,
                   account_move.amount_untaxed_signed,
                   account_move.amount_total_signed,
                   currency.id, currency.name,
                   company.id, company.partner_id,
                   company_currency.id, company_currency.name, country.code,
                   account_move.partner_id, account_move.commercial_partner_id,
                   document_type.code, document_type.doc_code_prefix,
                   COALESCE(account_move.reversed_entry_id,
                            account_move.debit_origin_id),
                   account_move.account_ai_no_debit_reduction,
                   account_move.account_ai_sii_received_at,
                   (%(references)s)
              FROM %(readable)s
              JOIN res_currency currency ON currency.id = account_move.currency_id
              JOIN res_company company ON company.id = account_move.company_id
              JOIN res_currency company_currency
                ON company_currency.id = company.currency_id
              LEFT JOIN res_country country
                ON country.id = company.account_fiscal_country_id
              LEFT JOIN l10n_latam_document_type document_type
                ON document_type.id = account_move.l10n_latam_document_type_id
             WHERE (%(may_read)s)
               AND account_move.move_type IN (
                       'out_invoice', 'out_refund', 'in_invoice', 'in_refund')
            """,
            references=references,
            readable=query.from_clause,
            may_read=query.where_clause,
        )
    )
    return [MoveRow._make(row) for row in rows]


def read_origins(env: Environment, origin_ids: set[int]) -> dict[int, OriginRow]:
    """Return the documents that notes correct, by id; one that the user may not read is
    treated as unknown.

    What other notes took off it counts whoever may read them: it is about this
    document.
    """
    env["account.ai.document.reference"].flush_model()
    query = env["account.move"]._search([("id", "in", list(origin_ids))])
    rows = env.execute_query(
        SQL(
            """
            SELECT account_move.id, account_move.name, account_move.invoice_date,
                   document_type.code, document_type.doc_code_prefix,
                   account_move.amount_total, partner.vat,
                   (SELECT json_object_agg(note.id,
                               CASE WHEN note.move_type IN ('out_refund', 'in_refund')
                                    THEN note.amount_total
                                    ELSE -note.amount_total END)
                      FROM (SELECT credit.id FROM account_move credit
                             WHERE credit.reversed_entry_id = account_move.id
                             UNION
                            SELECT debit.id FROM account_move debit
                             WHERE debit.debit_origin_id = account_move.id
                             UNION
                            SELECT debit.id FROM account_move credit
                              JOIN account_move debit
                                ON debit.debit_origin_id = credit.id
                             WHERE credit.reversed_entry_id = account_move.id
                             UNION
                            SELECT referring.id
                              FROM account_ai_document_reference reference
                              JOIN account_move referring
                                ON referring.id = reference.move_id
                             WHERE reference.company_id = account_move.company_id
                               AND reference.document_type_code = document_type.code
                               AND ltrim(reference.folio, '0 ')
                                   = account_move.sequence_number::varchar
                               AND referring.commercial_partner_id
                                   = account_move.commercial_partner_id
                           ) notes
                      JOIN account_move note ON note.id = notes.id
                     WHERE note.state = 'posted')
              FROM %(readable)s
              LEFT JOIN l10n_latam_document_type document_type
                ON document_type.id = account_move.l10n_latam_document_type_id
              LEFT JOIN res_partner partner
                ON partner.id = account_move.commercial_partner_id
             WHERE (%(may_read)s)
            """,
            readable=query.from_clause,
            may_read=query.where_clause,
        )
    )
    return {row[0]: OriginRow._make(row) for row in rows}


def read_partners(env: Environment, partner_ids: set[int]) -> dict[int, PartnerRow]:
    """Return the partners and their commercial entities, by id.

    :raises AccessError: when the user may not read one of ``partner_ids``: without it
        the document would look incomplete
    """
    partners = env["res.partner"].with_context(active_test=False)
    partners.flush_model()
    commercial = SQL(
        "(SELECT commercial_partner_id FROM res_partner WHERE id IN %s)",
        tuple(partner_ids),
    )
    query = partners._search(
        ["|", ("id", "in", list(partner_ids)), ("id", "in", commercial)]
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT res_partner.id, res_partner.commercial_partner_id, res_partner.name,
                   res_partner.vat, res_partner.street, res_partner.street2,
                   res_partner.city, res_partner.email, res_partner.phone,
                   res_partner.l10n_cl_activity_description, country.code,
                   res_partner.is_company
              FROM %(readable)s
              LEFT JOIN res_country country ON country.id = res_partner.country_id
             WHERE (%(may_read)s)
            """,
            readable=query.from_clause,
            may_read=query.where_clause,
        )
    )
    found = {row[0]: PartnerRow._make(row) for row in rows}
    missing = partner_ids - found.keys()
    if missing:
        partners.browse(missing).check_access("read")
    return found


def read_lines(env: Environment, move_ids: list[int]) -> list[LineRow]:
    """Return the product and tax lines of the invoices, in the order of the screen."""
    lines = env["account.move.line"]
    lines.flush_model()
    has_orders = "purchase_line_id" in lines._fields
    query = lines._search(
        [("move_id", "in", move_ids), ("display_type", "in", ("product", "tax"))]
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT account_move_line.id, account_move_line.move_id,
                   account_move_line.display_type, account_move_line.name,
                   account_move_line.quantity,
                   left(COALESCE(unit.name->>'es_CL', unit.name->>'es_419',
                                 unit.name->>'es', unit.name->>'en_US'), %(unit)s),
                   account_move_line.price_unit, account_move_line.discount,
                   account_move_line.price_subtotal, account_move_line.price_total,
                   account_move_line.balance, account_move_line.amount_currency,
                   taxes.codes,
                   %(line_code)s,
                   CASE WHEN tax.amount_type = 'percent' THEN tax.amount END,
                   account_move_line.analytic_distribution, %(order_line)s
              FROM %(readable)s
              LEFT JOIN uom_uom unit ON unit.id = account_move_line.product_uom_id
              LEFT JOIN account_tax tax ON tax.id = account_move_line.tax_line_id
              LEFT JOIN LATERAL (
                   SELECT array_agg(%(code)s ORDER BY applied.id) AS codes
                     FROM account_move_line_account_tax_rel relation
                     JOIN account_tax applied ON applied.id = relation.account_tax_id
                    WHERE relation.account_move_line_id = account_move_line.id
                   ) taxes ON TRUE
             WHERE (%(may_read)s)
             ORDER BY account_move_line.move_id, account_move_line.sequence,
                      account_move_line.id
            """,
            unit=_UNIT_LENGTH,
            line_code=_sii_code("tax"),
            code=_sii_code("applied"),
            order_line=SQL(
                "account_move_line.purchase_line_id" if has_orders else "NULL"
            ),
            readable=query.from_clause,
            may_read=query.where_clause,
        )
    )
    return [LineRow._make(row) for row in rows]


def _sii_code(tax: str) -> SQL:
    """Return the SII code of a tax; a plain 19 % without a code is VAT."""
    return SQL(
        """CASE WHEN %(code)s <> 0 THEN %(code)s
                WHEN %(type)s = 'percent' AND %(amount)s = 19 THEN %(vat)s
                ELSE 0 END""",
        code=SQL.identifier(tax, "l10n_cl_sii_code"),
        type=SQL.identifier(tax, "amount_type"),
        amount=SQL.identifier(tax, "amount"),
        vat=VAT_CODE,
    )
