import type { Text } from './language.ts';
import { PROGRAM } from './program.ts';

/** What `help` prints. */
export const HELP: Text = {
  en: `WeCom emulator

Start it in the foreground (Ctrl-C stops it):
  ${PROGRAM} [--port 3500] [--host 127.0.0.1] [--admin-host name]…
                   [--set name=value]…
                   [--app-callback URL --app-token T --app-key K]
                   [--contacts-callback URL --contacts-token T --contacts-key K]
                   [--members 100000 --departments 5000 --depth 10 --tags 100]
                   [--company company.json] [--keep state.json]
                   [--https] [--https-port 443] [--ca-folder ~/.wecom-emulator]

  Its base address replaces https://qyapi.weixin.qq.com, https://open.weixin.qq.com,
  https://login.work.weixin.qq.com and https://open.work.weixin.qq.com alike.
  Console: http://127.0.0.1:3500/__admin/. Secrets: http://127.0.0.1:3500/__admin/apps
  --set changes a switch where WeCom's behaviour differs or is unknown; "behaviour" lists them.
    callDurationMs=250      every call takes that long
    clockOffsetMs=-3600000  WeCom's clock is an hour behind: Date header, CreateTime, timestamps
    callbackDelayMs=60000   pushes come late; callbackCopies=2: twice
  --company reads a company from a JSON or YAML file; --keep keeps it, and what was issued, over restarts.
  --https serves TLS with a certificate for WeCom's hosts, by an authority that is created once,
  and prints what to put into /etc/hosts and how each language trusts the authority.
  --admin-host names a host, such as that of a container, by which /__admin may be reached too.
  --members and the other sizes replace the company by a generated one: member000001, ...

Steer a running one (--at http://127.0.0.1:3500, or WECOM_EMULATOR_URL, or the PORT of npm start):
  fault 45009 --on user/get --times 3    answer an errcode; also:
  fault slow --ms 5000                   wrong-secret ip-ban truncated html empty reset
  fault html --status 503                redirect errcode-as-string huge (--bytes) hang stall
  fault trickle --ms 5000                reset-reused
  fault numbers-as-text [--field …]      lists-as-items [--field …]
  fault reset --after                    … after the call took effect
  fault set-field --on user/get --field status --value '"1"'     any field, any JSON value
  fault remove-field --on user/get --field department.0
  fault control-characters --on user/get --field name [--codes 0,8]   raw bytes inside texts
  fault other-member --userid lisi       user/get and auth/getuserdetail answer about lisi
  fault padding --on user/get --bytes 30000000      the real answer, and so much more
  fault tag-members --count 100000       tag/get lists so many, the missing ones invented
  fault list | fault clear [number]
  code user123 [--scope snsapi_privateinfo] [--agent 1000002] [--origin wwlogin]
  code --visitor customer
  code user123 --origin miniprogram | tfa    for jscode2session, for second verification
  member user123 --status 2 | --department 2,5 | --name 张三 | --userid new.id
  leave user123 [user456 …]              delete members
  join user123 [user456 …]               bring back members who left [--status 1 --department 2]
  join new.one --name 新人 --department 2    add a member
  rename user123 zhang.san               change a userid: update_user with the new one
  tag 7 --add user123 --remove lisi --add-department 2 --remove-department 12
  department 2 --name 研发部 | --parent 7
  app 1000002 --users user123 --departments 2,7 --tags 3    replace the visible range
  app 1000002 --disable | --enable | --trusted-ips 127.0.0.1,10.0.0.1 | --any-ip
  revoke-token [--agent 1000002]         revoke access tokens early
  revoke-ticket [config|agent_config] [--agent 1000002]     the same for tickets of the JS-SDK
  unban                                  lift the bans after wrong secrets
  forget-consent [user123]
  calls [path] | calls clear             the call log: what was wrong with each, without secrets
  messages [user123] | messages clear    what apps and webhooks sent
  behaviour [name=value …]               show or change switches
  verify app|contacts                    URL verification of a callback
  hold | release [--reversed]            keep pushes back, send them out of order
  event delete_user user123 [--create-time 1700000000]    push it although nothing changes; also
                                         create_user, update_user (--userid new.id), subscribe,
                                         unsubscribe [--agent 1000002]
  deliveries [clear]                     what became of the pushes
  resend 3                               push that delivery again
  key [--non-canonical]                  a new Token and EncodingAESKey
`,
  zh: `企业微信模拟器

在前台启动（按 Ctrl-C 停止）：
  ${PROGRAM} [--port 3500] [--host 127.0.0.1] [--admin-host name]…
                   [--set name=value]…
                   [--app-callback URL --app-token T --app-key K]
                   [--contacts-callback URL --contacts-token T --contacts-key K]
                   [--members 100000 --departments 5000 --depth 10 --tags 100]
                   [--company company.json] [--keep state.json]
                   [--https] [--https-port 443] [--ca-folder ~/.wecom-emulator]

  它的地址同时代替 https://qyapi.weixin.qq.com、https://open.weixin.qq.com、
  https://login.work.weixin.qq.com 和 https://open.work.weixin.qq.com。
  控制台：http://127.0.0.1:3500/__admin/，Secret：http://127.0.0.1:3500/__admin/apps
  --set 修改开关，用于企业微信行为不一或未公开之处；behaviour 列出所有开关。
    callDurationMs=250      每次调用都需要这么长时间
    clockOffsetMs=-3600000  企业微信的时钟慢一小时：Date、CreateTime、时间戳
    callbackDelayMs=60000   回调延迟；callbackCopies=2：每次推送两遍
  --company 从 JSON 或 YAML 文件读取企业；--keep 在重启之后保留企业数据和已签发的凭证。
  --https 用一次性创建的 CA 签发企业微信各域名的证书，并打印 /etc/hosts 的内容和各语言信任该 CA 的方法。
  --admin-host 允许用该主机名（例如容器名）访问 /__admin。
  --members 等参数改用生成的企业：member000001……

控制正在运行的模拟器（--at http://127.0.0.1:3500、WECOM_EMULATOR_URL，或与 npm start 相同的 PORT）：
  fault 45009 --on user/get --times 3    返回错误码；其他故障：
  fault slow --ms 5000                   wrong-secret ip-ban truncated html empty reset
  fault html --status 503                redirect errcode-as-string huge (--bytes) hang stall
  fault trickle --ms 5000                reset-reused
  fault numbers-as-text [--field …]      lists-as-items [--field …]
  fault reset --after                    …… 调用生效之后才断开
  fault set-field --on user/get --field status --value '"1"'     任意字段，任意 JSON 值
  fault remove-field --on user/get --field department.0
  fault control-characters --on user/get --field name [--codes 0,8]   文本中的控制字符
  fault other-member --userid lisi       user/get 和 auth/getuserdetail 返回 lisi 的数据
  fault padding --on user/get --bytes 30000000      正常的响应，再加上这么多字节
  fault tag-members --count 100000       tag/get 列出这么多成员，不足的为虚构
  fault list | fault clear [编号]
  code user123 [--scope snsapi_privateinfo] [--agent 1000002] [--origin wwlogin]
  code --visitor customer
  code user123 --origin miniprogram | tfa    用于 jscode2session、二次验证
  member user123 --status 2 | --department 2,5 | --name 张三 | --userid new.id
  leave user123 [user456 …]              删除成员
  join user123 [user456 …]               恢复已离开的成员 [--status 1 --department 2]
  join new.one --name 新人 --department 2    新增成员
  rename user123 zhang.san               修改 userid：推送带有新 userid 的 update_user
  tag 7 --add user123 --remove lisi --add-department 2 --remove-department 12
  department 2 --name 研发部 | --parent 7
  app 1000002 --users user123 --departments 2,7 --tags 3    更换可见范围
  app 1000002 --disable | --enable | --trusted-ips 127.0.0.1,10.0.0.1 | --any-ip
  revoke-token [--agent 1000002]         提前作废 access_token
  revoke-ticket [config|agent_config] [--agent 1000002]     提前作废 JS-SDK 的 ticket
  unban                                  解除因 Secret 错误造成的封禁
  forget-consent [user123]               忘记成员的授权
  calls [路径] | calls clear             调用记录：每次调用的问题，不含密钥
  messages [user123] | messages clear    应用和群机器人发送的消息
  behaviour [name=value …]               查看或修改开关
  verify app|contacts                    校验回调 URL
  hold | release [--reversed]            暂存推送；放行，也可以倒序
  event delete_user user123 [--create-time 1700000000]    不改变企业，只推送事件；还有
                                         create_user、update_user（--userid new.id）、subscribe、
                                         unsubscribe [--agent 1000002]
  deliveries [clear]                     各次推送的结果
  resend 3                               再次推送
  key [--non-canonical]                  生成新的 Token 和 EncodingAESKey
`,
};
