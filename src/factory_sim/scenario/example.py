"""The scenario that ``factory-sim init`` writes: small, complete, with comments."""

from __future__ import annotations

EXAMPLE = """\
# A scenario for factory-sim. Check it with `factory-sim check FILE`, run it with
# `factory-sim run FILE`. Times carry s, ms, min, h or d; bare numbers are seconds.
name: three stations
horizon: 40 h             # length of each replication
warm_up: auto             # start that is cut; or a time such as 4 h
replications: 100         # or a precision: {half_width: 1 %, max: 2000}
seed: 1

stations:
  - name: press
    cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}

  - name: weld
    buffer: 4             # places in front, besides those on the servers
    servers: 2            # parts worked at the same time
    cycle_time: {dist: lognormal, mean: 105 s, cv: 0.2}

  - name: pack
    buffer: 4
    cycle_time: 48 s      # always the same
    failures: {mtbf: 4 h, mttr: 12 min, clock: busy}   # means of exponential times
    # Any value may say where it comes from:
    # cycle_time: {value: 48 s, source: time study of 3 March}

# More, when you need it:
# shifts: [{from: "06:00", to: "14:00", days: mon-fri, breaks: [{at: "10:00", for: 15 min}]}]
# orders: {mix: {sedan: 60 %, suv: 40 %}}   with by_model: {suv: {factor: 1.2}} at a station
# lines: {main: {stations: [...]}, doors: {joins: weld, buffer: 3, stations: [...]}}
"""
"""Text of the example."""
