"""
Cassettes: record what was asked and answered once, replay it for ever without a network.

::

    with record("demo/snapshot"):        # asks for real, writes cassettes/demo/snapshot.yaml
        frame = fetch.returns(po, since="90d")

    with replay("demo/snapshot"):        # asks nobody: the same frame, on the same day
        frame = fetch.returns(po, since="90d")

A cassette holds no credential. A replay answers a request only if its method, address, path,
query, marketplace, content type, body and kind of credentials are those of a recorded one, whatever
the order of query parameters or of JSON keys; everything else is a
`postorder_nb.errors.CassetteMiss` that names the difference.
Inside both blocks the clock stands at the moment of the recording, so "the last 90 days" stay the
same 90 days. Addresses of this machine are written as ``http://simulator``, because the simulator
listens on another port each time.

A cassette is at work for all threads of the process, and loses nothing of what they ask side by
side. A block inside another one has its own cassette for its span.
"""

from postorder_nb.recording.blocks import Block, record, replay
from postorder_nb.recording.stack import Running, active, current

__all__ = ["Block", "Running", "active", "current", "record", "replay"]
