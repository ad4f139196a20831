from odoo import fields
from odoo.tools import SQL


class Many2oneWithoutForeignKey(fields.Many2one):
    """A many2one without a foreign key.

    A row that is written in a transaction of its own must outlive what it points to,
    and must neither wait for nor block the business transaction that has the target
    locked; it may even point to a record that is not committed yet. A target that is
    gone reads as empty; the column keeps its id.
    """

    def update_db_foreign_key(self, model, column):
        """Override of the ORM: add no foreign key."""

    def to_sql(self, model, alias):
        """Override of the ORM: read the id only while its record exists."""
        column = super().to_sql(model, alias)
        if model.env.context.get("plain_column"):
            return column
        return SQL(
            "(SELECT target.id FROM %s AS target WHERE target.id = %s)",
            SQL.identifier(model.env[self.comodel_name]._table),
            column,
        )

    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        """Override of the ORM: compare the column itself, which has an index."""
        plain = model.with_context(plain_column=True)
        return super().condition_to_sql(
            field_expr, operator, value, plain, alias, query
        )
