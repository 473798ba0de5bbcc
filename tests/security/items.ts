import { type Entry, held, open } from './entry.ts';

/* What a WeCom sign-in back end can be measured against. */

export const identityFlow: readonly Entry[] = [
  held(
    '1',
    'A code that is missing, empty, longer than 512 bytes, no text, or has a query, a line break, NUL or half a surrogate pair in it: 400, and WeCom is not called.',
    '授权码缺失、为空、超过 512 字节、不是文本，或含有查询参数、换行、NUL、半个代理对：400，不调用企业微信。',
    { 'functions/getUserInfo': ['%s is 400, and WeCom is not asked'] },
  ),
  held(
    '2',
    'One code twice or fifty times at once: one identity, and a documented answer for the others, never a 5xx.',
    '同一授权码同时提交两次或五十次：只有一个身份，其他请求得到文档所述的响应，不会是 5xx。',
    {
      'functions/signInWithState': [
        'are one client with WeCom: 50 equal ones, one member, one session',
        'with different codes are one client too: one gets in, 49 are refused',
      ],
      'functions/getUserInfo': ['a code works once'],
    },
    {
      en: 'Without a state, WeCom itself decides: the first request gets the member, the others 401 with 40029.',
      zh: '不带 state 时由企业微信决定：第一个请求得到成员，其他请求得到 401 和 40029。',
    },
  ),
  held(
    '3',
    'A code that WeCom refuses (40029, 40163, 42003): 401 that says so, not repeated, not a 5xx.',
    '企业微信拒绝的授权码（40029、40163、42003）：401 并说明原因，不重试，不是 5xx。',
    {
      'functions/getUserInfo': [
        'errcode %i for the code is 401 at the first try',
        'an unknown code is 401 at the first try, without the hint that shows our address',
      ],
    },
  ),
  held(
    '4',
    'A state that is absent, empty, wrong, of another browser, corp or agent, used, expired or 10 kB long: refused before WeCom is called.',
    'state 缺失、为空、错误、属于其他浏览器、企业或应用、已使用、已过期或长达 10 kB：在调用企业微信之前拒绝。',
    {
      'functions/signInWithState': [
        'a state that proves nothing is refused with 401 before WeCom is called › %s',
        'and %s, which is no text at all, with 400',
        'a state that was issued for another %s',
        'a state that was used › is refused with %s',
      ],
    },
  ),
  held(
    '5',
    'Redirect addresses (`//evil`, backslashes, encodings, a user part, other letters, schemes): never one that is not listed.',
    '重定向地址（`//evil`、反斜杠、编码、用户部分、其他字母、协议）：绝不会离开已登记的地址。',
    {
      'functions/authorize': ['an address that is not listed: %j'],
      'functions/openidAttacks': ['is no redirect address: %j', 'is not made by the logout'],
    },
  ),
  held(
    '6',
    'A visitor with an openid or external_userid only: an answer of its own, never taken for a member, never looked up.',
    '只有 openid 或 external_userid 的访客：有单独的响应，不当作成员，也不查询。',
    {
      'functions/getUserInfo': ['a %s is 403, and never looked up'],
      'lib/signin/signIn': ['with %s is no member'],
    },
  ),
  held(
    '7',
    'A member who is disabled, has left or is outside the visible range: refused.',
    '成员已禁用、已离职或不在可见范围内：拒绝。',
    {
      'functions/getUserInfo': [
        'a member who %s is 403, and the log says which',
        'a member outside the visible range is 401 with 60011',
      ],
      'functions/verify': ['%s, who %s, is refused whatever is granted'],
    },
  ),
  held(
    '8',
    'Six fields and no other. Mobile and e-mail only with consent.',
    '只有六个字段，没有其他字段。手机号和邮箱需要成员同意。',
    {
      'functions/getUserInfo': ['is answered with exactly six texts', 'who %s'],
      'lib/signin/signIn': ['mobile and e-mail › %s'],
    },
  ),
];

