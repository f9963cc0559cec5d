"""What leaves as a file: a filtered list as csv or xlsx, and a task's evidence pack. Made by jobs."""
