"""Before anything is paid: the draft, its check, and the review of what will be sent and what it costs."""
