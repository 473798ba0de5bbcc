/*
 * What is known of WeCom's server API for sign-in, one fact a line. `why`: the reason why no check covers
 * it, or the part of it that none covers.
 */
export const FACTS = [
  {
    number: 1,
    en: 'Routes below /cgi-bin/, both authorize pages, 404 without a body, 301 from plain http',
    zh: '/cgi-bin/ 下的接口、授权页面、无响应体的 404、明文 http 的 301',
  },
  {
    number: 2,
    en: 'Status 200, compact JSON, the headers Error-Code and Error-Msg, the hint, the bare 40014',
    zh: '状态码 200、紧凑的 JSON、响应头 Error-Code 与 Error-Msg、hint、不带 hint 的 40014',
  },
  {
    number: 3,
    en: 'The token in the query only, and the order of the checks',
    zh: 'token 只在 URL 参数中，以及各项检查的先后',
  },
  {
    number: 4,
    en: 'gettoken: the order of its errors, the same token until it expires, the ban after wrong secrets',
    zh: 'gettoken：错误的先后、到期前返回同一 token、Secret 多次错误后封禁',
  },
  {
    number: 5,
    en: 'Codes: length, 5 minutes, once, bound to the app and its domain',
    zh: 'code：长度、5 分钟、一次性、绑定应用和域名',
  },
  {
    number: 6,
    en: 'user_ticket: only page OAuth with snsapi_privateinfo, 1800 s, its errors, the tick of the administrator and the consent of the member',
    zh: 'user_ticket：仅限网页授权的 snsapi_privateinfo、1800 秒、错误码、管理员勾选与成员授权',
    why: {
      en: 'The choice of single fields, and the 30 days of a consent: the consent page comes once in 30 days.',
      zh: '逐个字段的勾选和 30 天的有效期：30 天内授权页面只出现一次。',
    },
  },
  {
    number: 7,
    en: 'Members: sensitive fields by the age of the app, the visible range, people from outside',
    zh: '成员：按应用创建时间决定敏感字段、可见范围、企业外人员',
    why: {
      en: 'Status 2, 4 and 5 and linked companies: an account seldom has them.',
      zh: '状态 2、4、5 和互联企业：一般账号没有这些数据。',
    },
  },
  {
    number: 8,
    en: 'Departments without names, a visible range that is a part, tags',
    zh: '没有名称的部门、部分可见范围、标签',
  },
  {
    number: 9,
    en: 'Callbacks: echostr, time limits, retries, order, padding, the form of contact events',
    zh: '回调：echostr、时限、重试、顺序、填充、通讯录事件的形式',
    why: {
      en: 'Time limits, losses and contact events: WeCom sends them when it wants. tests/emulator/callbacks.test.ts has them for the emulator.',
      zh: '时限、丢失和通讯录事件：由企业微信决定何时发送。模拟器的这些行为由 tests/emulator/callbacks.test.ts 检查。',
    },
  },
  {
    number: 10,
    en: 'Faults: -1, 45009, 45033, slow and damaged answers',
    zh: '故障：-1、45009、45033、缓慢或损坏的响应',
    why: {
      en: 'WeCom has no switch for them. tests/emulator/faults.test.ts has them for the emulator.',
      zh: '企业微信没有对应的开关。模拟器的故障由 tests/emulator/faults.test.ts 检查。',
    },
  },
  {
    number: 11,
    en: '60020 comes before parameter checks; gettoken is exempt',
    zh: '60020 先于参数检查；gettoken 不受限制',
  },
  {
    number: 12,
    en: 'The QR pages check the redirect domain after the scan only',
    zh: '扫码页面在扫码之后才检查回调域名',
  },
  {
    number: 13,
    en: '/wwlogin/sso/login/ works with the trailing slash',
    zh: '/wwlogin/sso/login/ 末尾带斜杠可用',
  },
  {
    number: 14,
    en: 'POST to endpoints of GET, and agent/get',
    zh: '用 POST 调用 GET 接口，以及 agent/get',
  },
  {
    number: 15,
    en: 'The texts of errors',
    zh: '各错误的 errmsg',
    why: {
      en: '45033, 40063 and 41035: no request brings them for certain.',
      zh: '45033、40063、41035：没有必然触发的请求。',
    },
  },
  {
    number: 16,
    en: 'getcallbackip and get_api_domain_ip: ip_list first, X-W-No',
    zh: 'getcallbackip 与 get_api_domain_ip：先返回 ip_list，带 X-W-No',
  },
  {
    number: 17,
    en: 'Answers have carried raw control characters',
    zh: '响应中出现过未转义的控制字符',
    why: {
      en: 'No request brings them for certain. The emulator has the fault control-characters.',
      zh: '没有必然触发的请求。模拟器提供故障 control-characters。',
    },
  },
  {
    number: 18,
    en: 'One OAuth callback domain for each app; web login has a field of its own',
    zh: '每个应用一个网页授权可信域名；Web 登录的回调域名单独设置',
    why: {
      en: "It is a setting of the administrator's console, not of the API.",
      zh: '这是管理后台的设置，不属于接口。',
    },
  },
  {
    number: 19,
    en: 'A generated userid can be changed once',
    zh: '系统生成的 userid 可以修改一次',
    why: {
      en: 'It cannot be undone in a real company.',
      zh: '在真实企业中无法撤销。',
    },
  },
  {
    number: 20,
    en: 'JS-SDK tickets and ww.register',
    zh: 'JS-SDK 的 ticket 与 ww.register',
    why: {
      en: 'ww.register: `npm run wecom-clients` tries it in Chromium.',
      zh: 'ww.register：由 `npm run wecom-clients` 在 Chromium 中检查。',
    },
  },
  {
    number: 21,
    en: 'createWWLoginPanel',
    zh: 'createWWLoginPanel',
    why: {
      en: 'It needs a browser: `npm run wecom-clients` and tests/emulator/panel.test.ts try it.',
      zh: '需要浏览器：由 `npm run wecom-clients` 和 tests/emulator/panel.test.ts 检查。',
    },
  },
  {
    number: 22,
    en: 'A QR code gives a userid only',
    zh: '扫码登录只返回 userid',
  },
  {
    number: 23,
    en: 'Second verification: auth/get_tfa_info, user/tfa_succ',
    zh: '二次验证：auth/get_tfa_info、user/tfa_succ',
    why: {
      en: 'A code comes only while the company demands second verification.',
      zh: '只有企业开启二次验证时才有 code。',
    },
  },
  {
    number: 24,
    en: '上下游 and 企业互联: corpgroup/corp/gettoken',
    zh: '上下游与企业互联：corpgroup/corp/gettoken',
    why: { en: 'They need a second company.', zh: '需要第二个企业。' },
  },
  {
    number: 25,
    en: 'message/send: its limits, 81013',
    zh: 'message/send：频率限制、81013',
    why: {
      en: 'The limits: reaching them disturbs members.',
      zh: '频率限制：触发它会打扰成员。',
    },
  },
  {
    number: 26,
    en: 'user/list_id: contacts-sync only, cursor, one row for each membership',
    zh: 'user/list_id：仅限通讯录同步、cursor、每个部门归属一行',
  },
  {
    number: 27,
    en: 'user/get_userid_by_email: wrong addresses ban for a day',
    zh: 'user/get_userid_by_email：错误的邮箱过多会封禁一天',
    why: {
      en: 'A ban of a day is too much for a check.',
      zh: '为一项检查封禁一天代价过大。',
    },
  },
  {
    number: 28,
    en: 'miniprogram/jscode2session',
    zh: 'miniprogram/jscode2session',
    why: {
      en: 'A valid code comes from a mini-program only.',
      zh: '有效的 code 只能由小程序产生。',
    },
  },
  {
    number: 29,
    en: 'Private editions may have user/getuserinfo only',
    zh: '私有化版本可能只有 user/getuserinfo',
    why: { en: 'It needs such an edition.', zh: '需要私有化版本。' },
  },
  {
    number: 30,
    en: 'auth/getuserinfo has not changed since 2024',
    zh: 'auth/getuserinfo 自 2024 年以来没有变化',
  },
];
