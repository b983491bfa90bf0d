"""Figures: functions that take a result or plain data and return a matplotlib ``Figure``."""
