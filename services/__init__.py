"""Plain Python of the product: no Odoo here, and no network but in ``claude``."""
