"""Credit bought by bank transfer: price lists, requests, receipts, their approval, and the account's statement."""
