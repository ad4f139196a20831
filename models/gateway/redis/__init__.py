"""Limits, circuit breaker and answers in Redis, for companies with many servers.

Ledger, budgets and alerts never leave PostgreSQL: nothing of money is in Redis. What is
there may be lost at any moment, and then PostgreSQL goes on with what it has:

- *limits* begin to count anew when PostgreSQL takes over, and again when Redis is back:
  within one window somebody may make as many calls as are allowed in each of the two.
  Refusing instead would stop people for a fault that is not theirs, and what a call may
  cost is watched by the budget, which is in PostgreSQL.
- *the circuit breaker* goes on as it was: whenever a circuit opens or closes in Redis,
  PostgreSQL is told. Failures that did not open it yet are forgotten.
- *answers* that have no end are kept in PostgreSQL too, since they were paid for; those
  that live for minutes are asked for again.

The Python library ``redis`` is optional: without it, a database whose settings name a
Redis says so, and PostgreSQL does the work.
"""
