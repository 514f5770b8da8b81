"""An IRC server on a free port of loopback that keeps what is said in it."""

import socketserver

from tests.listening import ANYWHERE, Listening

TAKEN = "taken"
CLOSED = "#closed"


class IRCServer(Listening):
    """Its password is `password`; the nickname `taken` is in use, and nobody may speak in `#closed`."""

    def __init__(self, password: str = "") -> None:
        # (nickname, target, text)
        self.said: list[tuple[str, str, str]] = []
        server = _Server(ANYWHERE, _Client)
        server.irc, server.password = self, password
        super().__init__(server)


class _Server(socketserver.ThreadingTCPServer):
    irc: IRCServer
    password: str
    daemon_threads = True


class _Client(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        nickname = password = ""
        joined: set[str] = set()
        for line in self.rfile:
            front, _, last = line.decode().rstrip("\r\n").partition(" :")
            command, *words = [*front.split(), last]
            match command:
                case "PASS":
                    password = words[-1]
                case "NICK" if words[-1] == TAKEN:
                    self._answer(f"433 * {TAKEN} :Nickname is already in use")
                case "NICK":
                    nickname = words[-1]
                    if password != self.server.password:
                        self._answer("464 * :Password incorrect")
                    self._answer("PING :are-you-there", prefix="")
                case "PONG" if words[-1] == "are-you-there":
                    self._answer(f"001 {nickname} :Welcome")
                    self._answer(f"422 {nickname} :There is no message of the day")
                case "JOIN":
                    joined.add(words[-1])
                    self._answer(f"366 {nickname} {words[-1]} :End of names")
                case "PRIVMSG" if words[0] == CLOSED or (words[0][0] == "#" and words[0] not in joined):
                    self._answer(f"404 {nickname} {words[0]} :Cannot send to channel")
                case "PRIVMSG":
                    self.server.irc.said.append((nickname, words[0], words[-1]))
                case "PING":
                    self._answer(f"PONG irc.example.com :{words[-1]}")
                case "QUIT":
                    return

    def _answer(self, text: str, *, prefix: str = ":irc.example.com ") -> None:
        self.wfile.write(f"{prefix}{text}\r\n".encode())