export const authorization: readonly Entry[] = [
  open(
    '9',
    '`verify` about another member is decided by the stage’s policy. Unknown and refused members get the same answer, in the same time.',
    '能否通过 `verify` 查询其他成员由环境的策略决定。未知成员和被拒绝的成员得到相同的响应，用时也相同。',
    {
      en: 'The time differs: the first request about an unknown userid waits for a call of WeCom. Only callers who may ask about anybody can see it.',
      zh: '用时不同：首次查询未知 userid 时要等待一次企业微信调用。只有可以查询任何人的调用方能看到。',
    },
    {
      'functions/verify': [
        'nobody without one',
        'not about another, whether there is one or not',
        'answers the same for a member who does not exist, down to the headers',
      ],
    },
  ),
  held(
    '10',
    'A userid with a slash, `..`, NUL, double encoding, 65 characters, full-width digits, marks of direction, emoji or a separator of keys: 400. `constructor` and its like are members nobody knows. Case is folded.',
    'userid 含斜杠、`..`、NUL、双重编码、65 个字符、全角数字、方向标记、表情或键的分隔符：400。`constructor` 之类是无人认识的成员。大小写视为相同。',
    {
      'functions/verify': [
        'hostile userIds › %j is 400',
        '%s is a member nobody knows',
        'takes USER123 and user123 for one',
      ],
      'lib/wecom/userid': ['is not %j', 'has at most 64 characters'],
      'lib/tableKeys': ['is the key of one kind of item'],
    },
  ),
  held(
    '11',
    'A change or a departure takes effect within a stated time: ten seconds for a group, seconds for a departure with its event, one hour without it.',
    '变更或离职在规定时间内生效：群组十秒；有事件的离职几秒；没有事件一小时。',
    {
      'functions/verify': [
        'of a group counts within ten seconds',
        'leaves is refused after one hour at the latest, with no event, and no outage brings them back',
      ],
      'functions/callback.endToEnd': ['is refused as soon as WeCom has told that they left'],
    },
  ),
  held(
    '12',
    'An item past its TTL that DynamoDB has not deleted counts as absent.',
    '已过 TTL 但 DynamoDB 尚未删除的数据视为不存在。',
    {
      'functions/verify': ['that has expired counts as absent though DynamoDB has not deleted it'],
      'lib/token/dynamoTokenStore': [
        'counts as expired after its TTL, even if DynamoDB has not deleted it',
      ],
      'lib/openid/adapter': ['ends by the clock, deleted or not'],
      'functions/signInWithState': ['is refused once the state has expired'],
    },
  ),
];

