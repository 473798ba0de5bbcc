import type { Errcode } from './errcodes.ts';
import type { Rule } from './rule.ts';

/** The global table of errcodes. */
const TABLE = 90313;

/**
 * By errcode, for refusals that have no sentence of their own. One without a document is a rule of the
 * endpoint's own document.
 */
const RULES: { readonly [Code in Errcode]: Rule } = {
  [-1]: {
    en: 'WeCom is busy: try again, at most three times',
    zh: '系统繁忙：稍后重试，最多 3 次',
    document: TABLE,
  },
  0: { en: 'Nothing was wrong', zh: '没有问题', document: TABLE },
  40001: {
    en: 'The secret must be that of an enabled app of this company',
    zh: 'corpsecret 必须是本企业某个已启用应用的 Secret',
    document: TABLE,
  },
  40003: {
    en: 'A userid has 1 to 64 letters, digits and _ - @ . and begins with a letter or a digit',
    zh: 'userid 为 1 到 64 个字母、数字或 _ - @ .，首字符必须是字母或数字',
    document: 90195,
  },
  40004: {
    en: 'A voice must be AMR, a video MP4',
    zh: '语音必须为 AMR 格式，视频必须为 MP4 格式',
    document: TABLE,
  },
  40005: {
    en: 'The type must be image, voice, video or file; of a webhook voice or file',
    zh: 'type 必须为 image、voice、video 或 file；群机器人只支持 voice 和 file',
    document: TABLE,
  },
  40006: { en: 'A file has more than 5 bytes', zh: '文件必须大于 5 个字节', document: TABLE },
  40007: {
    en: 'The media_id must be that of an uploaded file of this type, not older than three days',
    zh: 'media_id 必须来自三天内上传的同类型文件',
    document: TABLE,
  },
  40008: {
    en: 'The msgtype must be one that the endpoint takes',
    zh: 'msgtype 必须是该接口支持的消息类型',
    document: TABLE,
  },
  40009: {
    en: 'An image has at most 10 MB; of uploadimg and webhooks 2 MB',
    zh: '图片不超过 10 MB；uploadimg 和群机器人不超过 2 MB',
    document: TABLE,
  },
  40011: { en: 'A video has at most 10 MB', zh: '视频不超过 10 MB', document: TABLE },
  40013: {
    en: 'The corpid must be that of this company',
    zh: 'corpid 必须是本企业的企业 ID',
    document: TABLE,
  },
  40014: {
    en: 'The access_token is unknown, or WeCom revoked it: call gettoken again',
    zh: 'access_token 不存在或已被提前作废：请重新调用 gettoken',
    document: TABLE,
  },
  40016: { en: 'A menu has 1 to 3 buttons', zh: '菜单有 1 到 3 个按钮', document: TABLE },
  40017: { en: 'The type of a button is unknown', zh: '按钮类型不存在', document: TABLE },
  40018: {
    en: 'The name of a button has 1 to 16 bytes',
    zh: '按钮名字为 1 到 16 个字节',
    document: TABLE,
  },
  40019: {
    en: 'The key of a button has 1 to 128 bytes',
    zh: '按钮 key 为 1 到 128 个字节',
    document: TABLE,
  },
  40020: {
    en: 'The url of a button has 1 to 1 024 bytes',
    zh: '按钮 url 为 1 到 1024 个字节',
    document: TABLE,
  },
  40022: { en: 'A menu has two levels', zh: '菜单只有两级', document: TABLE },
  40023: {
    en: 'There are 1 to 5 buttons below one',
    zh: '子菜单有 1 到 5 个按钮',
    document: TABLE,
  },
  40024: {
    en: 'The type of a button below another is unknown',
    zh: '子菜单按钮的类型不存在',
    document: TABLE,
  },
  40025: {
    en: 'The name of a button below another has 1 to 40 bytes',
    zh: '子菜单按钮名字为 1 到 40 个字节',
    document: TABLE,
  },
  40026: {
    en: 'The key of a button below another has 1 to 128 bytes',
    zh: '子菜单按钮 key 为 1 到 128 个字节',
    document: TABLE,
  },
  40027: {
    en: 'The url of a button below another has 1 to 1 024 bytes',
    zh: '子菜单按钮 url 为 1 到 1024 个字节',
    document: TABLE,
  },
  40029: {
    en: 'A code works once and for a few minutes only: start the authorization again',
    zh: 'code 只能使用一次，且几分钟后过期：请重新发起授权',
    document: 91023,
  },
  40031: {
    en: 'Each userid must be that of a member; of a tag, at least one',
    zh: 'userid 必须是企业成员；标签成员至少一个有效',
    document: TABLE,
  },
  40032: {
    en: 'A message names at most 1 000 members, batchdelete 200',
    zh: '发消息最多 1000 个成员，批量删除最多 200 个成员',
    document: TABLE,
  },
  40035: {
    en: 'userlist and partylist are arrays, one of them not empty, with at most 1 000 and 100 items',
    zh: 'userlist 和 partylist 必须是数组，不能同时为空，分别最多 1000 个和 100 个',
    document: TABLE,
  },
  40056: {
    en: 'The agentid must be the number of an app',
    zh: 'agentid 必须是已有应用的编号',
    document: TABLE,
  },
  40058: {
    en: 'A parameter is missing or out of its limits, or the method is not POST',
    zh: '缺少参数、参数超出限制，或没有使用 POST',
    document: TABLE,
  },
  40059: { en: 'A flag is 0 or 1', zh: '标志位只能为 0 或 1', document: TABLE },
  40063: { en: 'A parameter is empty', zh: '参数为空', document: TABLE },
  40068: {
    en: 'The tagid must be that of a tag',
    zh: 'tagid 必须是已有标签的编号',
    document: TABLE,
  },
  40070: {
    en: 'At least one of the members and departments must be there and visible',
    zh: '成员和部门中至少一个有效且在可见范围内',
    document: TABLE,
  },
  40071: { en: 'Another tag has this name', zh: '标签名已存在', document: TABLE },
  40072: {
    en: 'The name of a tag has 1 to 32 characters',
    zh: '标签名为 1 到 32 个字',
    document: TABLE,
  },
  40073: {
    en: 'The openid must be that of a member',
    zh: 'openid 必须属于企业成员',
    document: TABLE,
  },
  40074: {
    en: 'News cannot be confidential: use mpnews',
    zh: 'news 不支持保密消息：请使用 mpnews',
    document: TABLE,
  },
  40091: {
    en: 'The secret is invalid for this company',
    zh: 'Secret 不属于本企业',
    document: TABLE,
  },
  40094: {
    en: 'home_url begins with http:// or https://',
    zh: 'home_url 必须以 http:// 或 https:// 开头',
    document: TABLE,
  },
  40096: {
    en: 'The external_userid must be that of a customer whose follower is in the visible range',
    zh: 'external_userid 必须是客户，且跟进成员在应用可见范围内',
    document: TABLE,
  },
  40123: { en: 'An image must be JPG or PNG', zh: '图片必须为 JPG 或 PNG 格式', document: TABLE },
  40126: { en: 'There are at most 3 000 tags', zh: '标签最多 3000 个', document: TABLE },
  40207: {
    en: 'A tfa_code works once, within five minutes, and for its own member',
    zh: 'tfa_code 五分钟内有效，只能使用一次，且只能用于对应的成员',
    document: TABLE,
  },
  40208: {
    en: 'The member must be in the visible range of the app',
    zh: '成员必须在应用的可见范围内',
    document: TABLE,
  },
  40209: {
    en: 'The verification page must be on a trusted domain of the app whose token is used',
    zh: '二次验证页面的域名必须是该应用的可信域名',
    document: TABLE,
  },
  41001: {
    en: 'The access_token must be in the query: a header or the body does not count',
    zh: 'access_token 必须放在 URL 参数中，放在请求头或请求体中无效',
    document: TABLE,
  },
  41002: { en: 'The parameter corpid is missing', zh: '缺少参数 corpid', document: TABLE },
  41004: { en: 'The parameter corpsecret is missing', zh: '缺少参数 corpsecret', document: TABLE },
  41006: { en: 'The parameter media_id is missing', zh: '缺少参数 media_id', document: TABLE },
  41008: { en: 'The parameter code is missing', zh: '缺少参数 code', document: TABLE },
  41009: { en: 'The parameter userid is missing', zh: '缺少参数 userid', document: TABLE },
  41010: { en: 'The parameter url is missing', zh: '缺少参数 url', document: TABLE },
  41011: { en: 'The parameter agentid is missing', zh: '缺少参数 agentid', document: TABLE },
  41016: { en: 'The parameter title is missing', zh: '缺少参数 title', document: TABLE },
  41017: { en: 'The parameter tagid is missing', zh: '缺少参数 tagid', document: TABLE },
  41018: { en: 'The parameter tagname is missing', zh: '缺少参数 tagname', document: TABLE },
  41019: {
    en: 'The department is an array of numbers, and a member is in one at least',
    zh: 'department 必须是数字数组，且至少有一个部门',
    document: TABLE,
  },
  41035: {
    en: 'The parameter external_userid is missing',
    zh: '缺少参数 external_userid',
  },
  42001: {
    en: 'The access_token has expired: call gettoken again',
    zh: 'access_token 已过期：请重新调用 gettoken',
    document: TABLE,
  },
  42003: {
    en: 'The code has expired: start the authorization again',
    zh: 'code 已过期：请重新发起授权',
    document: TABLE,
  },
  42022: {
    en: 'The code was used before: start the authorization again',
    zh: 'code 已被使用：请重新发起授权',
    document: TABLE,
  },
  42028: { en: 'The card lacks a url', zh: '模板卡片缺少 url', document: TABLE },
  42030: { en: 'The card lacks an appid', zh: '模板卡片缺少 appid', document: TABLE },
  42031: {
    en: 'The card_type is unknown, or not one for this endpoint',
    zh: 'card_type 不存在，或该接口不支持',
    document: TABLE,
  },
  42035: {
    en: 'horizontal_content_list has at most 6 items',
    zh: 'horizontal_content_list 最多 6 项',
    document: TABLE,
  },
  42037: { en: 'option_list has 1 to 20 items', zh: 'option_list 有 1 到 20 项', document: TABLE },
  42038: {
    en: 'A button of the card lacks its text',
    zh: '模板卡片的按钮缺少 text',
    document: TABLE,
  },
  42039: {
    en: 'A button of the card lacks its key',
    zh: '模板卡片的按钮缺少 key',
    document: TABLE,
  },
  42040: { en: 'An option of the card lacks its id', zh: '模板卡片的选项缺少 id', document: TABLE },
  42041: {
    en: 'An option of the card lacks its text',
    zh: '模板卡片的选项缺少 text',
    document: TABLE,
  },
  42042: { en: 'jump_list has at most 3 items', zh: 'jump_list 最多 3 项', document: TABLE },
  42043: { en: 'The card lacks a question_key', zh: '模板卡片缺少 question_key', document: TABLE },
  42045: {
    en: 'The card needs a card_action of type 1 or 2',
    zh: '模板卡片需要 card_action，type 为 1 或 2',
    document: TABLE,
  },
  42046: { en: 'The submit_button lacks its key', zh: 'submit_button 缺少 key', document: TABLE },
  42047: { en: 'select_list has 1 to 3 items', zh: 'select_list 有 1 到 3 项', document: TABLE },
  42049: { en: 'The submit_button lacks its text', zh: 'submit_button 缺少 text', document: TABLE },
  42052: {
    en: 'A message can be recalled for 24 hours',
    zh: '只能撤回 24 小时内的消息',
    document: TABLE,
  },
  43001: { en: 'The endpoint takes GET', zh: '该接口只接受 GET 请求' },
  43004: {
    en: 'The member never logged in by WeChat: here, is not activated',
    zh: '成员没有用微信登录过：在模拟器中即未激活',
    document: TABLE,
  },
  44001: {
    en: 'The form has no file with a filename, or the file is empty',
    zh: '表单中没有带 filename 的文件，或文件为空',
    document: TABLE,
  },
  44004: { en: 'The content is empty', zh: 'content 为空', document: TABLE },
  45001: { en: 'A file has at most 20 MB', zh: '文件不超过 20 MB', document: TABLE },
  45002: {
    en: 'A markdown has at most 2 048 bytes (of a webhook 4 096), an article 666 KB',
    zh: 'markdown 不超过 2048 个字节（群机器人 4096），图文内容不超过 666 KB',
    document: TABLE,
  },
  45004: {
    en: 'A description has 4 to 120 characters',
    zh: 'description 为 4 到 120 个字',
    document: TABLE,
  },
  45008: { en: 'There are at most 8 articles', zh: '图文最多 8 条', document: TABLE },
  45009: {
    en: 'Too many calls in this minute, hour or day: wait',
    zh: '调用次数超过每分钟、每小时或每天的上限：请等待',
    document: 90454,
  },
  45022: {
    en: 'The name of an app has 1 to 32 characters',
    zh: '应用名称为 1 到 32 个字',
    document: TABLE,
  },
  45032: { en: 'The author has at most 64 bytes', zh: 'author 不超过 64 个字节', document: TABLE },
  45033: {
    en: 'Too many calls at the same time: lower the concurrency',
    zh: '并发调用过多：请降低并发数',
    document: TABLE,
  },
  45034: {
    en: 'A url begins with http:// or https://',
    zh: 'url 必须以 http:// 或 https:// 开头',
    document: TABLE,
  },
  46003: { en: 'The app has no menu', zh: '应用没有菜单', document: TABLE },
  46004: {
    en: 'No member in the visible range has this mobile or e-mail',
    zh: '可见范围内没有使用该手机号或邮箱的成员',
    document: TABLE,
  },
  48001: { en: 'The app may not call this endpoint', zh: '应用没有该接口的权限', document: TABLE },
  48002: { en: 'The app may not call this endpoint', zh: '应用没有该接口的权限', document: TABLE },
  48009: {
    en: 'From an address that is new since 2022-08-15, the contacts-sync secret reads ids only: use the secret of an app (switch contactsSyncNewAddress)',
    zh: '2022-08-15 之后新增的 IP 使用通讯录同步 Secret 只能读取 ID：请改用应用的 Secret（开关 contactsSyncNewAddress）',
    document: 90196,
  },
  50001: {
    en: 'The host of redirect_uri must be a trusted domain of the app whose token redeems the code',
    zh: 'redirect_uri 的域名必须是兑换 code 的应用的可信域名',
    document: 91335,
  },
  50002: {
    en: 'The member must be in the visible range of the app',
    zh: '成员必须在应用的可见范围内',
    document: TABLE,
  },
  50003: { en: 'The app is disabled', zh: '应用已停用', document: TABLE },
  60001: {
    en: 'The name of a department has 1 to 64 characters',
    zh: '部门名称为 1 到 64 个字',
    document: TABLE,
  },
  60003: { en: 'There is no such department', zh: '部门不存在', document: TABLE },
  60004: {
    en: 'parentid must be the number of a department',
    zh: 'parentid 必须是已有部门的编号',
    document: TABLE,
  },
  60005: { en: 'The department has members', zh: '部门下有成员', document: TABLE },
  60006: { en: 'The department has departments below it', zh: '部门下有子部门', document: TABLE },
  60007: { en: 'The root cannot be deleted', zh: '不能删除根部门', document: TABLE },
  60008: {
    en: 'The id, or the name below this parent, is taken',
    zh: '部门 ID 或同级部门名称已存在',
    document: TABLE,
  },
  60009: {
    en: 'The name of a department has none of \\ : * ? " < > |',
    zh: '部门名称不能包含 \\ : * ? " < > |',
    document: TABLE,
  },
  60010: { en: 'A department cannot be below itself', zh: '部门不能移到自己之下', document: TABLE },
  60011: {
    en: 'The member, department or tag must be in the visible range of the app',
    zh: '成员、部门或标签必须在应用的可见范围内',
    document: TABLE,
  },
  60020: {
    en: 'The address of the caller must be a trusted IP of the app',
    zh: '调用方的 IP 必须是应用的企业可信 IP',
    document: TABLE,
  },
  60021: {
    en: 'The member must be in the visible range of the app',
    zh: '成员必须在应用的可见范围内',
    document: TABLE,
  },
  60102: {
    en: 'A member with this userid is there, in whatever case',
    zh: 'userid 已存在（不区分大小写）',
    document: TABLE,
  },
  60103: {
    en: 'A mobile has 5 to 32 digits, + and -',
    zh: '手机号为 5 到 32 个数字、+ 或 -',
    document: TABLE,
  },
  60104: { en: 'Another member has this mobile', zh: '手机号已被其他成员使用', document: TABLE },
  60105: {
    en: 'The e-mail is none, or not of 6 to 64 bytes',
    zh: '邮箱格式不正确，或不是 6 到 64 个字节',
    document: TABLE,
  },
  60106: { en: 'Another member has this e-mail', zh: '邮箱已被其他成员使用', document: TABLE },
  60110: {
    en: 'A member is in at most 100 departments',
    zh: '成员最多属于 100 个部门',
    document: TABLE,
  },
  60111: {
    en: 'There is no member with this userid: they left, or never joined',
    zh: '没有该 userid 的成员：已被删除，或从未加入',
    document: TABLE,
  },
  60112: { en: 'A name has 1 to 64 characters', zh: '成员名称为 1 到 64 个字', document: TABLE },
  60123: {
    en: 'The id must be the number of a department',
    zh: '部门 ID 必须是已有部门的编号',
    document: TABLE,
  },
  60129: {
    en: 'A new member needs a mobile or an e-mail',
    zh: '新成员需要手机号或邮箱',
    document: TABLE,
  },
  60132: {
    en: 'is_leader_in_dept has as many items as department',
    zh: 'is_leader_in_dept 的个数必须与 department 一致',
    document: TABLE,
  },
  60143: {
    en: 'The company e-mail is none, or not of 6 to 64 bytes',
    zh: '企业邮箱格式不正确，或不是 6 到 64 个字节',
    document: TABLE,
  },
  60145: {
    en: 'Another member has this company e-mail',
    zh: '企业邮箱已被其他成员使用',
    document: TABLE,
  },
  80001: {
    en: 'A trusted domain is a name without a port',
    zh: '可信域名必须是域名，不带端口',
    document: TABLE,
  },
  81001: {
    en: 'A department has at most 30 000 members and departments',
    zh: '部门下的成员和部门最多 30000 个',
    document: TABLE,
  },
  81002: { en: 'Departments are at most 15 levels deep', zh: '部门最多 15 层', document: TABLE },
  81003: {
    en: 'A tag has at most 30 000 members and departments',
    zh: '标签下的成员和部门最多 30000 个',
    document: TABLE,
  },
  81011: { en: 'The app may not change this tag', zh: '应用没有修改该标签的权限', document: TABLE },
  81013: {
    en: 'Nobody of those named is there, visible and licensed',
    zh: '接收人都不存在、不可见或没有许可',
    document: TABLE,
  },
  82001: {
    en: 'touser, toparty and totag are all empty',
    zh: 'touser、toparty 和 totag 都为空',
    document: TABLE,
  },
  82002: {
    en: 'A message names at most 100 departments',
    zh: '发消息最多 100 个部门',
    document: TABLE,
  },
  82003: { en: 'A message names at most 100 tags', zh: '发消息最多 100 个标签', document: TABLE },
  84014: {
    en: 'A user_ticket works for half an hour: start the authorization again',
    zh: 'user_ticket 半小时后过期：请重新发起授权',
    document: TABLE,
  },
  84015: {
    en: "The user_ticket is unknown, was used up, or is another app's",
    zh: 'user_ticket 不存在、已被使用，或属于其他应用',
    document: TABLE,
  },
  84061: {
    en: 'The member who followed the customer is gone',
    zh: '客户的跟进成员已不存在',
    document: TABLE,
  },
  84090: {
    en: 'The parameter user_ticket is missing',
    zh: '缺少参数 user_ticket',
    document: TABLE,
  },
  86001: {
    en: 'A chatid has 1 to 32 letters and digits',
    zh: 'chatid 为 1 到 32 个字母或数字',
    document: TABLE,
  },
  86003: { en: 'There is no group with this chatid', zh: '没有该 chatid 的群聊', document: TABLE },
  86006: { en: 'A group has 2 to 2 000 members', zh: '群聊有 2 到 2000 个成员', document: TABLE },
  86008: {
    en: 'The group must be one that the app created',
    zh: '群聊必须由该应用创建',
    document: TABLE,
  },
  86201: { en: 'The parameter chatid is missing', zh: '缺少参数 chatid', document: TABLE },
  86203: {
    en: 'Whoever removes the owner names another',
    zh: '移除群主时必须指定新群主',
    document: TABLE,
  },
  86204: { en: 'The parameter userlist is missing', zh: '缺少参数 userlist', document: TABLE },
  86207: { en: 'The owner must be a member of the group', zh: '群主必须是群成员', document: TABLE },
  86215: { en: 'A group with this chatid is there', zh: 'chatid 已存在', document: TABLE },
  86216: {
    en: 'Whoever is added must be visible, whoever is removed in the group',
    zh: '新增的成员必须可见，移除的成员必须在群中',
    document: TABLE,
  },
  90200: { en: 'The parameter appid is missing', zh: '缺少参数 appid', document: TABLE },
  90201: { en: 'There are at most 10 items', zh: 'content_item 最多 10 项', document: TABLE },
  90202: { en: 'A key has 1 to 10 characters', zh: 'key 为 1 到 10 个字', document: TABLE },
  90203: { en: 'A value has 1 to 30 characters', zh: 'value 为 1 到 30 个字', document: TABLE },
  90206: {
    en: 'The appid must be that of the mini-program of the app',
    zh: 'appid 必须是该应用的小程序',
    document: TABLE,
  },
  91040: {
    en: 'The type of a ticket must be agent_config',
    zh: 'type 必须为 agent_config',
    document: TABLE,
  },
  92001: {
    en: 'The app has no right to read personal information',
    zh: '应用没有读取敏感信息的权限',
    document: TABLE,
  },
  93000: {
    en: 'The key must be that of a webhook',
    zh: 'key 必须属于已有的群机器人',
    document: TABLE,
  },
  301002: {
    en: 'The agentid must be that of the app whose token is used',
    zh: 'agentid 必须是 access_token 所属应用的编号',
    document: TABLE,
  },
  301012: {
    en: 'A position has at most 128 characters',
    zh: '职务不超过 128 个字',
    document: TABLE,
  },
  301013: {
    en: 'A telephone has at most 32 digits, - and +',
    zh: '座机不超过 32 个数字、- 或 +',
    document: TABLE,
  },
  301016: { en: 'A voice has at most 2 MB', zh: '语音不超过 2 MB', document: TABLE },
  301019: {
    en: "The md5 must be that of the image's bytes",
    zh: 'md5 必须是图片内容的 MD5',
    document: TABLE,
  },
  301036: {
    en: 'A userid can be changed only if WeCom made it',
    zh: '只有系统生成的 userid 可以修改',
    document: TABLE,
  },
};

/** @returns the rule that WeCom means by this errcode; nothing for one that the emulator does not know */
export function ruleOf(errcode: number): Rule | undefined {
  return (RULES as Readonly<Record<number, Rule>>)[errcode];
}
