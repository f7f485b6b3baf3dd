"""A department's server that goes away, and workstations that edit at the same time."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.viewer.cases.conftest import Server
from tests.viewer.cases.drawn import box, draw
from tests.viewer.cases.test_faults import is_failing
from tests.viewer.cases.test_writer import Ear
from viewer.cases.library import Library
from viewer.cases.news import SaveState
from viewer.cases.values import ItemFacts
from viewer.cases.writer import Writer


def test_a_server_that_went_away_is_waited_for(server: Server, database_address: str) -> None:
    with closing(Library.open(database_address, "me")) as library:
        item = library.add(library.new_case("One").id, ItemFacts("slide", Path("/a"), "a", "a"))
        ear = Ear()
        writer = Writer(library, ear)
        writer.opened(item.id, 0)
        boxes = [box(n) for n in range(6)]
        writer.commit(item.id, draw(boxes[0]))
        assert writer.flush(60)
        server.stop()
        try:
            for one in boxes[1:]:
                writer.commit(item.id, draw(one))
            state = ear.wait(is_failing)
            assert isinstance(state, SaveState)
            assert "server does not answer" in str(state.problem)
        finally:
            server.start()
        assert writer.flush(60)
        assert library.annotations(item.id) == tuple(boxes)
        assert library.check_audit() is None
        assert writer.close()
