"""What staff decide about contents and names: tasks kept for review, sender IDs that accounts ask for."""
