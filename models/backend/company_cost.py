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
_COMPANY_RATE = _RATE.format(currency="company.currency_id")
_DOLLAR_RATE = _RATE.format(currency="dollar.id")


def company_cost(cost_usd: str) -> str:
    """Return SQL for a cost in the currency of the company of the row ``usage``.

    It reads the rate of the day, is NULL without a US$ rate, and takes no lock on
    currencies.

    :param cost_usd: SQL for the cost in US$
    """
    return f"""
        (SELECT CASE WHEN company.currency_id = dollar.id THEN {cost_usd}
                     ELSE {cost_usd} * COALESCE({_COMPANY_RATE}, 1)
                          / NULLIF({_DOLLAR_RATE}, 0) END
           FROM res_company company, res_currency dollar
          WHERE company.id = usage.company_id AND dollar.name = 'USD')
    """
