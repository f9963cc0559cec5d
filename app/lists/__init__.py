"""Recipient lists that an account keeps, and the numbers that are never sent to."""
