"""Functions in the database that find and move the counters of budgets.

They are called with every call of Claude. Most of the time of such a statement is its
planning, and Odoo's pool forgets plans whenever it hands a connection out: a function
plans only the parts that it comes to.
"""

from odoo.sql_db import BaseCursor

from .company_cost import dollar_rate


def counts_in(
    company_id: str, user_id: str, operation: str, lane: str, member: str = ""
) -> str:
    """Return SQL for whether ``budget`` counts a call; parameters are SQL, too.

    :param member: other SQL for whether the user is in the budget's group
    """
    return f"""
        (budget.company_id IS NULL OR budget.company_id = {company_id})
        AND CASE budget.scope
            WHEN 'company' THEN TRUE
            WHEN 'user' THEN budget.user_id = {user_id}
            WHEN 'operation' THEN budget.operation = {operation}
            WHEN 'automation' THEN {lane} = 'queue'
            WHEN 'group' THEN {member or _is_member("budget.group_id", user_id)}
            END
    """


def _is_member(group_id: str, user_id: str) -> str:
    """Return SQL for whether a user is in a group, or in one that implies it."""
    return f"""
        EXISTS (
            WITH RECURSIVE implying(id) AS (
                SELECT {group_id}
                 UNION
                SELECT implied.gid
                  FROM res_groups_implied_rel implied
                  JOIN implying ON implying.id = implied.hid)
            SELECT FROM res_groups_users_rel member
              JOIN implying ON implying.id = member.gid
             WHERE member.uid = {user_id})
    """


RATE = f"""
    CASE budget.currency_kind WHEN 'usd' THEN 1
         ELSE {dollar_rate("budget.company_id")} END
"""
"""Units of the budget's currency for one US$, by today's rate."""

_PARTS = f"""
    CREATE FUNCTION account_ai_is_member(of_user_id int, of_group_id int)
    RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    BEGIN RETURN {_is_member("of_group_id", "of_user_id")}; END $$;

    CREATE FUNCTION account_ai_dollar_rate(of_company_id int)
    RETURNS numeric LANGUAGE plpgsql STABLE AS $$
    BEGIN RETURN {dollar_rate("of_company_id")}; END $$
"""

_COUNTS_CALL = counts_in(
    *("call_company_id", "call_user_id", "call_operation", "call_lane"),
    member="account_ai_is_member(call_user_id, budget.group_id)",
)

# The counters of a call: none where a period has just begun, no rate where Odoo has
# none. A budget that only warns goes on with the rate of when its period began.
_COUNTED = f"""
    CREATE FUNCTION account_ai_counted(
        call_company_id int, call_user_id int, call_operation text, call_lane text,
        moment timestamp)
    RETURNS TABLE (budget_id int, name text, limit_type text, currency_id int,
                   period_id int, rate numeric)
    LANGUAGE plpgsql STABLE AS $$
    #variable_conflict use_column
    BEGIN
        IF NOT EXISTS (
            SELECT FROM account_ai_budget budget
             WHERE budget.active
               AND (budget.company_id IS NULL OR budget.company_id = call_company_id))
        THEN RETURN; END IF;
        RETURN QUERY
        SELECT budget.id, budget.name::text, budget.limit_type::text,
               budget.currency_id, period.id,
               COALESCE(CASE budget.currency_kind WHEN 'usd' THEN 1
                             ELSE account_ai_dollar_rate(budget.company_id) END,
                        CASE WHEN budget.limit_type = 'soft' THEN period.rate END)
          FROM account_ai_budget budget
          LEFT JOIN account_ai_budget_period period
                 ON period.budget_id = budget.id
                AND period.generation = budget.generation
                AND period.date_start <= moment
                AND period.date_end > moment
         WHERE budget.active
           AND {_COUNTS_CALL};
    END $$
"""

STATE = """
    budget.id, budget.name::text, budget.company_id, currency.name::text,
    budget.amount::text, period.spent::text, period.reserved::text,
    period.date_start, period.date_end, budget.tz::text, budget.limit_type = 'hard',
    budget.thresholds::text, period.alerted
"""
"""SQL for how a budget stands: the fields of a ``BudgetState``, in this order."""

# Counters are locked in the order of their ids, by everybody: two transactions that
# need the same ones never wait for each other. What was committed meanwhile is seen
# once they are locked: counters as well as limits. One that is gone is left out.
_MOVE = f"""
    CREATE FUNCTION account_ai_move_budgets(
        ids int[], spent_more numeric[], reserved_more numeric[])
    RETURNS TABLE (period_id int, budget_id int, name text, company_id int,
                   currency text, amount text, spent text, reserved text,
                   date_start timestamp, date_end timestamp, tz text, hard boolean,
                   thresholds text, alerted int)
    LANGUAGE plpgsql VOLATILE AS $$
    #variable_conflict use_column
    BEGIN
        PERFORM FROM account_ai_budget_period period
          WHERE period.id = ANY(ids)
          ORDER BY period.id
            FOR NO KEY UPDATE;
        RETURN QUERY
        UPDATE account_ai_budget_period AS period
           SET spent = period.spent + moved.spent,
               reserved = period.reserved + moved.reserved
          FROM unnest(ids, spent_more, reserved_more) AS moved(id, spent, reserved),
               account_ai_budget budget, res_currency currency
         WHERE period.id = moved.id
           AND budget.id = period.budget_id
           AND budget.generation = period.generation
           AND currency.id = budget.currency_id
        RETURNING period.id, {STATE};
    END $$
"""
_DROP = """
    DROP FUNCTION IF EXISTS account_ai_counted;
    DROP FUNCTION IF EXISTS account_ai_move_budgets;
    DROP FUNCTION IF EXISTS account_ai_is_member;
    DROP FUNCTION IF EXISTS account_ai_dollar_rate;
"""


def create_functions(cursor: BaseCursor) -> None:
    """Create the functions, or replace those of another version."""
    cursor.execute(_DROP)
    cursor.execute(_PARTS)
    cursor.execute(_COUNTED)
    cursor.execute(_MOVE)


def drop_functions(cursor: BaseCursor) -> None:
    """Take the functions away with the addon."""
    cursor.execute(_DROP)
