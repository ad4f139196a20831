"""The posting policy: what stands in the way of posting an invoice."""
