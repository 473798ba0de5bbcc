/** What `--help` prints. */
export const HELP = `企业微信模拟器 · WeCom emulator

Start it in the foreground (Ctrl-C stops it):
  npm run wecom -- [--port 3500] [--host 127.0.0.1] [--set name=value]…
                   [--app-callback URL --app-token T --app-key K]
                   [--contacts-callback URL --contacts-token T --contacts-key K]

  Its base address replaces https://qyapi.weixin.qq.com, https://open.weixin.qq.com,
  https://login.work.weixin.qq.com and https://open.work.weixin.qq.com alike.
  The company is in local/wecom/company.ts. Console: http://127.0.0.1:3500/__admin/
  --set changes a switch where WeCom's behaviour differs or is unknown; "behaviour" lists them.

Steer a running one (--at http://127.0.0.1:3500, or WECOM_EMULATOR_URL, or the PORT of npm start):
  fault 45009 --on user/get --times 3    answer an errcode; also:
  fault slow --ms 5000                   wrong-secret ip-ban truncated html empty reset
  fault html --status 503                redirect errcode-as-string huge (--bytes)
  fault reset --after                    … after the call took effect
  fault list | fault clear [number]
  code user123 [--scope snsapi_privateinfo] [--agent 1000002] [--origin wwlogin]
  code --visitor customer
  member user123 --status 2 | --department 2,5 | --name 张三 | --userid new.id
  leave user123 [user456 …]              delete members
  tag 7 --add user123 --remove lisi --add-department 2 --remove-department 12
  department 2 --name 研发部 | --parent 7
  app 1000002 --users user123 --departments 2,7 --tags 3    replace the visible range
  app 1000002 --disable | --enable | --trusted-ips 127.0.0.1,10.0.0.1 | --any-ip
  revoke-token [--agent 1000002]         withdraw access tokens early
  unban                                  lift the bans after wrong secrets
  forget-consent [user123]
  calls [path] | calls clear             the call log, without secrets
  behaviour [name=value …]               show or change switches
  verify app|contacts                    URL verification of a callback
  hold | release [--reversed]            keep pushes back, send them out of order
  deliveries [clear]                     what became of the pushes
  key [--non-canonical]                  a new Token and EncodingAESKey
`;
