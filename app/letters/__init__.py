"""What the panel itself writes to people. Written in the transaction of what it tells of, sent by a job."""
