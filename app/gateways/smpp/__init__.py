"""SMPP 3.4 as a sending client: a small codec of our own under asyncio, one bound session, receipts on it.

From bytes to gateway: `pdu`, `texts` and `addresses`, `statuses`, `receipts`, `session`, `line`, `gateway`.
Source: SMPP Protocol Specification v3.4, issue 1.2, whose sections the modules name.
"""
