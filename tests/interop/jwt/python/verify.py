"""Verifies tokens with PyJWT, as an application does.

Reads {"issuer", "cases": [{"name", "kind", "audience", "nonce", "token"}]} from standard input, and
writes {"outcomes": [{"name", "accepted", "reason"}]} to standard output.
"""

import json
import sys
from urllib.request import urlopen

import jwt

REQUIRED = {
    "session": ["iss", "aud", "exp", "iat", "sub"],
    "id token": ["iss", "aud", "exp", "iat", "sub", "nonce"],
    "logout token": ["iss", "aud", "exp", "iat", "jti", "events"],
}
TYPES = {"session": "JWT", "id token": "JWT", "logout token": "logout+jwt"}
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


def verify(case, issuer, keys):
    kind, token = case["kind"], case["token"]
    decoded = jwt.decode_complete(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        issuer=issuer,
        audience=case["audience"],
        options={"require": REQUIRED[kind]},
    )
    header, payload = decoded["header"], decoded["payload"]
    if header.get("typ", "JWT").lower() != TYPES[kind].lower():
        raise jwt.InvalidTokenError(f"typ is {header.get('typ')}")
    if kind == "id token" and payload["nonce"] != case["nonce"]:
        raise jwt.InvalidTokenError("the nonce is another one")
    if kind == "logout token" and (LOGOUT not in payload["events"] or "nonce" in payload):
        raise jwt.InvalidTokenError("this is no logout token")


def outcome(case, issuer, keys):
    try:
        verify(case, issuer, keys)
    except jwt.PyJWTError as error:
        return {"name": case["name"], "accepted": False, "reason": str(error)}
    return {"name": case["name"], "accepted": True, "reason": ""}


trial = json.load(sys.stdin)
with urlopen(trial["issuer"] + "/.well-known/openid-configuration", timeout=10) as response:
    discovery = json.load(response)
key_set = jwt.PyJWKClient(discovery["jwks_uri"], timeout=10)
outcomes = [outcome(case, discovery["issuer"], key_set) for case in trial["cases"]]
json.dump({"outcomes": outcomes}, sys.stdout)
