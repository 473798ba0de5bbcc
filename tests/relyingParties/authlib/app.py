"""A Flask application that signs people in with Authlib and shows their claims."""

import os
import secrets
import sys

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
oauth = OAuth(app)
oauth.register(
    "wecom",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid profile email groups",
        "code_challenge_method": "S256",
    },
)


@app.get("/")
def ready():
    return "ready"


@app.get("/login")
def login():
    return oauth.wecom.authorize_redirect(os.environ["REDIRECT_URI"])


@app.get("/callback")
def callback():
    try:
        token = oauth.wecom.authorize_access_token()
    except OAuthError as error:
        return f"{error.error}: {error.description}", 403
    # authorize_access_token has verified the ID token, with its nonce.
    return jsonify(idToken=token["userinfo"], userinfo=oauth.wecom.userinfo(token=token))


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
