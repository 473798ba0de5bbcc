import { type Entry, held } from './entry.ts';

/** What the service promises. Links are relative to the root of the repository. */
export const promises: readonly Entry[] = [
  held(
    '1',
    '**A session proves a WeCom sign-in.** It needs a code that WeCom redeemed for a member of this corp, an unused state issued for this corp and app, and its verifier (RFC 7636).',
    '**会话证明一次企业微信登录。** 需要：企业微信为本企业成员兑换的授权码；由本服务为该企业和应用签发、尚未使用的 state；以及与之匹配的 verifier（RFC 7636）。',
    {
      'functions/signInWithState': [
        'a state that proves nothing is refused with 401 before WeCom is called › %s',
        'a state that was issued for another %s',
        'gets the member and no session',
      ],
      'lib/session/session': ['a token that is not a session is refused'],
      'lib/wecom/answers': ['an answer about another member or department is a bad answer › %s %j'],
    },
  ),
  held(
    '2',
    '**What may happen once happens once.** States, leases, pushes, and the provider’s codes, rotated refresh tokens and interactions are consumed by one conditional write. Every key begins with the corp id.',
    '**只能发生一次的事只发生一次。** state、租约、推送，以及提供方的授权码、轮换的刷新令牌和登录交互，都由一次条件写入消费。所有键都以企业 ID 开头。',
    {
      'functions/signInWithState': [
        'are one client with WeCom: 50 equal ones, one member, one session',
      ],
      'lib/token/accessToken': ['is one gettoken for any number of instances and callers'],
      'lib/token/processes': ['cause one gettoken, and all get the same token'],
      'functions/callback': ['has one effect of a push that is delivered twenty times at once'],
      'functions/openidTokens': [
        'is consumed by exactly one conditional write of fifty',
        'is rotated at most once when a public client uses it fifty times at once',
      ],
      'lib/openid/adapter': ['is consumed by one of fifty'],
      'lib/tableKeys': [
        'begins with the corp',
        'reads no membership, grant or history of another corp',
      ],
    },
  ),
  held(
    '3',
    '**Unreadable data refuses.** `verify` answers `true` only from data that it has read. A field of the wrong type makes a response unreadable.',
    '**无法读取的数据一律拒绝。** `verify` 只根据已读取的数据返回 `true`。字段类型不符的响应视为无法读取。',
    {
      'lib/permissions/oddAnswers': [
        'the member is refused by each denial, and if disabled, if no field is altered',
        'a refusal becomes an allowance only by a readable value',
      ],
      'lib/permissions/verify': [
        'with any value in one attribute of a stored item › a refusal does not become an allowance',
      ],
      'lib/wecom/answers': ['%s %j names the fields, and no value'],
      'functions/verify': ['(%s) nobody is allowed: 500 验证失败'],
    },
  ),
  held(
    '4',
    '**`verify` refuses leavers** within seconds of WeCom’s event, within one hour without it, and within 24 hours if WeCom is unavailable. The OpenID provider [signs them out](docs/relying-parties/README.md#sign-out).',
    '**`verify` 拒绝离职成员**：收到企业微信事件后几秒内；没有事件时一小时内；企业微信不可用时 24 小时内。OpenID 提供方同时[让其退出](docs/zh-CN/relying-parties/README.md#退出登录)。',
    {
      'functions/callback.endToEnd': ['is refused as soon as WeCom has told that they left'],
      'functions/verify': [
        'leaves is refused after one hour at the latest, with no event, and no outage brings them back',
        'the stored membership serves for twenty-four hours, and then nobody is allowed',
      ],
      'functions/signOuts': [
        'is signed out of each application, which is told by a token for this very sign-in',
      ],
    },
  ),
  held(
    '5',
    '**Grants belong to the person**, not to the next holder of the userid. A rename ends no denial. See [permissions.md](docs/permissions.md#leavers-and-renames).',
    '**授权属于本人**，不属于下一个使用该 userid 的人。userid 变更不会使拒绝失效。见 [permissions.md](docs/zh-CN/permissions.md#离职与-userid-变更)。',
    {
      'lib/permissions/personChanges': [
        'in whatever order events come, nobody has the grants or the sub of another, and nobody loses a grant',
        'denials move before allowances',
      ],
      'lib/permissions/person': ['never passes to a later person under the same userid'],
      'functions/personChanges': [
        'is refused until that is done, and again once an administrator has done it by hand',
      ],
    },
  ),
  held(
    '6',
    '**Secrets stay secret.** App secret, access_token, codes, tickets, states, callback keys, private session keys, mobiles and e-mails appear in no log, error, metric, table key, environment variable or template; the output of all tests is searched. Only scalars and lists of texts can be logged, and of foreign errors only name and frames. Client secrets, and the provider’s codes, tokens and session ids, are stored as hashes only. The key of the log’s [pseudonyms](docs/security.md#members-in-the-log) is in the functions’ environment.',
    '**机密不外泄。** 应用 Secret、access_token、授权码、ticket、state、回调密钥、会话私钥、手机号和邮箱不出现在日志、错误、指标、数据表的键、环境变量和模板中，所有测试的输出都会接受检索。日志只能记录标量和文本列表，对外部错误只记录名称和堆栈帧。客户端的 secret，以及提供方的授权码、令牌和会话 ID，只以哈希值保存。日志[假名](docs/zh-CN/security.md#日志中的成员)的密钥在函数的环境变量中。',
    {
      leakage: ['nothing secret and nothing personal is ever printed'],
      'template/template': [
        'holds no secret, and no reference that would put one into it but the key of the log',
      ],
      'lib/openid/adapter': ['never holds the id, which is a secret'],
      'functions/adminClients': ['is added with a secret that is shown once and never printed'],
      'lib/awsClient': ['%s holds nothing of what was said or asked'],
      'lib/http/route': ['answers a defect with its own words, and tells the log where, not what'],
    },
  ),
  held(
    '7',
    '**A wrong secret does not get the IP address banned.** At most five gettoken calls fail per hour with one writing of the secret, and ten with any number, over all instances and the doctor. While DynamoDB is unavailable, each instance counts for itself.',
    '**错误的 Secret 不会导致 IP 被封禁。** 在所有实例和 doctor 中，同一次写入的 Secret 每小时最多失败五次 gettoken，无论写入多少次，总共最多十次。DynamoDB 不可用时，每个实例各自计数。',
    {
      'lib/token/accessToken': [
        'is tried at most five times an hour by any number of instances',
        'causes at most ten failing calls an hour with any number of writings, and errors and log say until when',
        'each instance counts its own calls: five fail in an hour with one secret',
      ],
      'commands/doctor': [
        'ten failed calls in an hour, its own among them: the eleventh waits, and until when',
      ],
      'lib/token/breaker': [
        'at most five calls in an hour with one secret, and ten in all, were or may have been refused',
      ],
      'lib/token/model': [
        'no scenario does what must never happen, and sign-in works again after it',
      ],
    },
  ),
  held(
    '8',
    '**Forged, replayed or reordered callbacks have no effect.** [The checks](docs/callbacks.md#checks) come first, and an event only names what to read again.',
    '**伪造、重放、乱序的回调不起作用。** 先进行[各项检查](docs/zh-CN/callbacks.md#检查顺序)，事件只说明需要重新读取什么。',
    {
      'functions/callback': [
        'refuses a push with %s, and nothing happens',
        'has one effect of a push that is delivered again in a new envelope',
      ],
      'functions/callback.endToEnd': ['events out of order end where WeCom is'],
      'lib/callback/messageCrypt': ['is refused if any byte of its %s differs'],
    },
  ),
  held(
    '9',
    '**Each function has its own minimal role.** A test compares its requests with the role. Of the functions that face the internet only `adminPermissions` can write a grant, and only `adminClients` a client; `dynamodb:Attributes` limits the updates of the others to attributes of memberships, pending work, sign-ins and the `sub` of a person.',
    '**每个函数有自己的最小权限角色。** 测试比较函数的请求与其角色。面向互联网的函数中，只有 `adminPermissions` 能写入授权，只有 `adminClients` 能写入客户端；`dynamodb:Attributes` 把其他函数的更新限制在成员资料、待处理工作、登录记录和成员 `sub` 的属性上。',
    {
      'template/roles': [
        "a role allows what its function's code asks, and nothing else:",
        'by personChanges, which no route leads to, and by adminPermissions alone',
        'and clients by adminClients, with nothing else',
        'by no update of %s by a function that faces the internet',
      ],
      'template/template': ['grants nothing by a wildcard but what AWS requires'],
    },
  ),
  held(
    '10',
    '**The console has no power of its own.** Each request of `/api/admin/…` needs a session and, decided by `verify` at that moment, the member’s permission `admin:permissions` or `admin:clients`. To change a grant of `*`, `admin:…` or `verify:any` one must hold that very permission. Each change has an audit line with the administrator’s userid, and is refused if somebody else has changed the grant since it was shown. The page `/admin` runs scripts of its own origin only, under Trusted Types, and stands in no frame.',
    '**控制台没有自己的权力。** `/api/admin/…` 的每个请求都需要会话，并且由 `verify` 当场判定该成员拥有 `admin:permissions` 或 `admin:clients` 权限。要修改 `*`、`admin:…` 或 `verify:any` 的授权，自己必须拥有该权限。每次修改都有带管理员 userid 的审计记录；如果授权在展示之后被他人改过，修改会被拒绝。页面 `/admin` 只运行同源脚本，启用 Trusted Types，且不能被嵌入框架。',
    {
      'functions/adminAccess': [
        'is refused without a session, with a forged one, and with an expired one',
        'is refused to a member without the permission, before the request is read',
        'so one that a denial takes away is gone at once',
      ],
      'functions/adminGrants': [
        'is not given or taken by the console: %s',
        'is not taken from those who have it, nor is its denial lifted: %s',
        'who change one grant: the second one is told, and the other lines are changed',
      ],
      'lib/permissions/grantStore': ['has an audit line: who, when, before and after'],
      'functions/adminPage': [
        'allows its own origin only, nothing inline, no frame and no HTML from strings',
      ],
    },
  ),
];
