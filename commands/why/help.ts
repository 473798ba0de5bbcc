import type { Bilingual } from '../../lib/bilingual.ts';

export const HELP: Bilingual = {
  zh: `某个成员为什么没能登录，或某个请求的结果如何：答案来自函数的日志。

用法
  npm run why -- user:<userid>              最近一小时
  npm run why -- user:<userid> --at 10:05   10:05 前后各 15 分钟
  npm run why -- request:<id>               最近 24 小时内的一个请求；<id> 是响应头 x-request-id，
                                            或 API Gateway 的请求 ID

  --at  10:05（最近一次 10:05）、2026-11-27T10:05（本机时区），或带时区：2026-11-27T10:05+08:00

日志中没有 userid，只有用环境密钥算出的假名。成员身份确定之前失败的登录（例如授权码过期）没有假名：
这些登录按原因列出，其中可能有此人的，也可能没有。函数超时或崩溃的请求也是如此。
输出不含其他成员的任何资料。

选项
  --stage <环境>   默认 local（本机，需要先 npm start）
  --region <区域>  默认 stages/<环境>.yml 中的区域
  --json           输出 JSON，供程序使用，须用 npm run -s
  --help, -h       本说明（语言取自 LC_ALL、LC_MESSAGES、LANG）

退出码
  0 找到   1 失败   2 命令不对   3 日志中没有找到`,

  en: `Why a member could not sign in, or what became of a request. The answer comes from the functions' logs.

Usage
  npm run why -- user:<userid>              the last hour
  npm run why -- user:<userid> --at 10:05   15 minutes before and after 10:05
  npm run why -- request:<id>               one request of the last 24 hours; <id> is the response's
                                            x-request-id, or API Gateway's request id

  --at  10:05 (the latest 10:05), 2026-11-27T10:05 (in this machine's time zone), or with a zone:
        2026-11-27T10:05+08:00

The logs have no userid, only a pseudonym that is made with a key of the stage. A sign-in that failed
before the member was known, such as one with an expired code, has no pseudonym: these are listed by
reason, and may or may not be the member's. So are requests whose function timed out or crashed. The
output has nothing about any other member.

Options
  --stage <name>    default local (this machine; npm start first)
  --region <name>   default: the one in stages/<stage>.yml
  --json            JSON for programs; use npm run -s
  --help, -h        this text (the language is that of LC_ALL, LC_MESSAGES or LANG)

Exit codes
  0 found   1 failed   2 not understood   3 the log has nothing`,
};