export const parsing: readonly Entry[] = [
  held(
    '13',
    'Bodies in base64, missing, null, with a byte order mark, not UTF-8, with one name twice, 10 000 levels deep, with 1e400, with garbage at the end, of 6 and 10 MB, of another content type; headers and cookies of any form: a 4xx.',
    '请求体为 base64、缺失、null、带字节顺序标记、不是 UTF-8、有重复的名称、嵌套 10 000 层、含 1e400、末尾有多余内容、大小为 6 MB 和 10 MB、内容类型不符；任意形式的请求头和 cookie：4xx。',
    {
      'lib/http/signInRequest': [
        'is refused: %s',
        'a body in base64 › %s is refused',
        'with one name twice is refused, at any depth and in any spelling',
        'is read or refused, never an overflow of the stack, with %s in each other',
        '%j will not: a page of another site could send it',
      ],
      'lib/http/request': ['the cookies of a request', 'the headers of a request'],
      'functions/getUserInfo': ['whatever the body, the answer is 4xx'],
      'functions/hostileEvents': [
        'is answered below 500 with %s null, and without it',
        'is never a throw, nor a failure that is not ours',
      ],
    },
    {
      en: 'Only payload format 2.0 of API Gateway is read. Of other formats, what is not of its type counts as absent.',
      zh: '只读取 API Gateway 的负载格式 2.0。其他格式中类型不符的内容视为不存在。',
    },
  ),
  held(
    '14',
    'JSON with `__proto__` or `constructor.prototype` changes no prototype.',
    '含 `__proto__` 或 `constructor.prototype` 的 JSON 不会改变任何原型。',
    {
      'lib/http/signInRequest': ['changes nothing but itself'],
      'functions/frozenIntrinsics': [
        'a member signs in, and a body that names prototypes changes nothing',
        'verify answers',
      ],
    },
    {
      en: 'The bundles of `getUserInfo` and `verify` run with `--frozen-intrinsics`. Those of the OpenID provider cannot start with it: `depd`, which koa needs, assigns `Error.prepareStackTrace`.',
      zh: '`getUserInfo` 和 `verify` 的部署包在 `--frozen-intrinsics` 下运行。OpenID 提供方的部署包在此选项下无法启动：koa 依赖的 `depd` 会给 `Error.prepareStackTrace` 赋值。',
    },
  ),
  held(
    '15',
    'An unknown path is 404, another method 405 with `Allow`, a preflight 204, all with the right CORS. Nothing with an identity is stored.',
    '未知路径为 404；方法不符为 405 并附 `Allow`；预检为 204；CORS 均正确。含身份的内容都不缓存。',
    {
      'functions/getUserInfo': [
        'to an unknown path is 404',
        'with the wrong method is 405, and says which are right',
        'comes with the headers that every answer has',
      ],
      'functions/hostileEvents': ['%s %s is 405, and says which methods are allowed'],
      'functions/cors': ['a preflight', 'a failure'],
    },
  ),
  held(
    '16',
    'No regular expression takes more than linear time, if nothing bounds the length of its text.',
    '文本长度没有上限时，没有正则表达式会花费超过线性的时间。',
    {
      'lib/regularExpressions': [
        'does not backtrack without bound, whatever the text: %s',
        'is in the list of exceptions only while it is in the code',
        'is written out, and never made of what somebody sent',
      ],
    },
    {
      en: 'The analysis counts steps, so the test does not depend on a clock. Its exceptions are in the test, each with the bound of its text.',
      zh: '分析统计步数，因此测试不依赖时钟。例外列在测试中，各自注明文本的长度上限。',
    },
  ),
];

export const callbacks: readonly Entry[] = [
  held(
    '17',
    'A signature that is cut short, longer, in upper case, missing, doubled or of another message is refused. It is compared in constant time, over timestamp and nonce as they were sent.',
    '签名被截断、加长、大写、缺失、重复或属于其他消息时拒绝。按收到的 timestamp 和 nonce 计算，以恒定时间比较。',
    {
      'lib/callback/signature': [
        'is refused when it is %s',
        "is that of Tencent's package, whatever the values and their order",
        'is compared by timingSafeEqual, and by nothing else',
      ],
      'lib/callback/messageCrypt': ['is refused if any byte of its %s differs'],
      'functions/callback': [
        'refuses a push with %s, and nothing happens',
        'refuses a signature that is %s',
      ],
    },
    {
      en: 'A test looks for `crypto.timingSafeEqual` in the code. No test measures the time.',
      zh: '测试检查代码中使用了 `crypto.timingSafeEqual`。没有测试测量时间。',
    },
  ),
  held(
    '18',
    'A timestamp more than five minutes off is refused. A push counts once.',
    'timestamp 相差五分钟以上时拒绝。一次推送只生效一次。',
    {
      'functions/callback': [
        'refuses a push with %s, and nothing happens',
        'has one effect of a push that is delivered twenty times at once',
        'has one effect of a push that is delivered again in a new envelope',
      ],
      'lib/callback/messageCrypt': ['a sealed message › that is %s'],
      'lib/callback/replayMemory': ['has one effect, however often it is delivered'],
    },
  ),
  held(
    '19',
    'Ciphertext that is no base64, no multiple of 32, with a bad padding, a length beyond the end, 0xFFFFFFFF, or another receiver: one refusal, without the reason.',
    '密文不是 base64、不是 32 的倍数、填充错误、长度越界、长度为 0xFFFFFFFF 或接收方不符：同一种拒绝，不说明原因。',
    {
      'lib/callback/encryption': [
        'refuses %s',
        'refuses every random ciphertext, and throws no other error',
      ],
      'functions/callback': ['refuses %s like every forgery, and logs what it was'],
    },
  ),
  held(
    '20',
    'XML with a DTD, entities, namespaces, CDATA tricks, two `Encrypt` elements, deep nesting or more than 1 MiB: refused.',
    'XML 含 DTD、实体、命名空间、CDATA 花招、两个 `Encrypt` 元素、深层嵌套或超过 1 MiB：拒绝。',
    {
      'lib/callback/event': [
        'the XML of callbacks › is refused with %s',
        'the envelope of a push › is refused with %s',
      ],
      'functions/callback': ['refuses a body over 1 MiB before it is read'],
    },
  ),
  open(
    '21',
    'A push is answered within five seconds, also by a cold start. Repeated deliveries have one effect.',
    '推送在五秒内得到响应，冷启动也是如此。重复投递只生效一次。',
    {
      en: 'No cold start was measured on AWS. The tests bound the work of the function itself at four seconds.',
      zh: '没有在 AWS 上测量过冷启动。测试把函数自身的工作限制在四秒内。',
    },
    {
      'lib/callback/pushReceiver': [
        'is four seconds, because WeCom waits five',
        'a push that needs a claim and three requests is acknowledged within four seconds',
      ],
      'functions/callback.endToEnd': ['a push has one effect: copies, in the same second'],
    },
  ),
];

