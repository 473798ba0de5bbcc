import { type Entry, held, notApplicable, open } from './entry.ts';

/**
 * RFC 9700 (BCP 240), Best Current Practice for OAuth 2.0 Security: its recommendations (section 2) and its
 * attacks (section 4), by the number of the section. Most are about the OpenID provider.
 */
export const recommendations: readonly Entry[] = [
  held(
    '2.1',
    'Redirect-based flows: addresses are compared text for text; no open redirector; CSRF and mix-up are prevented.',
    '基于重定向的流程：地址逐字比较；没有开放重定向；防止 CSRF 和混淆攻击。',
    {
      'functions/openidAttacks': [
        'is no redirect address: %j',
        "fails: the attacker's return in a browser %s",
        'is told by iss, in answers and in errors, in the query and in the fragment',
      ],
      'functions/authorize': ['an address that is not listed: %j'],
    },
  ),
  open(
    '2.1.1',
    'Authorization code grant: PKCE with S256 for public clients, enforced where a challenge was sent; support is announced. Recommended for confidential clients.',
    '授权码模式：公开客户端必须使用 S256 的 PKCE；发送过 challenge 时强制校验；公布支持情况。建议保密客户端也使用。',
    {
      en: 'Confidential clients may leave PKCE out, because relying parties exist that cannot do it. Constant challenges and nonces are not detected.',
      zh: '保密客户端可以不用 PKCE，因为有些依赖方不支持。不检测固定不变的 challenge 和 nonce。',
    },
    {
      'functions/openidTokens': [
        'is required of public clients',
        'cannot be taken away from a code of $id',
        'takes no plain challenge of $id',
      ],
      'functions/openidDiscovery': ['announces what relying parties demand'],
    },
  ),
  held(
    '2.1.2',
    'Implicit grant: not offered. No access token comes in an authorization response.',
    '隐式模式：不提供。授权响应中没有访问令牌。',
    {
      'functions/openidAttacks': ['an implicit or hybrid response type is refused: %s'],
      'functions/openidFlows': ['returns code, state and iss, and nothing else'],
    },
  ),
  open(
    '2.2.1',
    'Access tokens should be bound to their sender (DPoP, mutual TLS).',
    '访问令牌应绑定发送方（DPoP、双向 TLS）。',
    {
      en: 'They are bearer tokens. They end after ten minutes, and userinfo refuses them at once after a sign-out.',
      zh: '令牌是 bearer 令牌，十分钟后失效；退出登录后用户信息端点立即拒绝。',
    },
    {
      'functions/openidTokens': ['refuses a token after ten minutes'],
      'functions/signOuts': ['ends what rests on the session, and tells each of its applications'],
    },
  ),
  held('2.2.2', 'Refresh tokens of public clients are rotated.', '公开客户端的刷新令牌会轮换。', {
    'functions/openidTokens': [
      'is another one after each use by a public client',
      'ends its family when a public client uses it twice',
    ],
  }),
  held(
    '2.3',
    'Access tokens are restricted to an audience and to the scope that was asked for.',
    '访问令牌限定受众，并限定为所请求的 scope。',
    {
      'functions/openidTokens': [
        'may be asked for by name, and no other may',
        'never has %s for its audience',
        'is for its own client alone, and gives no further scope',
        'gives what the ID token gives, by scope',
      ],
      'functions/openidAttacks': ['open nothing at /api/wecom/verify'],
    },
  ),
  held('2.4', 'The password grant is not offered.', '不提供密码模式。', {
    'functions/openidTokens': ['does not help the grant %s'],
  }),
  open(
    '2.5',
    'Clients authenticate where possible, best by asymmetric cryptography (`private_key_jwt`, mutual TLS).',
    '客户端尽可能进行认证，最好使用非对称密码（`private_key_jwt`、双向 TLS）。',
    {
      en: 'Confidential clients authenticate by a secret that the service makes and stores as a hash. Asymmetric methods are not offered.',
      zh: '保密客户端使用由本服务生成、只保存哈希值的 secret 认证。不提供非对称方式。',
    },
    { 'functions/openidTokens': ['how a client authenticates › is refused with %s'] },
  ),
  open(
    '2.6',
    'Metadata is published; a client cannot be taken for a member; TLS goes to the end; the authorization endpoint has no CORS; browser responses do not go by `postMessage` to other origins.',
    '公布元数据；客户端不会被当作成员；端到端使用 TLS；授权端点没有 CORS；浏览器响应不通过 `postMessage` 发往其他来源。',
    {
      en: 'API Gateway ends TLS and calls the functions inside AWS; that link is AWS’s and not tested here.',
      zh: '由 API Gateway 终结 TLS，并在 AWS 内部调用函数；这段链路属于 AWS，此处没有测试。',
    },
    {
      'functions/openidDiscovery': ["agrees with the library's own in every field"],
      'functions/openidTokens': ['lets no page of %s'],
      'functions/cors': ['%s can be read by no script of another origin'],
    },
  ),
];

