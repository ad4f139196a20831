"""What a database itself says about budgets, for tests with real commits."""

# Fails every commit that leaves a hard budget with more than its limit, unless it only
# became less: what was lowered under it, or begun above it, is no reservation.
GUARD = """
    CREATE OR REPLACE FUNCTION test_budget_guard() RETURNS trigger AS $$
    DECLARE
        total numeric;
    BEGIN
        SELECT period.spent + period.reserved - budget.amount INTO total
          FROM account_ai_budget_period period
          JOIN account_ai_budget budget ON budget.id = period.budget_id
         WHERE period.id = NEW.id AND budget.limit_type = 'hard';
        IF total > 0 AND NEW.spent + NEW.reserved > OLD.spent + OLD.reserved THEN
            RAISE EXCEPTION 'a budget is passed by %', total;
        END IF;
        RETURN NULL;
    END $$ LANGUAGE plpgsql;
    DROP TRIGGER IF EXISTS test_budget_guard ON account_ai_budget_period;
    CREATE CONSTRAINT TRIGGER test_budget_guard
        AFTER UPDATE ON account_ai_budget_period
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION test_budget_guard();
"""
NO_GUARD = """
    DROP TRIGGER IF EXISTS test_budget_guard ON account_ai_budget_period;
    DROP FUNCTION IF EXISTS test_budget_guard;
"""

# Counters of today that are not what the ledger says, worked out from the owners of its
# rows and not from what these say of counters themselves.
UNEQUAL = """
    SELECT budget.id, budget.scope, period.spent::text, period.reserved::text,
           ledger.spent::text, ledger.reserved::text
      FROM account_ai_budget budget
      LEFT JOIN account_ai_budget_period period
             ON period.budget_id = budget.id
            AND period.generation = budget.generation
            AND period.date_start <= timezone('UTC', now())
            AND period.date_end > timezone('UTC', now()),
           LATERAL (
               SELECT COALESCE(sum(usage.cost_usd)
                          FILTER (WHERE usage.state <> 'open'), 0) AS spent,
                      COALESCE(sum(usage.cost_usd)
                          FILTER (WHERE usage.state = 'open'), 0) AS reserved
                 FROM account_ai_usage usage
                WHERE usage.opened_at >= period.date_start
                  AND usage.company_id = budget.company_id
                  AND CASE budget.scope
                      WHEN 'user' THEN usage.user_id = budget.user_id
                      WHEN 'operation' THEN usage.operation = budget.operation
                      WHEN 'automation' THEN usage.lane = 'queue'
                      ELSE TRUE END) ledger
     WHERE budget.active
       AND (period.id IS NULL
            OR (period.spent, period.reserved)
               IS DISTINCT FROM (ledger.spent, ledger.reserved))
"""
