"""Exact and classical results on lines and queues, which the engines must reproduce.

Each function states the formula, what it assumes and who found it. They are also the
first estimate of an engineer: if a plant is close to the assumptions, its simulation must
be close to the formula. Times are seconds, rates are per second.
"""
