import os

import xmltodict
from driver import serve
from wechatpy.enterprise import WeChatClient
from wechatpy.enterprise.crypto import WeChatCrypto

corpid = os.environ["CORPID"]
client = WeChatClient(corpid, os.environ["SECRET"])
crypto = WeChatCrypto(os.environ["CALLBACK_TOKEN"], os.environ["CALLBACK_KEY"], corpid)


def verify(given):
    echo = crypto.check_signature(
        given["msg_signature"], given["timestamp"], given["nonce"], given["echostr"]
    )
    return {"echo": echo}


def decrypt(given):
    xml = crypto.decrypt_message(
        given["body"], given["msg_signature"], given["timestamp"], given["nonce"]
    )
    return {"event": xmltodict.parse(xml)["xml"]["Event"]}


serve(
    {
        "token": lambda given: {"token": client.access_token},
        "code": lambda given: {"userid": client.oauth.get_user_info(given["code"])["UserId"]},
        "user": lambda given: {"name": client.user.get(given["userid"])["name"]},
        "departments": lambda given: {"ids": [each["id"] for each in client.department.get()]},
        "tags": lambda given: {"names": [each["tagname"] for each in client.tag.list()]},
        "ticket": lambda given: {"ticket": client.jsapi.get_jsapi_ticket()},
        "agentTicket": lambda given: {"ticket": client.jsapi.get_agent_jsapi_ticket()},
        "agent": lambda given: {"name": client.agent.get(given["agentid"])["name"]},
        "message": lambda given: client.message.send_text(
            given["agentid"], given["userid"], given["text"]
        ),
        "push": decrypt,
        "verify": verify,
        "reply": lambda given: {"xml": crypto.encrypt_message(given["text"], given["nonce"])},
    }
)
