"""What calls cost, summed up: the SQL behind the roll-ups and the dashboard."""
