"""What people wrote and to whom, erased once its time is over; counts, costs, statuses and the ledger stay."""
