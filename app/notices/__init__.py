"""Telling people what has become of their things: one act, one notice each, and a letter where they want one."""
