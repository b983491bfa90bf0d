"""The plant as arrays: stations, calendars, outages and addressed draws."""
