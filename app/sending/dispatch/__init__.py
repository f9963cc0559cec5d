"""From a running task to the wire: what is due, its fence, its pace, and what became of it."""
