"""A double of the gateway: its admin API on 127.0.0.1, as the real one was observed; its store can be looked at."""
from __future__ import annotations

import json
import urllib.parse

from peer import Peer, Reply, Request

NEVER = "0001-01-01T00:00:00Z"
NOW = "2026-03-01T10:00:00Z"
#: The header and the prefix of each mode, where nothing else is said.
MODES = {"bearer": ("Authorization", "Bearer "), "header_key": ("Authorization", ""), "query_param": ("api_key", "")}


class Gateway(Peer):
    """`connections` is the gateway's data: id to members, with the secrets that it never tells."""

    def __init__(self) -> None:
        self.connections: dict[str, dict] = {}
        super().__init__()

    def secrets(self, slug: str) -> dict[str, str]:
        """What a connection has; empty where there is none."""
        with self.guard:
            return dict(self.connections.get(slug, {}).get("secrets", {}))

    def answer(self, request: Request) -> Reply:
        parts = [urllib.parse.unquote(part) for part in request.path.split("/") if part]
        checks = {"/health": "health", "/health/live": "liveness", "/health/ready": "readiness"}
        if request.path in checks:
            return Reply(200, {"check": checks[request.path], "status": "ok"})
        if parts[:2] != ["api", "admin"]:
            return Reply(200, text="sigilum gateway") if request.method == "GET" else failure(404, "not found")
        try:
            members = json.loads(request.body or b"{}")
        except ValueError:
            return failure(400, "invalid JSON")
        match request.method, parts[2:]:
            case "GET", ["connections"]:
                return Reply(200, {"connections": [shown(c) for _, c in sorted(self.connections.items())]})
            case "POST", ["connections"]:
                return self.create(members)
            case "POST", ["connections", _, "test"]:
                return Reply(200, {"status": "pass", "http_status": 200})
            case method, ["connections", slug, *rest]:
                if slug not in self.connections:
                    return failure(404, "connection not found")
                return self.change(method, slug, rest, members)
            case "GET", ["credential-variables"]:
                return Reply(200, {"variables": []})
            case "GET", ["service-api-keys", slug]:
                return Reply(200, {"connection_id": slug, "has_key": False, "key_prefix": ""})
        return failure(404, "not found")

    def create(self, members: dict) -> Reply:
        slug = members.get("id", "")
        mode = members.get("auth_mode") or "bearer"
        given = usable(members)
        if not slug or not members.get("base_url"):
            return failure(400, "id and base_url are required")
        if slug in self.connections:
            return failure(409, "connection already exists")
        if mode not in MODES:
            return failure(400, f"invalid auth_mode: {mode}")
        if members.get("auth_secret_key") and members["auth_secret_key"] not in given:
            return failure(400, "no secret for auth_secret_key")
        header, prefix = MODES[mode]
        self.connections[slug] = {
            "id": slug, "name": members.get("name") or slug, "protocol": "http",
            "base_url": members["base_url"].removesuffix("/"), "path_prefix": members.get("path_prefix", ""),
            "auth_mode": mode, "auth_header_name": members.get("auth_header_name") or header,
            "auth_prefix": members.get("auth_prefix") or prefix, "auth_secret_key": members.get("auth_secret_key", ""),
            "status": members.get("status") or "active", "secret_version": 1, "created_at": NOW, "updated_at": NOW,
            "last_tested_at": NEVER, "last_rotated_at": NEVER, "secrets": given,
            "rotation_interval_days": max(0, members.get("rotation_interval_days", 0)),
        }
        return Reply(201, shown(self.connections[slug]))

    def change(self, method: str, slug: str, rest: list[str], members: dict) -> Reply:
        connection = self.connections[slug]
        match method, rest:
            case "GET", []:
                pass
            case "DELETE", []:
                del self.connections[slug]
                return Reply(204)
            case "PATCH", []:
                return self.patch(connection, members)
            case "POST", ["rotate"]:
                merged = {**connection["secrets"], **usable(members)}
                if merged == connection["secrets"]:
                    return failure(400, "secrets are required")
                connection["secrets"] = merged
                connection["secret_version"] += 1
                connection["last_rotated_at"] = NOW
            case _:
                return failure(404, "not found")
        return Reply(200, shown(connection))

    def patch(self, connection: dict, members: dict) -> Reply:
        mode = members.get("auth_mode") or connection["auth_mode"]
        key = members.get("auth_secret_key") or connection["auth_secret_key"]
        if mode not in MODES:
            return failure(400, f"invalid auth_mode: {mode}")
        if key and key not in connection["secrets"]:
            return failure(400, "auth_secret_key has no secret")
        if mode != connection["auth_mode"]:
            header, connection["auth_prefix"] = MODES[mode]
            if mode == "query_param":
                connection["auth_header_name"] = header
        # Empty texts and 0 mean unchanged; base_url and secrets are ignored.
        names = ("name", "path_prefix", "auth_header_name", "auth_prefix", "rotation_interval_days", "status")
        connection.update({name: members[name] for name in names if members.get(name)})
        connection.update(auth_mode=mode, auth_secret_key=key, updated_at=NOW)
        return Reply(200, shown(connection))


def usable(members: dict) -> dict[str, str]:
    """Values trimmed, empty ones skipped."""
    trimmed = {key: value.strip() for key, value in (members.get("secrets") or {}).items()}
    return {key: value for key, value in trimmed.items() if value}


def shown(connection: dict) -> dict:
    """A connection without its secrets' values."""
    members = {key: value for key, value in connection.items() if key != "secrets" and value not in ("", 0)}
    return {**members, "credential_keys": sorted(connection["secrets"])}


def failure(status: int, text: str) -> Reply:
    return Reply(status, {"error": text, "request_id": "req-1", "timestamp": NOW, "docs_url": "https://example.org"})
