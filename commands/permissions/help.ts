import type { Bilingual } from '../../lib/bilingual.ts';

export const HELP: Bilingual = {
  zh: `授予、拒绝、撤销、查询权限。

用法
  npm run permissions -- grant  <对象> <权限> [--until 时间] [--note 备注]   允许
  npm run permissions -- deny   <对象> <权限> [--until 时间] [--note 备注]   拒绝
  npm run permissions -- revoke <对象> <权限>                              撤销这条授权或拒绝
  npm run permissions -- list   [对象]                                     列出授权，包括已停用和待处理的
  npm run permissions -- explain <userid> [权限]                           能不能用，为什么
  npm run permissions -- history <对象>                                    谁在什么时候改了什么
  npm run permissions -- import <文件.csv>                                 批量授权
  npm run permissions -- export                                            以 CSV 输出全部授权（已停用和已过期的除外）

成员离职、更名之后
  npm run permissions -- reinstate <成员> [权限]                           恢复已停用的授权
  npm run permissions -- settle    [成员]                                  手工完成待处理的停用和移动
  npm run permissions -- export    <成员>                                  以 JSON 输出一名成员的全部记录
  npm run permissions -- forget    <成员>                                  清除一名成员的全部记录（先询问；登录着应用时拒绝）

对象
  user:zhangsan    一个成员（userid 不区分大小写）
  department:2     一个部门，连同它下面的所有部门
  tag:7            一个标签的成员，连同标签里的部门
  everyone         全体成员

权限
  1 到 64 个字符：a-z 0-9 : . _ -。access 是 verify 默认询问的权限；verify:any 允许查询他人。
  '*' 表示所有权限（在 shell 里要加引号）。

规则
  已离职、被禁用或应用不可见的成员一律不允许；有任何一条拒绝，就不允许；
  否则只要有一条允许，就允许；都没有，就不允许。过期和已停用的授权视为不存在。
  授权属于本人：成员从通讯录删除后，其本人的允许停用，拒绝保留；userid 变更时，授权和拒绝随之移动。
  处理完之前，相关成员一律不允许。
  对成员本人的修改立即生效，对部门、标签、全体的修改 10 秒内生效。

选项
  --stage <环境>     默认 local（本机，需要先运行 npm start，并使用相同的 PORT）
  --region <区域>    默认 stages/<环境>.yml 中的区域
  --table <表名>     权限表，默认取自堆栈输出
  --until <时间>     2030-12-31（含当天，北京时间）或 2030-12-31T18:00+08:00
  --note <备注>      最多 200 个字符
  --dry-run          只显示将会改变什么
  --yes, -y          不再询问；对全体成员（everyone、department:1）放宽权限时、forget 之前会询问
  --json             输出 JSON，供程序使用，须用 npm run -s（时间为 UTC；表格中的时间为北京时间）
  --help, -h         本说明（语言取自 LC_ALL、LC_MESSAGES、LANG）

CSV
  第一行是列名：subject,permission,effect,until,note（后三列可省略；effect 为 allow 或 deny）。
  UTF-8 编码。until 不能已经过去。文件里没有的授权不会被删除。有一行不对，就什么都不改。
  导出到文件：npm run -s permissions -- export > grants.csv（不加 -s，npm 会先写自己的几行）。

退出码
  0 完成（explain：允许）   1 失败   2 参数或文件有误   3 explain：不允许；revoke 等：没有这样的授权
  4 没有确认              5 有人同时改了同一条授权，或授权尚在处理：请重新运行；forget：仍登录着应用

例子
  npm run permissions -- grant user:zhangsan access --until 2030-12-31 --note "试用"
  npm run permissions -- grant department:2 report:read
  npm run permissions -- deny user:lisi '*' --note "调查期间"
  npm run permissions -- explain zhangsan report:read --stage prod`,

  en: `Grants, denies, revokes and explains permissions.

Usage
  npm run permissions -- grant  <subject> <permission> [--until time] [--note text]
  npm run permissions -- deny   <subject> <permission> [--until time] [--note text]
  npm run permissions -- revoke <subject> <permission>    remove that grant or denial
  npm run permissions -- list   [subject]                 suspended ones and pending work too
  npm run permissions -- explain <userid> [permission]    whether and why they are allowed
  npm run permissions -- history <subject>                who changed what, and when
  npm run permissions -- import <file.csv>                many grants at once
  npm run permissions -- export                           all grants that count, as CSV

After a member left or was renamed
  npm run permissions -- reinstate <member> [permission]  restore suspended grants
  npm run permissions -- settle    [member]               do pending suspensions and moves by hand
  npm run permissions -- export    <member>               all data about one member, as JSON
  npm run permissions -- forget    <member>               erase all data about one member (asks first;
                                                          refused while signed in to applications)

Subjects
  user:zhangsan    a member (userids compare without case)
  department:2     a department and every department below it
  tag:7            the members of a tag, and of the departments in it
  everyone         every member

Permissions
  1 to 64 of a-z 0-9 : . _ -   access is what verify asks about by default; a holder of verify:any
  may ask about others. '*' means every permission (quote it for the shell).

Rules
  A member who left, is disabled or is not visible to the app is refused. Any denial refuses. Otherwise
  any grant allows. Without either, the member is refused. Expired and suspended grants do not count.
  A member's grants belong to the person: when the directory deletes the member, their own allowances
  are suspended and denials stay; when the userid changes, both move along. Until that is done the
  member is refused.
  A change for a member takes effect at once; for a department, a tag or everyone within 10 seconds.

Options
  --stage <stage>    default: local (this machine; run npm start first, with the same PORT)
  --region <region>  default: the region in stages/<stage>.yml
  --table <name>     the permission table; default: the output of the stage's stack
  --until <time>     2030-12-31 (that day included, in China) or 2030-12-31T18:00+08:00
  --note <text>      up to 200 characters
  --dry-run          only show the changes
  --yes, -y          do not ask before everyone (or department:1) gets more permissions, or before forget
  --json             print JSON for programs; use npm run -s (times are UTC; in tables +08:00)
  --help, -h         this text, in the language of LC_ALL, LC_MESSAGES or LANG

CSV
  The first line names the columns: subject,permission,effect,until,note (the last three may be
  left out; effect is allow or deny; until is in the future). UTF-8. Grants that are not in the file
  stay. If one line is wrong, nothing is changed. Into a file:
  npm run -s permissions -- export > grants.csv (without -s npm writes lines of its own first).

Exit codes
  0 done (explain: allowed)   1 failed   2 wrong arguments or file
  3 explain: refused; revoke and others: there is no such grant   4 not confirmed
  5 somebody else changed the same grant at the same time, or it is being settled: run again;
    forget: the member is still signed in to applications

Examples
  npm run permissions -- grant user:zhangsan access --until 2030-12-31 --note "trial"
  npm run permissions -- grant department:2 report:read
  npm run permissions -- deny user:lisi '*' --note "under investigation"
  npm run permissions -- explain zhangsan report:read --stage prod`,
};