export const upstream: readonly Entry[] = [
  held(
    '22',
    'Timeouts, resets, 5xx, HTML, an empty body, an errcode as a text, a missing, negative or huge `expires_in`, an `access_token` of 2 kB, a redirect: one typed error each. No redirect is followed, and no other host is called.',
    '超时、连接重置、5xx、HTML、空响应体、文本形式的 errcode、缺失、为负或极大的 `expires_in`、2 kB 的 `access_token`、重定向：各有一种明确的错误。不跟随重定向，不调用其他主机。',
    {
      'lib/wecom/client': ['a call fails with exactly one of four errors:'],
      'lib/wecom/transport': ['follows no redirect', 'a request without an answer fails'],
      'lib/wecom/answer': [
        'with the errcode %s is that error',
        'that is not a JSON object is a bad body: %s',
      ],
      'lib/token/readToken': [
        'with expires_in %s is refused, with the reason',
        'with an access_token that is %s is refused, with the reason',
        'any answer of gettoken',
      ],
      'lib/configuration': ['refuses %s as a base URL'],
    },
  ),
  held(
    '23',
    'Busy (-1) is repeated within the deadline; a limit (45009, 45033) is 503, with `Retry-After` if the code is not spent; 60020 names the address to list.',
    '系统繁忙（-1）在期限内重试；频率限制（45009、45033）为 503，授权码尚未使用时附 `Retry-After`；60020 给出需要登记的地址。',
    {
      'lib/wecom/client': [
        'at most three times if WeCom is busy',
        'a call is repeated › not past the deadline',
      ],
      'functions/getUserInfo': [
        '%i is 503; three sign-ins ask %i times',
        '%i for the code itself leaves it unspent: 503 with Retry-After',
        '60020 is logged with the address to list',
      ],
    },
  ),
  held(
    '24',
    '1 000 callers on 50 instances at the token’s expiry: one gettoken. A late 40014 about an old token: none.',
    'token 到期时 50 个实例上的 1 000 个调用方：一次 gettoken。迟到的、关于旧 token 的 40014：零次。',
    {
      'lib/token/accessToken': [
        'is one gettoken for any number of instances and callers',
        'costs no request if it is reported when it is no longer the stored one',
      ],
      'lib/token/processes': ['cause one gettoken, and all get the same token'],
    },
  ),
  held(
    '25',
    'A wrong secret: five gettoken calls an hour, an alarm, and recovery without a deployment.',
    'Secret 错误：每小时五次 gettoken，触发告警，无需部署即可恢复。',
    {
      'lib/token/accessToken': [
        'is tried at most five times an hour by any number of instances',
        'closes the breaker within ten seconds if it is written again',
      ],
      'functions/token': [
        'with 200 sign-ins in a row: five gettoken an hour, 500 each, and the way out in the log',
      ],
      'template/outages': [
        'in an outage the right alarms ring, last as long as it does, and end › %s',
      ],
    },
  ),
  held(
    '26',
    'A secret that is replaced in SSM is used without a deployment and without a failed request.',
    '在 SSM 中更换的 Secret 无需部署即可使用，没有请求失败。',
    {
      'functions/token': ['fails no sign-in'],
      'lib/token/accessToken': ['a secret that is replaced during requests › fails no request'],
    },
  ),
];

