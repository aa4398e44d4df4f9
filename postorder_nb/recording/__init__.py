"""
Cassettes: record what was asked and answered once, replay it for ever without a network.

::

    with record("demo/snapshot"):        # asks for real, then writes cassettes/demo/snapshot.yaml
        frame = fetch.returns(po, since="90d")

    with replay("demo/snapshot"):        # asks nobody: the same frame, on the same day
        frame = fetch.returns(po, since="90d")

A cassette holds no credential. A replay answers a request only if its method, address, path,
query, marketplace and body are those of a recorded one, whatever the order of query parameters or
of JSON keys; everything else is a `postorder_nb.errors.CassetteMiss` that names the difference.
Inside both blocks the clock stands at the moment of the recording, so "the last 90 days" stay the
same 90 days. Addresses of this machine are written as ``http://simulator``, because the simulator
listens on another port each time.

One cassette runs at a time in a process, for all its threads; threads may share it.
"""

from postorder_nb.recording.blocks import Block, Running, active, current, record, replay

__all__ = ["Block", "Running", "active", "current", "record", "replay"]
