"""The digital base: every message of the devices on its way to the twin."""
