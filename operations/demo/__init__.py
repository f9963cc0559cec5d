"""`make demo`: a 5,000-row file through the real forms, and proof that everything adds up afterwards."""
