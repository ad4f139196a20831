"""The demonstration: a Chilean company with invoices good and bad, validated."""
