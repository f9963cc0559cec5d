"""People and accounts: who may come in, and what they may do."""
