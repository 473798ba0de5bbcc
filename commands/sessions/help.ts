import type { Bilingual } from '../../lib/bilingual.ts';

export const HELP: Bilingual = {
  zh: `查看谁通过企业微信登录了哪些应用（OpenID Connect），并可让其退出。

用法
  npm run sessions -- list                列出已登录的人
  npm run sessions -- list user:<userid>  此人登录了哪些应用
  npm run sessions -- end user:<userid>   让此人退出全部应用

  user:<userid> 也可以写成 sub:<sub>，即应用看到的标识。

end 把工作交给函数 signOuts，几秒内完成：此人的会话、授权码和令牌失效，设置了 --backchannel-logout-uri
的应用收到退出通知。发给 API 的 JWT 访问令牌最长还有十分钟有效。要使其不能再登录，请在企业微信中禁用此人，或收回其权限。

选项
  --stage <环境>   默认 local（本机，需要先运行 npm start）
  --region <区域>  默认 stages/<环境>.yml 中的区域
  --table <表名>   权限表，默认取自堆栈输出
  --json           输出 JSON，供程序使用，须用 npm run -s
  --help, -h       本说明（语言取自 LC_ALL、LC_MESSAGES、LANG）

退出码
  0 完成   1 失败   2 参数有误   3 此人没有登录过任何应用`,

  en: `Shows who is signed in to which applications with WeCom (OpenID Connect), and signs people out.

Usage
  npm run sessions -- list                lists the people who are signed in
  npm run sessions -- list user:<userid>  lists the applications of one person
  npm run sessions -- end user:<userid>   signs the person out of every application

  Instead of user:<userid> you can write sub:<sub>, the identifier that applications get.

end hands the work to the function signOuts, which does it within seconds: the person's sessions, codes
and tokens stop working, and each application with a --backchannel-logout-uri is told. JWT access tokens
for an API still work for ten minutes at most. To keep the person out, disable them in WeCom or take the
permission away.

Options
  --stage <stage>    default: local (this machine; run npm start first)
  --region <region>  default: the region in stages/<stage>.yml
  --table <name>     the permission table; default: the output of the stage's stack
  --json             print JSON for programs; use npm run -s
  --help, -h         this text, in the language of LC_ALL, LC_MESSAGES or LANG

Exit codes
  0 done   1 failed   2 wrong arguments   3 the person has not signed in to any application`,
};
