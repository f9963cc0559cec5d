"""Support: a client asks about a task and some of its numbers, staff see what became of them and answer."""
