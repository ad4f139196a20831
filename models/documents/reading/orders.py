"""The purchase orders that bills charge, where the purchase app is installed."""

from collections.abc import Mapping
from typing import NamedTuple

from odoo.api import Environment
from odoo.tools import SQL

from ....services.documents.context import OrderLine, PurchaseOrder
from .amounts import decimal_of


class _Row(NamedTuple):
    bill_line_id: int
    order_id: int
    order: str
    vendor_rut: str | None
    currency: str
    net: float | None
    description: str | None
    quantity: float | None
    unit_price: float | None
    received: float | None
    billed: float | None


def read_orders(
    env: Environment, bill_lines: Mapping[int, int]
) -> dict[int, PurchaseOrder]:
    """Return the order that each bill charges, by move id; several become one.

    Quantities and prices are in the unit of the bill's line. Received quantities are
    given where the product is billed by what came in. Without the right to see orders
    there are none.

    :param bill_lines: NroLinDet of the lines of bills that charge an order, by their id
    """
    if not bill_lines or not env["purchase.order"].has_access("read"):
        return {}
    rows = _rows(env, list(bill_lines))
    by_move: dict[int, list[_Row]] = {}
    for move_id, *row in rows:
        by_move.setdefault(move_id, []).append(_Row._make(row))
    return {
        move_id: _order(charged, bill_lines) for move_id, charged in by_move.items()
    }


def _order(rows: list[_Row], bill_lines: Mapping[int, int]) -> PurchaseOrder:
    orders = {row.order_id: row for row in rows}
    nets = [decimal_of(row.net) for row in orders.values()]
    currencies = {row.currency for row in orders.values()}
    vendors = {row.vendor_rut or "" for row in orders.values()}
    return PurchaseOrder(
        name=", ".join(row.order for row in orders.values()),
        vendor_rut=vendors.pop().strip() if len(vendors) == 1 else "",
        currency=currencies.pop() if len(currencies) == 1 else "",
        net=None if None in nets else sum(filter(None, nets)),
        lines=tuple(
            OrderLine(
                description=row.description or "",
                quantity=decimal_of(row.quantity),
                unit_price=decimal_of(row.unit_price),
                received=decimal_of(row.received),
                billed=decimal_of(row.billed or 0.0),
                bill_line=bill_lines[row.bill_line_id],
            )
            for row in rows
        ),
    )


def _rows(env: Environment, bill_line_ids: list[int]) -> list[tuple]:
    for model in ("purchase.order", "purchase.order.line", "account.move.line"):
        env[model].flush_model()
    readable = env["purchase.order"]._search([])
    return env.execute_query(
        SQL(
            """
            SELECT bill_line.move_id, bill_line.id, orders.id, orders.name, vendor.vat,
                   currency.name, orders.amount_untaxed, ordered.name,
                   round((ordered.product_qty * unit.share)::numeric, 6),
                   CASE WHEN ordered.product_qty <> 0 THEN round(
                        (ordered.price_subtotal
                         / (ordered.product_qty * unit.share))::numeric, 6) END,
                   CASE WHEN template.purchase_method = 'receive'
                         AND template.type = 'consu'
                        THEN round((ordered.qty_received * unit.share)::numeric, 6) END,
                   (SELECT round(sum(CASE WHEN other_move.move_type = 'in_refund'
                                    THEN -other.quantity ELSE other.quantity END
                               * COALESCE(other_unit.factor / bill_unit.factor, 1)
                               )::numeric, 6)
                      FROM account_move_line other
                      JOIN account_move other_move ON other_move.id = other.move_id
                      LEFT JOIN uom_uom other_unit
                        ON other_unit.id = other.product_uom_id
                     WHERE other.purchase_line_id = ordered.id
                       AND other.move_id <> bill_line.move_id
                       AND other_move.state <> 'cancel')
              FROM account_move_line bill_line
              JOIN purchase_order_line ordered
                ON ordered.id = bill_line.purchase_line_id
              JOIN purchase_order orders ON orders.id = ordered.order_id
              JOIN res_currency currency ON currency.id = orders.currency_id
              JOIN res_partner partner ON partner.id = orders.partner_id
              LEFT JOIN res_partner vendor ON vendor.id = partner.commercial_partner_id
              LEFT JOIN product_product product ON product.id = ordered.product_id
              LEFT JOIN product_template template
                ON template.id = product.product_tmpl_id
              LEFT JOIN uom_uom order_unit ON order_unit.id = ordered.product_uom_id
              LEFT JOIN uom_uom bill_unit ON bill_unit.id = bill_line.product_uom_id
              CROSS JOIN LATERAL (
                   SELECT COALESCE(order_unit.factor / bill_unit.factor, 1) AS share
                   ) unit
             WHERE bill_line.id IN %(lines)s
               AND orders.id IN (%(readable)s)
             ORDER BY bill_line.move_id, bill_line.id
            """,
            lines=tuple(bill_line_ids),
            readable=readable.select(),
        )
    )
