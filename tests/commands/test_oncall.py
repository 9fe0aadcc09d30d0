"""Who is on call, who stands in, and how a calendar comes into the book: with the real command and a real server."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from opsbook.adapters.ical.fetch import fetch
from opsbook.core.errors import ForgeError
from tests.support.desk import Desk, clone, make_desk, make_remote
from tests.support.github import make_github, person

ROTA = "rotas:\n"
PATH = "operations/rotas/escalation.ics"
SECRET = "jane.doe@people.example"


def event(number: int, starts: str, ends: str, person: str) -> str:
    return (
        f"BEGIN:VEVENT\nUID:{number}-{SECRET}\nDTSTART:{starts}\nDTEND:{ends}\nRRULE:FREQ=WEEKLY;INTERVAL=2\n"
        f"ATTENDEE;CN={person}:mailto:{SECRET}\nDESCRIPTION:{SECRET}\nSUMMARY:Jane\nEND:VEVENT\n"
    )


def calendar(*people: str) -> bytes:
    first = event(1, "20260105T090000Z", "20260112T090000Z", people[0])
    second = event(2, "20260112T090000Z", "20260119T090000Z", people[1])
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{first}{second}END:VCALENDAR\n".encode()


@dataclass
class Calendars:
    """A server of calendars that speaks TLS: what it answers at each path, as status, headers and body."""

    address: str
    variables: dict[str, str]
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def calendars(authority: trustme.CA, tmp_path: Path) -> Iterator[Calendars]:
    """A server of calendars, and the variables by which a process believes it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = found.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    found = Calendars(f"https://127.0.0.1:{server.server_port}", {"REQUESTS_CA_BUNDLE": str(bundle)})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


def with_rota(desk: Desk, ical: str) -> Desk:
    text = (desk.path / "opsbook.yml").read_text()
    desk.commit(
        {"opsbook.yml": text.replace(ROTA, f"{ROTA}  - {{id: escalation, title: Escalation, ical: '{ical}'}}\n")}
    )
    return desk


