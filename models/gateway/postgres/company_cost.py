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
        AND rate.name <= {day}
      ORDER BY rate.company_id, rate.name DESC
      LIMIT 1)
"""


def dollar_rate(company_id: str, day: str = "CURRENT_DATE") -> str:
    """Return SQL for what one US$ is worth in the currency of a company.

    It is NULL without a US$ rate, and takes no lock on currencies.

    :param company_id: SQL for the company
    :param day: SQL for the day
    """
    company_rate = _RATE.format(currency="company.currency_id", day=day)
    usd_rate = _RATE.format(currency="dollar.id", day=day)
    return f"""
        (SELECT CASE WHEN company.currency_id = dollar.id THEN 1
                     ELSE COALESCE({company_rate}, 1) / NULLIF({usd_rate}, 0) END
           FROM res_company company, res_currency dollar
          WHERE company.id = {company_id} AND dollar.name = 'USD')
    """


def company_cost(cost_usd: str) -> str:
    """Return SQL for a cost in the currency of the company of the row ``usage``.

    At the rate of the day; NULL without one.

    :param cost_usd: SQL for the cost in US$
    """
    return f"({cost_usd} * {dollar_rate('usage.company_id')})"
