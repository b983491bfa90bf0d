"""Simulate digitalised factories."""
