import os

from corpwechatbot.app import TOKEN_PATH, AppMsgSender
from driver import serve

# It keeps tokens beside its code. One of an earlier trial is of another emulator.
TOKEN_PATH.unlink(missing_ok=True)

client = AppMsgSender(os.environ["CORPID"], os.environ["SECRET"], os.environ["AGENTID"])

serve(
    {
        "token": lambda given: {"token": client.get_assess_token()},
        "message": lambda given: client.send_text(given["text"], touser=[given["userid"]]),
    }
)