def test_who_is_on_call_until_when_and_who_is_next(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    shown = desk.opsbook("oncall", "--at", "2026-01-06T10:00")
    assert shown.code == 0, str(shown)
    assert [" ".join(line.split()) for line in shown.out.splitlines()] == [
        "rota on call until then",
        "On call On-call engineer A 09:00 GMT, Mon 12 Jan 2026 On-call engineer B",
    ]
    assert desk.opsbook("oncall", "on-call", "--at", "2026-01-06T10:00Z", "--format", "json").json == {
        "at": "2026-01-06T10:00:00Z",
        "rotas": [
            {
                "rota": "on-call",
                "person": "oncall-a",
                "known": True,
                "source": "turns",
                "until": "2026-01-12T09:00:00Z",
                "next": "oncall-b",
            }
        ],
        "unseen": [],
    }


def test_a_rota_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    done = make_desk(tmp_path / "book").opsbook("oncall", "nights")
    assert (done.code, done.out) == (1, "")
    assert "“nights” is no rota of opsbook.yml" in done.err
    assert "on-call" in done.err


def test_a_calendar_that_is_not_there_is_not_nobody(tmp_path: Path) -> None:
    desk = with_rota(make_desk(tmp_path / "book"), "file")
    done = desk.opsbook("oncall")
    assert done.code == 7, str(done)
    assert "not known" in done.out
    assert "nobody" not in done.out
    assert "On-call engineer" in done.out, "the other rota is shown"
    assert f"There is no {PATH}." in done.err
    (unseen,) = desk.opsbook("oncall", "escalation", "--format", "json").json["unseen"]
    assert unseen["what"] == "who is on duty for escalation"


def test_somebody_stands_in_and_that_is_on_record(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "book")
    words = ("--who", "oncall-a", "--from", "2026-01-06T18:00", "--until", "2099-01-07T09:00", "--why", "A course")
    done = desk.opsbook("oncall", "override", "on-call", *words)
    assert done.code == 0, str(done)
    assert "On duty for on-call: oncall-a" in done.out
    assert "On duty from 18:00 GMT, Tue 6 Jan 2026 to 09:00" in done.out
    ((path, text),) = desk.written().items()
    assert path.startswith("operations/overrides/on-call/OVR-")
    assert "why: A course\n" in text
    at = ("--at", "2099-01-07T08:00", "--format", "json")
    (rota,) = desk.opsbook("oncall", "on-call", *at).json["rotas"]
    assert (rota["person"], rota["source"]) == ("oncall-a", "override")
    assert desk.receipts() == {}, "nobody is told"
    desk.git("merge", "--quiet", desk.branch())
    assert desk.opsbook("check").code == 0
    (rota,) = desk.opsbook("oncall", "on-call", *at).json["rotas"]
    assert (rota["person"], rota["until"]) == ("oncall-a", "2099-01-07T09:00:00Z")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nights", "--until", "2099-01-01T09:00"), "is no rota of opsbook.yml"),
        (("on-call",), "--until is missing"),
        (("on-call", "--until", "soon"), "“soon” is no time"),
        (("on-call", "--until", "2026-01-01T09:00"), "over before it begins"),
        (("on-call", "--until", "2099-01-01T09:00", "--who", "nobody-here"), "is nobody of opsbook.yml"),
    ],
)
def test_an_override_that_cannot_be_is_refused_and_nothing_is_written(
    words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    desk = make_desk(tmp_path / "book")
    done = desk.opsbook("oncall", "override", *words)
    assert done.code == 1, str(done)
    assert says in done.err
    assert desk.branches() == []


def test_a_calendar_is_fetched_in_one_commit_and_only_when_it_is_new(calendars: Calendars, tmp_path: Path) -> None:
    calendars.answers["/rota.ics"] = (200, {}, calendar("On-call engineer A", "On-call engineer B"))
    make_remote(tmp_path / "remote")
    desk = clone(tmp_path / "remote", tmp_path / "desk")
    with_rota(desk, f"{calendars.address}/rota.ics").git("push", "--quiet", "origin", "main")
    before = desk.git("rev-parse", "main")
    done = desk.opsbook("rotas", "fetch", environ=calendars.variables)
    assert done.code == 0, str(done)
    assert f"Wrote {PATH}" in done.out
    assert desk.git("rev-parse", "main^", "origin/main", "main").split() == [
        before.strip(),
        *[desk.git("rev-parse", "main").strip()] * 2,
    ]
    kept = desk.files("main")[PATH]
    assert "SUMMARY:oncall-a\n" in kept
    assert "@" not in kept
    assert "Jane" not in kept
    assert desk.git("status", "--porcelain") == ""
    assert desk.branches() == []
    assert desk.opsbook("check").code == 0
    (rota,) = desk.opsbook("oncall", "escalation", "--at", "2026-03-10T10:00", "--format", "json").json["rotas"]
    assert (rota["person"], rota["until"], rota["next"]) == ("oncall-b", "2026-03-16T09:00:00Z", "oncall-a")

    head = desk.git("rev-parse", "main")
    again = desk.opsbook("rotas", "fetch", environ=calendars.variables)
    assert (again.code, again.out) == (0, "Nothing is new.\n")
    assert desk.git("rev-parse", "main") == head

    calendars.answers["/rota.ics"] = (200, {}, calendar("On-call engineer B", "somebody else"))
    changed = desk.opsbook("rotas", "fetch", environ=calendars.variables)
    assert changed.code == 0, str(changed)
    assert "nobody is known for 2026-01-12: Jane" in changed.err
    assert desk.opsbook("oncall", "escalation", "--at", "2026-03-10T10:00").code == 7
    assert desk.git("rev-parse", "main^") == head


def test_a_clone_that_did_not_pull_shows_the_calendar_that_main_has(calendars: Calendars, tmp_path: Path) -> None:
    calendars.answers["/rota.ics"] = (200, {}, calendar("On-call engineer A", "On-call engineer B"))
    make_remote(tmp_path / "remote")
    desk = clone(tmp_path / "remote", tmp_path / "desk")
    with_rota(desk, f"{calendars.address}/rota.ics").git("push", "--quiet", "origin", "main")
    Desk(tmp_path).git("clone", "--quiet", str(tmp_path / "remote"), str(tmp_path / "other"))
    assert desk.opsbook("rotas", "fetch", environ=calendars.variables).code == 0
    shown = Desk(tmp_path / "other").opsbook("oncall", "escalation", "--at", "2026-03-10T10:00", "--format", "json")
    assert shown.json["rotas"][0]["person"] == "oncall-b", str(shown)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((404, {}, b""), "The server answered 404."),
        ((200, {}, b"<html>Please log in</html>"), "it is no calendar in the format iCal"),
        ((302, {"Location": "https://elsewhere.example/rota.ics"}, b""), "The server sends elsewhere"),
        ((302, {"Location": "http://127.0.0.1/rota.ics"}, b""), "The server sends elsewhere"),
        ((302, {"Location": "/rota.ics"}, b""), "from one address to the next"),
    ],
)
def test_what_cannot_be_fetched_leaves_what_the_book_has(
    answer: tuple[int, dict[str, str], bytes], says: str, calendars: Calendars, tmp_path: Path
) -> None:
    calendars.answers["/rota.ics"] = answer
    desk = with_rota(make_desk(tmp_path / "book"), f"{calendars.address}/rota.ics")
    before = desk.git("rev-parse", "main")
    done = desk.opsbook("rotas", "fetch", environ=calendars.variables)
    assert done.code == 7, str(done)
    assert says in done.err
    assert calendars.address not in done.err
    assert desk.git("rev-parse", "main") == before


