"""The cost of a call in the currency of its company, as SQL."""

# Odoo's rates are units of a currency for one of an unnamed base: dollars to pesos is
# the rate of the peso over the rate of the dollar. Like Odoo, the company's own rates
# come before shared ones and the latest one up to the day counts. Unlike Odoo, a dollar
# without any rate is not worth one peso: the cost stays empty.
_RATE = """
    (SELECT rate.rate
       FROM res_currency_rate rate
      WHERE rate.currency_id = {currency}
        AND (rate.company_id IS NULL
             OR rate.company_id = split_part(company.parent_path, '/', 1)::int)
        AND rate.name <= CURRENT_DATE
      ORDER BY rate.company_id, rate.name DESC
      LIMIT 1)
"""

COMPANY_COST = f"""
    (SELECT CASE WHEN company.currency_id = dollar.id THEN %(cost_usd)s
                 ELSE %(cost_usd)s * COALESCE({_RATE.format(currency="company.currency_id")}, 1)
                      / NULLIF({_RATE.format(currency="dollar.id")}, 0) END
       FROM res_company company, res_currency dollar
      WHERE company.id = usage.company_id AND dollar.name = 'USD')
"""
"""``%(cost_usd)s`` in the currency of the company of the row ``usage``, at the rate of
the day; NULL without a US$ rate. Plain reads: no lock is taken on currencies."""
