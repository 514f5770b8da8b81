"""IRC: a connection for each message, which says it to all targets and leaves again (RFC 2812)."""

import socket
import ssl
import time
from contextlib import closing
from typing import BinaryIO

from notifications.exceptions import NotDelivered
from notifications.telling import Telling
from outbound.addresses import AllowList
from outbound.sockets import connect

# Seconds without a word from the server, and for all of it.
TIMEOUT = 15.0
LONGEST = 50.0
LONGEST_LINE = 8192
# What a message may have beside its prefix and target, in bytes: lines are at most 512.
LONGEST_TEXT = 380
CHANNELS = "#&+!"
WELCOME, END_OF_NAMES, NICK_IN_USE, NO_MESSAGE_OF_THE_DAY = "001", "366", "433", "422"
TRIED_NICKS = 3


def send(telling: Telling, allowed: AllowList) -> int:
    """Raises NotDelivered and CallFailed."""
    given = telling.configuration
    words = [given["nickname"], *telling.recipients]
    if any(not word or any(sign <= " " or sign == "," for sign in word) for word in words):
        raise NotDelivered("A nickname or a target is no word of IRC.", final=True)
    if any(sign < " " for sign in given["password"]):
        raise NotDelivered("The password cannot be sent by IRC.", final=True)
    connection = connect(given["server"], given["port"], timeout=TIMEOUT, allowed=allowed)
    try:
        if given["use_ssl"]:
            context = ssl.create_default_context()
            connection = context.wrap_socket(connection, server_hostname=given["server"])
        with closing(connection), closing(connection.makefile("rb")) as lines:
            return _Talk(connection, lines).tell(
                given["nickname"], given["password"], telling.recipients, telling.subject
            )
    except OSError as error:
        # Its words may repeat what was sent.
        raise NotDelivered(f"The message could not be sent by IRC ({type(error).__name__}).") from None
    finally:
        connection.close()


class _Talk:
    def __init__(self, connection: socket.socket, lines: BinaryIO) -> None:
        self._connection = connection
        self._lines = lines
        self._ends = time.monotonic() + LONGEST

    def tell(self, nickname: str, password: str, targets: list[str], text: str) -> int:
        if password:
            self._say("PASS", password)
        self._register(nickname)
        for target in targets:
            if target[0] in CHANNELS:
                self._say("JOIN", target)
                self._wait_for(END_OF_NAMES)
            for part in _parts(text):
                self._say("PRIVMSG", target, part)
        # What comes before the answer are refusals of what was said.
        self._say("PING", "belfry")
        self._wait_for("PONG")
        self._say("QUIT")
        return 1

    def _register(self, nickname: str) -> None:
        self._say("NICK", nickname)
        self._say("USER", nickname, "0", "*", "Belfry")
        for _ in range(TRIED_NICKS):
            if self._wait_for(WELCOME, NICK_IN_USE) == WELCOME:
                return
            nickname += "_"
            self._say("NICK", nickname)
        raise NotDelivered("The nickname is in use.")

    def _say(self, command: str, *words: str) -> None:
        *first, last = (command, *words)
        line = " ".join([*first, f":{last}"]) if words else last
        self._connection.sendall(line.encode("utf-8", "replace") + b"\r\n")

    def _wait_for(self, *commands: str) -> str:
        """The first of these commands that the server sends. Raises NotDelivered where it refuses something."""
        while time.monotonic() < self._ends:
            line = self._lines.readline(LONGEST_LINE)
            if not line:
                raise NotDelivered("The IRC server closed the connection.")
            words = line.decode("utf-8", "replace").split()
            if words and words[0].startswith(":"):
                words = words[1:]
            command = words[0].upper() if words else ""
            if command in commands:
                return command
            if command == "PING":
                self._say("PONG", words[-1].removeprefix(":"))
            elif command == "ERROR" or (
                command.isdecimal() and "400" <= command <= "599" and command != NO_MESSAGE_OF_THE_DAY
            ):
                raise NotDelivered(f"The IRC server answered {command}.")
        raise NotDelivered("The IRC server took too long.")


def _parts(text: str) -> list[str]:
    """What is to be said, in lines that are short enough."""
    parts, part = [], ""
    for sign in " ".join(text.split()):
        if len((part + sign).encode("utf-8", "replace")) > LONGEST_TEXT:
            parts.append(part)
            part = ""
        part += sign
    return [*parts, part]