def test_a_redirect_on_the_same_host_is_followed(calendars: Calendars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", calendars.variables["REQUESTS_CA_BUNDLE"])
    calendars.answers |= {"/old.ics": (301, {"Location": "/new.ics"}, b""), "/new.ics": (200, {}, b"here")}
    assert fetch(f"{calendars.address}/old.ics") == b"here"
    with pytest.raises(ForgeError, match="more than 3 bytes"):
        fetch(f"{calendars.address}/old.ics", limit=3)
    with pytest.raises(ForgeError, match="did not come within"):
        fetch(f"{calendars.address}/old.ics", seconds=0)


def test_a_server_that_nobody_vouches_for_is_not_believed(calendars: Calendars) -> None:
    calendars.answers["/rota.ics"] = (200, {}, calendar("On-call engineer A", "On-call engineer B"))
    with pytest.raises(ForgeError, match="could not be asked"):
        fetch(f"{calendars.address}/rota.ics")


def test_a_calendar_is_brought_in_by_hand_without_its_addresses(tmp_path: Path) -> None:
    desk = with_rota(make_desk(tmp_path / "book"), "file")
    (tmp_path / "rota.ics").write_bytes(calendar("On-call engineer A", "On-call engineer B"))
    assert desk.opsbook("rotas", "fetch", "escalation").code == 2
    done = desk.opsbook("rotas", "fetch", "escalation", "--from", str(tmp_path / "rota.ics"))
    assert done.code == 0, str(done)
    assert "@" not in desk.files("main")[PATH]
    assert desk.opsbook("oncall", "escalation", "--at", "2026-03-10T10:00").code == 0

    desk.write({PATH: calendar("On-call engineer A", "On-call engineer B")})
    checked = desk.opsbook("check")
    assert checked.code == 1
    assert f"{PATH}:1:1" in checked.out
    assert "ROT002" in checked.out


def test_on_github_a_calendar_is_one_commit_on_main_and_an_override_a_pull_request(tmp_path: Path) -> None:
    server = make_github(tmp_path / "github.git")
    try:
        desk = with_rota(person(server, tmp_path / "book"), "file")
        desk.git("push", "--quiet", "origin", "main")
        (tmp_path / "rota.ics").write_bytes(calendar("On-call engineer A", "On-call engineer B"))
        done = desk.opsbook("rotas", "fetch", "escalation", "--from", str(tmp_path / "rota.ics"))
        assert done.code == 0, str(done)
        assert PATH in Desk(tmp_path / "github.git").git("ls-tree", "-r", "--name-only", "main")
        assert not [call for call in server.calls() if "pulls" in call]
        stands_in = desk.opsbook("oncall", "override", "escalation", "--who", "oncall-a", "--until", "2099-01-07T09:00")
        assert stands_in.code == 0, str(stands_in)
        assert [call for call in server.calls() if "pulls" in call]
        assert server.refused == []
    finally:
        server.close()
