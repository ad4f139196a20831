"""What a validation says: findings, verdicts and how sure it is."""
