from odoo import fields


class Many2oneWithoutForeignKey(fields.Many2one):
    """A many2one without a foreign key.

    A row that is written in a transaction of its own must outlive what it points to,
    and must neither wait for nor block the business transaction that has the target
    locked; it may even point to a record that is not committed yet. A target that is
    gone reads as empty, like Odoo reads any dangling many2one.
    """

    def update_db_foreign_key(self, model, column):
        """Override of the ORM: add no foreign key."""
