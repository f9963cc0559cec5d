"""Answers to common questions: what they may say of this installation, and finding the right one."""
