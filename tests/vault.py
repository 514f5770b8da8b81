"""A small server that speaks what Belfry uses of HashiCorp Vault: key/value of both versions, and AppRoles."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.listening import ANYWHERE, Listening

TOKEN = "r00t-t0ken-of-vault"
APPROLE = {"role_id": "belfry", "secret_id": "s3cret-id-of-approle"}
APPROLE_TOKEN = "t0ken-of-approle"


class Vault(Listening):
    """`secrets` are by path of the engine: what `/v1/<path>` answers as `data`. `asked` are the paths asked for."""

    def __init__(self) -> None:
        self.secrets: dict[str, Any] = {}
        self.asked: list[str] = []
        self.namespaces: set[str] = set()
        vault = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                vault.answer(self, None)

            def do_POST(self) -> None:
                vault.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        super().__init__(ThreadingHTTPServer(ANYWHERE, Handler))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, request: BaseHTTPRequestHandler, body: object) -> None:
        path = request.path.removeprefix("/v1/")
        self.asked.append(path)
        self.namespaces.add(request.headers.get("X-Vault-Namespace", ""))
        status, answer = self._found(path, request.headers.get("X-Vault-Token", ""), body)
        text = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def _found(self, path: str, token: str, body: object) -> tuple[int, dict[str, Any]]:
        if path == "auth/approle/login":
            good = body == APPROLE
            return (
                (200, {"auth": {"client_token": APPROLE_TOKEN}}) if good else (400, {"errors": [str(body)]})
            )
        if token not in (TOKEN, APPROLE_TOKEN):
            return 403, {"errors": [f"permission denied for {token}"]}
        if path not in self.secrets:
            return 404, {"errors": []}
        return 200, {"data": self.secrets[path]}
