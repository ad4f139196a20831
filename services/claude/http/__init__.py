"""The network side of the gateway: clients, streams, errors and retries."""