export const leakage: readonly Entry[] = [
  held(
    '27',
    'Secret, access_token, code, tickets, mobile and e-mail are in no log, error, metric or key.',
    'Secret、access_token、授权码、ticket、手机号和邮箱不出现在日志、错误、指标和键中。',
    {
      leakage: ['nothing secret and nothing personal is ever printed'],
      'lib/token/dynamoTokenStore': ['is one per corp and agent, and its key holds no secret'],
      'lib/openid/adapter': ['never holds the id, which is a secret'],
      'lib/log/metrics': ['has at most three dimensions, and none about a person'],
      'lib/wecom/client': ['never holds the token or the secret'],
    },
    {
      en: '`tests/harness/stack.ts` also searches the output of every test that starts the functions.',
      zh: '`tests/harness/stack.ts` 还会检索所有启动函数的测试的输出。',
    },
  ),
  held(
    '28',
    'Callers get stable error codes with a request id, no stack and no text of WeCom’s that shows our address.',
    '调用方得到稳定的错误码和请求 ID，没有堆栈，也没有企业微信暴露本方地址的文字。',
    {
      'lib/http/errorAnswers': ['the answer to an error, on every route › %s'],
      'lib/http/route': ['answers a defect with its own words, and tells the log where, not what'],
      'functions/hostileEvents': ['is never a throw, nor a failure that is not ours'],
      'lib/wecom/client': ['drops the hint of an errmsg, and keeps our IP for the operator'],
    },
    {
      en: 'A refused code or member gets WeCom’s errmsg without its tail: the contract of the API says so.',
      zh: '授权码或成员被拒绝时，响应包含去掉尾部的企业微信 errmsg：接口约定如此。',
    },
  ),
  held('29', 'Each role lists exact actions and resources.', '每个角色列出确切的操作和资源。', {
    'template/template': ['grants nothing by a wildcard but what AWS requires'],
    'template/roles': ["a role allows what its function's code asks, and nothing else:"],
  }),
  open(
    '30',
    'Few run-time dependencies, pinned; lockfile lint, provenance, SBOM, secret scan, workflow lint, mutation score, fuzzing, all branches covered.',
    '运行时依赖少且固定版本；锁文件检查、来源证明、SBOM、机密扫描、工作流检查、变异测试得分、模糊测试、覆盖全部分支。',
    {
      en: 'Not all branches are covered: [proof.md](proof.md) has the measured share and the mutation scores, `vitest.config.ts` the lower limits. Secret scan, workflow lint and provenance run in GitHub’s workflows, which were not run there yet.',
      zh: '没有覆盖全部分支：测得的比例和变异测试得分见 [proof.md](../proof.md)，下限见 `vitest.config.ts`。机密扫描、工作流检查和来源证明在 GitHub 的工作流中运行，还没有在那里运行过。',
    },
    {
      packageLock: [
        'has a SHA-512 of every package, which npm compares with what it downloads',
        'takes no package from anywhere but the npm registry',
      ],
      installScripts: ['that is not listed stops the installation before it runs'],
      'commands/sbom': [
        '%s is valid CycloneDX 1.5',
        'of the functions has what they import, with hashes, and no development tool',
      ],
      secretScan: ['is three texts, whole, and no folder, rule or commit'],
      workflows: [
        'pins every action to a commit, with its version in a comment',
        'attests the provenance of every file, and what is in each',
        'search the whole history for secrets',
        'review dependencies, and lint the workflows',
        'has time for every target each night, and keeps what it found',
      ],
      'fuzz/corpus': ['reads or refuses every input that fuzzing kept'],
      'docs/proof': ['has commit and date with every figure'],
    },
  ),
];
