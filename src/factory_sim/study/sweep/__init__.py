"""Sweeps: one scenario at many levels of automation and settings, on shared draws."""
