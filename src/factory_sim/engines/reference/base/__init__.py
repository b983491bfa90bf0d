"""The digital base event by event: every message a SimPy process, written to be read.

A message waits for its radio cell, flies to its gateway, passes a partition of the broker and
the services; what breaks, grows or restarts is a process of its own. Nothing is computed
ahead, so what happens here is what the words of the model say. It is the oracle for the
vectorised base, on short spans: from the same draws both do the same to every message.

Times are whole ns. What happens at the same instant happens in the order of ``instants.py``:
changes, then servers that finish, then messages that arrive, by their numbers.

    given.py     what a run is given, as plain data
    instants.py  time in ns, and who goes first at the same instant
    devices.py   what the devices send: periods, jitter, failed transmissions, handovers
    desk.py      one queue and its servers
    stage.py     queues side by side: which one a message goes to, and what if it is down
    replicas.py  autoscaling, restarts, and faults that fix the number of replicas
    log.py       what is written down
    run.py       the base put together
"""

from factory_sim.engines.reference.base.devices import sent
from factory_sim.engines.reference.base.log import Log
from factory_sim.engines.reference.base.run import run

__all__ = ["Log", "run", "sent"]
