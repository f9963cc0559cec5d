"""The main way: draft, check, quote, review, submit, dispatch, receipts, settlement."""
