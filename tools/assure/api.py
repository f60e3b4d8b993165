"""A double of the managed API on 127.0.0.1: services and their keys, each of which is shown once."""
from __future__ import annotations

import base64
import json
import secrets

from peer import Peer, Reply, Request


def owner_token() -> str:
    """A token of three parts, as the API gives it to johndee; it is good for long."""
    claims = {
        "sub": "user_1", "email": "johndee@example.org", "namespace": "johndee", "iss": "sigilum-api",
        "aud": "sigilum-dashboard", "iat": 1700000000, "exp": 4102444800,
    }
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}).encode(), json.dumps(claims).encode(), secrets.token_bytes(33)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class API(Peer):
    """`services` is its data: each has `keys` with their values, `active` or not."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.services: list[dict] = []
        super().__init__()

    def active(self, slug: str) -> list[str]:
        """The keys of a service that the API lets in."""
        with self.guard:
            found = [s for s in self.services if s["slug"] == slug]
            return [key["key"] for service in found for key in service["keys"] if key["active"]]

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Reply(401, {"error": "Invalid token", "code": "UNAUTHORIZED"})
        members = json.loads(request.body or b"{}")
        parts = request.path.strip("/").split("/")
        match request.method, parts[1:]:
            case "GET", ["auth", "me"]:
                return Reply(200, {"id": "user_1", "namespace": "johndee", "email": "johndee@example.org"})
            case "GET", ["services"]:
                return Reply(200, {"services": [shown(service) for service in self.services]})
            case "POST", ["services"]:
                return self.create(members)
            case method, ["services", identity, *rest]:
                for service in self.services:
                    if service["id"] == identity:
                        return self.change(service, method, rest, members)
        return Reply(404, {"error": "Not found", "code": "NOT_FOUND"})

    def create(self, members: dict) -> Reply:
        if any(service["slug"] == members["slug"] for service in self.services):
            return Reply(409, {"error": "A service with this slug already exists", "code": "CONFLICT"})
        names = ("name", "slug", "domain", "description")
        service = {**{name: members[name] for name in names}, "id": "svc_" + identifier(), "keys": []}
        self.services.append(service)
        return Reply(201, shown(service))

    def change(self, service: dict, method: str, rest: list[str], members: dict) -> Reply:
        active = [key for key in service["keys"] if key["active"]]
        match method, rest:
            case "PATCH", []:
                service.update(members)
                return Reply(200, {"success": True})
            case "DELETE", []:
                self.services.remove(service)
                return Reply(200, {"success": True})
            case "GET", ["keys"]:
                page = {"limit": 50, "offset": 0, "total": len(active), "has_more": False}
                return Reply(200, {"keys": [listed(key) for key in active], "pagination": page})
            case "POST", ["keys"]:
                value = "sk_live_" + secrets.token_hex(24)
                key = {"id": "key_" + identifier(), "name": members["name"], "key": value, "active": True, "marked": None}
                service["keys"].append(key)
                return Reply(201, {**listed(key), "key": value, "message": "Store this key now."})
            case "DELETE", ["keys", identity]:
                for key in active:
                    if key["id"] == identity:
                        key["active"] = False
                        return Reply(200, {"success": True})
            case "POST", ["keys", identity, "mark-gateway"]:
                for key in active:
                    if key["id"] == identity:
                        key["marked"] = "2026-03-01T10:00:00Z"
                        return Reply(200, {"success": True, "key_id": identity})
        return Reply(404, {"error": "Not found", "code": "NOT_FOUND"})


def shown(service: dict) -> dict:
    members = {name: value for name, value in service.items() if name != "keys"}
    active = sum(key["active"] for key in service["keys"])
    return {**members, "created_at": "2026-03-01T10:00:00Z", "updated_at": None, "registration_tx_hash": None,
            "active_key_count": active}


def listed(key: dict) -> dict:
    return {"id": key["id"], "name": key["name"], "key_prefix": "..." + key["key"][-4:], "last_used_at": None,
            "created_at": "2026-03-01T10:00:00Z", "gateway_registered_at": key["marked"]}


def identifier() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(12))
