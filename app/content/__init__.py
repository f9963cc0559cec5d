"""What a message may say and how long it is: pure functions that know neither Flask nor the database."""
