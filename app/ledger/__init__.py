"""Money: holds, charges, releases, refunds and top-ups, and the proof that they add up."""
