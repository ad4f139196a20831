"""What calls cost: usage, prices, bounds, budgets and reconciliation."""