export const attacks: readonly Entry[] = [
  held(
    '4.1',
    'Insufficient validation of redirect addresses',
    '重定向地址校验不足',
    {
      'functions/openidAttacks': [
        'is no redirect address: %j',
        'is not made by two redirect addresses, nor by an unknown client',
      ],
      'functions/openidConformance': ['oidcc-ensure-registered-redirect-uri'],
    },
    {
      en: 'There are no native apps, so ports of localhost addresses are compared too.',
      zh: '没有原生应用，因此 localhost 地址的端口也参与比较。',
    },
  ),
  held('4.2', 'Leakage by the Referer header', '通过 Referer 请求头泄漏', {
    'functions/openidAttacks': ['may not be framed, cached or told on'],
    'functions/authorize': [
      'is for this browser and this moment only: not stored, no referrer, no body',
    ],
  }),
  held('4.3', 'Leakage by the browser’s history', '通过浏览器历史记录泄漏', {
    'functions/openidTokens': [
      'ends what came of it when it is used again',
      'is redeemed at most once when fifty redeem it at once',
      'a code › ends after a minute',
      'refuses a request with %s token',
    ],
  }),
  held('4.4', 'Mix-up of authorization servers', '授权服务器混淆', {
    'functions/openidAttacks': [
      'is told by iss, in answers and in errors, in the query and in the fragment',
    ],
    'functions/signInWithState': ['a state that was issued for another %s'],
  }),
  held('4.5', 'Injection of an authorization code', '注入授权码', {
    'functions/openidAttacks': ["fails: the code of one sign-in does not fit the other's verifier"],
    'functions/openidTokens': ['is for its own client and redirect address alone'],
    'functions/signInWithState': [
      'a state that proves nothing is refused with 401 before WeCom is called › %s',
    ],
  }),
  held(
    '4.6',
    'Injection of an access token',
    '注入访问令牌',
    {
      'functions/openidFlows': ['returns code, state and iss, and nothing else'],
      'functions/openid': ['gives a confidential client its tokens and the claims'],
    },
    {
      en: 'Tokens come from the token endpoint only, beside an ID token with `at_hash`.',
      zh: '令牌只来自令牌端点，同时给出带 `at_hash` 的 ID 令牌。',
    },
  ),
  held('4.7', 'Cross-site request forgery', '跨站请求伪造', {
    'functions/openidAttacks': [
      "fails: the attacker's return in a browser %s",
      "fails: the attacker's resumption in another browser",
      'cannot be confirmed by another site',
    ],
    'functions/openidFlows': [
      'cannot be answered for by a form of another site, which has no cookie',
    ],
  }),
  held('4.8', 'PKCE downgrade', 'PKCE 降级', {
    'functions/openidTokens': [
      'cannot be taken away from a code of $id',
      'cannot be added to a code that began without it',
      'is required of public clients',
    ],
  }),
  open(
    '4.9',
    'Leakage of access tokens at a resource server',
    '访问令牌在资源服务器处泄漏',
    {
      en: 'A token for an API is for one audience. It is not bound to its sender, so that API could use it at itself.',
      zh: '发给 API 的令牌只有一个受众。令牌没有绑定发送方，因此该 API 可以对自己使用它。',
    },
    {
      'functions/openidTokens': [
        'is an RFC 9068 JWT that jose and aws-jwt-verify accept',
        'is nothing at userinfo',
      ],
    },
  ),
  open(
    '4.10',
    'Misuse of stolen access tokens',
    '滥用被盗的访问令牌',
    {
      en: 'Audience and a life of ten minutes limit it. There is no binding to the sender (2.2.1).',
      zh: '受众和十分钟的有效期限制其影响。没有绑定发送方（2.2.1）。',
    },
    {
      'functions/openidTokens': [
        'refuses a token after ten minutes',
        'never has %s for its audience',
      ],
    },
  ),
  held(
    '4.11',
    'Open redirection',
    '开放重定向',
    {
      'functions/openidAttacks': [
        'is not made by two redirect addresses, nor by an unknown client',
        'is not made by the logout',
        'by %s asks first, ends the session and returns with state',
      ],
      'functions/authorize': ['an address that is not listed: %j'],
    },
    {
      en: 'Errors of a request go back without a page. Only administrators register redirect addresses.',
      zh: '请求的错误不经页面直接返回。只有管理员能登记重定向地址。',
    },
  ),
  held(
    '4.12',
    'A redirect with 307 that repeats a form with credentials',
    '用 307 重定向，重发带凭证的表单',
    {
      'functions/openidConformance': ['oidcc-ensure-post-request-succeeds'],
      'functions/openidAttacks': ['by %s asks first, ends the session and returns with state'],
      'functions/openidFlows': [
        'sees a page that names it, and its button says access_denied to the application',
      ],
    },
    {
      en: 'No page takes a password. Each of the four forms is answered with 303.',
      zh: '没有页面接收密码。四种表单的响应都是 303。',
    },
  ),
  held('4.13', 'Proxies that end TLS, and their headers', '终结 TLS 的代理及其请求头', {
    'functions/openidAttacks': ['change no address', 'nor does another host'],
    'lib/http/request': ['the headers of a request'],
  }),
  held('4.14', 'Protection of refresh tokens', '刷新令牌的保护', {
    'functions/openidTokens': [
      'that was stolen ends the family when it is used later, whoever is ahead by then',
      'is rotated at most once when a public client uses it fifty times at once',
      'is for its own client alone, and gives no further scope',
      'ends after thirty days',
    ],
    'functions/signOuts': ['ends what rests on the session, and tells each of its applications'],
  }),
  notApplicable(
    '4.15',
    'A client that impersonates the resource owner',
    '客户端冒充资源所有者',
    {
      en: 'Clients get no token of their own: `client_credentials` is not offered.',
      zh: '客户端得不到自己的令牌：不提供 `client_credentials`。',
    },
    { 'functions/openidTokens': ['does not help the grant %s'] },
  ),
  held('4.16', 'Clickjacking', '点击劫持', {
    'functions/openidAttacks': ['may not be framed, cached or told on'],
    'functions/adminPage': [
      'allows its own origin only, nothing inline, no frame and no HTML from strings',
    ],
  }),
  notApplicable(
    '4.17',
    'Attacks on in-browser communication (`postMessage`)',
    '针对浏览器内通信（`postMessage`）的攻击',
    {
      en: 'No page of the service uses it, and there is no response mode `web_message`. WeCom’s login panel does, in WeCom’s own library `@wecom/jssdk`.',
      zh: '本服务的页面都不使用它，也没有 `web_message` 响应模式。企业微信的登录组件使用它，由企业微信自己的 `@wecom/jssdk` 处理。',
    },
    { 'functions/openidDiscovery': ['says no more than the library does'] },
  ),
];
