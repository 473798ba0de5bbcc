import os

from flask import Flask
from wecom_auth import classic_routes, require_permission, require_session

app = Flask(__name__)
app.register_blueprint(classic_routes)


@app.get("/me")
def me():
    return {"userid": require_session()}


@app.get("/report")
def report():
    userid = require_permission("report:read")
    return {"report": f"for {userid}"}


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8000")))
