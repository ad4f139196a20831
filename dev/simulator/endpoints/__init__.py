"""The HTTP faces, one module a resource."""
