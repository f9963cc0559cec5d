"""The staff desk's domain: the audit log, settings, and what staff may do to accounts, routes and rules."""
