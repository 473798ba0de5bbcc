import type { Bilingual } from '../../lib/bilingual.ts';

export const HELP: Bilingual = {
  zh: `管理可以用企业微信登录的程序（OpenID Connect 客户端）。

用法
  npm run clients -- add [client_id] --name <名称> --redirect-uri <地址> …   添加，显示一次 secret
  npm run clients -- list                                                  列出全部客户端
  npm run clients -- show <client_id>                                      设置、修改记录、谁有权限
  npm run clients -- rotate-secret <client_id> [--keep-hours 小时 | --now]  更换 secret
  npm run clients -- remove <client_id>                                    删除

add 的选项
  --name <名称>                     登录页面上显示的应用名称
  --redirect-uri <地址>             登录后返回的地址，可以多次给出；按全文比较，须为 https
                                    （http 只用于本机；自定义 scheme 只用于公开客户端，如 com.example.app:/cb）
  --post-logout-redirect-uri <地址> 退出后返回的地址，可以多次给出
  --backchannel-logout-uri <地址>   成员退出或离职时，向此地址发送退出通知（logout token）
  --public                          公开客户端（网页脚本、移动应用）：没有 secret，必须使用 PKCE
  --permission <权限>               成员需要的权限，默认 access
  --audience <URI>                  访问令牌用于这个 API（JWT）；这样的令牌不能用于 userinfo
  --email-domain <域名>             email 为 <userid>@<域名>，不带 email_verified
  --group-paths                     groups 为部门全路径，而不是 department:<id>
  --refresh                         可以获得刷新令牌

选项
  --stage <环境>     默认 local（本机，需要先运行 npm start）
  --region <区域>    默认 stages/<环境>.yml 中的区域
  --table <表名>     权限表，默认取自堆栈输出
  --keep-hours <n>   更换后旧 secret 仍有效的小时数，默认 24，最多 720
  --now              旧 secret 立即失效
  --json             输出 JSON，供程序使用，须用 npm run -s；add 输出 client_id 和 client_secret
  --help, -h         本说明（语言取自 LC_ALL、LC_MESSAGES、LANG）

退出码
  0 完成   1 失败   2 参数有误   3 没有这个客户端   4 旧 secret 仍有效，须加 --now   5 已存在，或有人同时修改

例子
  npm run clients -- add grafana --name Grafana --permission grafana --redirect-uri https://grafana.example.com/login/generic_oauth --stage prod
  npm run permissions -- grant department:2 grafana --stage prod

各程序的设置见 docs/zh-CN/relying-parties/。`,

  en: `Manages the programs that sign people in with WeCom (clients of the OpenID provider).

Usage
  npm run clients -- add [client_id] --name <name> --redirect-uri <address> …   shows the secret once
  npm run clients -- list                                                      all clients
  npm run clients -- show <client_id>                       settings, changes, who has the permission
  npm run clients -- rotate-secret <client_id> [--keep-hours <n> | --now]      a new secret
  npm run clients -- remove <client_id>

Options of add
  --name <name>                         the application's name on the sign-in pages
  --redirect-uri <address>              where sign-ins return to; repeatable. Compared exactly: https
                                        (http only on this machine; an own scheme such as
                                        com.example.app:/cb only for public clients)
  --post-logout-redirect-uri <address>  where sign-outs return to; repeatable
  --backchannel-logout-uri <address>    gets a logout token when a person signs out or leaves
  --public                              scripts and apps: no secret, PKCE required
  --permission <permission>             what members need; default access
  --audience <URI>                      access tokens are JWTs for this API, and not for userinfo
  --email-domain <domain>               email is <userid>@<domain>, without email_verified
  --group-paths                         groups are full paths in place of department:<id>
  --refresh                             the client may get refresh tokens

Options
  --stage <stage>    default: local (this machine; run npm start first)
  --region <region>  default: the region in stages/<stage>.yml
  --table <name>     the permission table; default: the output of the stage's stack
  --keep-hours <n>   how many hours the old secret works after a rotation; default 24, at most 720
  --now              the old secret ends at once
  --json             print JSON for programs; use npm run -s. add prints client_id and client_secret
  --help, -h         this text, in the language of LC_ALL, LC_MESSAGES or LANG

Exit codes
  0 done   1 failed   2 wrong arguments   3 no such client
  4 an old secret still works: needs --now   5 it exists already, or somebody else changed it

Examples
  npm run clients -- add grafana --name Grafana --permission grafana --redirect-uri https://grafana.example.com/login/generic_oauth --stage prod
  npm run permissions -- grant department:2 grafana --stage prod

docs/relying-parties/ has the settings of each program.`,
};
