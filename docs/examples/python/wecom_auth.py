"""Sessions and permissions of wecom-auth, and the two classic routes, which it serves."""

import json
import os
from time import monotonic
from urllib.parse import quote

import jwt
import urllib3
from flask import Blueprint, abort, current_app, make_response, request

WECOM_AUTH_URL = os.environ.get("WECOM_AUTH_URL", "http://localhost:3000")
VERIFY_TIMEOUT_SECONDS = 5
SIGN_IN_TIMEOUT_SECONDS = 20
MAX_BYTES = 65_536

keys = jwt.PyJWKClient(f"{WECOM_AUTH_URL}/.well-known/jwks.json", timeout=5)
# Unlike a requests.Session it has no cookies, which would be shared by all callers.
http = urllib3.PoolManager(maxsize=10, retries=False)


def require_session() -> str:
    """Returns the caller's userid. Without a valid session: 401. Without the keys: 503."""
    given = request.authorization
    token = given.token if given and given.type == "bearer" and given.token else ""
    try:
        key = keys.get_signing_key_from_jwt(token)
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=WECOM_AUTH_URL,
            audience="wecom-auth",
            options={"require": ["exp", "sub"]},
        )["sub"]
    except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, OSError, ValueError) as error:
        current_app.logger.error("The keys could not be fetched: %s", error)
        abort(make_response({"error": "unavailable"}, 503))
    except jwt.PyJWTError:
        abort(make_response({"error": "not signed in"}, 401, {"WWW-Authenticate": "Bearer"}))


def require_permission(permission: str) -> str:
    """Returns the caller's userid. Without the permission: 403. If verify does not say: 503."""
    userid = require_session()
    deadline = monotonic() + VERIFY_TIMEOUT_SECONDS
    try:
        with http.request(
            "GET",
            f"{WECOM_AUTH_URL}/api/wecom/verify/{quote(userid, safe='')}",
            fields={"permission": permission},
            headers={"Authorization": request.headers["Authorization"]},
            timeout=VERIFY_TIMEOUT_SECONDS,
            preload_content=False,
        ) as response:
            if response.status != 200:
                request_id = response.headers.get("X-Request-Id")
                raise ValueError(f"{response.status}, request {request_id}")
            authorized = json.loads(read(response, deadline))["data"]["authorized"]
    except (urllib3.exceptions.HTTPError, ValueError, LookupError, TypeError) as error:
        current_app.logger.error("verify does not say: %s", error)
        authorized = None
    if authorized is False:
        abort(make_response({"error": "not permitted"}, 403))
    if authorized is not True:
        abort(make_response({"error": "unavailable"}, 503))
    return userid


def read(response, deadline: float) -> bytes:
    """The timeout of urllib3 is for each read alone, so it does not end a slow response."""
    body = b""
    while chunk := response.read1(MAX_BYTES):
        body += chunk
        if len(body) > MAX_BYTES or monotonic() > deadline:
            raise ValueError("the response is too large or too slow")
    return body


classic_routes = Blueprint("wecom", __name__, url_prefix="/api/wecom")

REQUEST_HEADERS = ("Accept", "Authorization", "Content-Type")
RESPONSE_HEADERS = (
    "Cache-Control",
    "Content-Type",
    "Retry-After",
    "WWW-Authenticate",
    "X-Error-Code",
    "X-Request-Id",
)


@classic_routes.post("/getUserInfo")
def get_user_info():
    request.max_content_length = MAX_BYTES
    return forward("POST", "getUserInfo", "获取用户信息失败", SIGN_IN_TIMEOUT_SECONDS)


@classic_routes.get("/verify/<userid>")
def verify(userid):
    return forward("GET", f"verify/{quote(userid, safe='')}", "验证失败", VERIFY_TIMEOUT_SECONDS)


def forward(method: str, path: str, failure: str, timeout_seconds: int):
    """Passes the request on, and the response back, with the headers above and no others."""
    query = request.query_string.decode()
    try:
        response = http.request(
            method,
            f"{WECOM_AUTH_URL}/api/wecom/{path}{query and '?'}{query}",
            headers=passed_on(REQUEST_HEADERS, request.headers),
            body=request.get_data() if method == "POST" else None,
            timeout=timeout_seconds,
        )
    except urllib3.exceptions.HTTPError as error:
        current_app.logger.error("wecom-auth does not respond: %s", error)
        return {"code": -1, "message": failure}, 503
    return response.data, response.status, passed_on(RESPONSE_HEADERS, response.headers)


def passed_on(names, headers):
    return {name: headers[name] for name in names if name in headers}
