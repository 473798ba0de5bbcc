import type { Rule } from './rule.ts';

/**
 * errmsg by errcode. Captured from real answers where one was published; marked "analogy" where only the
 * code is known (document 90313), because WeCom's wording is then unverified.
 */
export const ERRMSG = {
  [-1]: 'system busy', // analogy
  0: 'ok',
  40001: 'invalid credential',
  40003: 'invalid userid', // analogy
  40004: 'invalid media type', // analogy
  40005: 'invalid file type', // analogy
  40006: 'invalid file size', // analogy
  40007: 'invalid media_id', // analogy
  40008: 'invalid message type',
  40009: 'invalid image size', // analogy
  40011: 'invalid video size', // analogy
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40016: 'invalid button size', // analogy
  40017: 'invalid button type', // analogy
  40018: 'invalid button name size', // analogy
  40019: 'invalid button key size', // analogy
  40020: 'invalid button url size', // analogy
  40022: 'invalid sub button level', // analogy
  40023: 'invalid sub button size', // analogy
  40024: 'invalid sub button type', // analogy
  40025: 'invalid sub button name size', // analogy
  40026: 'invalid sub button key size', // analogy
  40027: 'invalid sub button url size', // analogy
  40029: 'invalid code',
  40031: 'all list invalid', // document 90215
  40032: 'invalid userid list size', // analogy
  40035: 'invalid parameter', // analogy
  40056: 'invalid agentid',
  40058: 'invalid Request Parameter',
  40059: 'invalid report location flag', // analogy
  40063: 'some parameters are empty',
  40068: 'invalid tagid',
  40070: 'all list invalid', // document 90214
  40071: 'tagname existed', // analogy
  40072: 'invalid tagname size', // analogy
  40073: 'invalid openid', // analogy
  40074: 'news msg not support safe', // analogy
  40091: 'secret is invalid',
  40094: 'invalid url', // analogy
  40096: 'invalid external userid', // analogy
  40123: 'invalid image format', // analogy
  40126: 'too many tags', // analogy
  40207: 'invalid tfa_code', // analogy
  40208: 'user not in tfa range', // analogy
  40209: 'redirect domain not match tfa domain', // analogy
  41001: 'access_token missing',
  41002: 'corpid missing', // analogy
  41004: 'corpsecret missing',
  41006: 'missing media_id', // analogy
  41008: 'missing code', // analogy
  41009: 'missing userid', // analogy
  41010: 'missing url', // analogy
  41011: 'missing agentid',
  41016: 'missing title', // analogy
  41017: 'missing tagid', // analogy
  41018: 'missing tagname', // analogy
  41019: 'missing department', // analogy
  41035: 'missing external userid',
  42001: 'access_token expired',
  42003: 'code expired', // analogy
  42022: 'code been used', // analogy
  42028: 'template card missing url', // analogy
  42030: 'template card missing appid', // analogy
  42031: 'invalid template card card_type', // analogy
  42035: 'invalid template card horizontal_content_list size', // analogy
  42037: 'invalid template card option_list size', // analogy
  42038: 'invalid template card button text', // analogy
  42039: 'invalid template card button key', // analogy
  42040: 'invalid template card option id', // analogy
  42041: 'invalid template card option text', // analogy
  42042: 'invalid template card jump_list size', // analogy
  42043: 'invalid template card question_key', // analogy
  42045: 'invalid template card card_action', // analogy
  42046: 'invalid template card submit_button key', // analogy
  42047: 'invalid template card select_list size', // analogy
  42049: 'invalid template card submit_button text', // analogy
  42052: 'msgid expired', // analogy
  43001: 'require GET method', // analogy
  43004: 'user not bind wechat', // analogy
  44001: 'empty media data',
  44004: 'empty content', // analogy
  45001: 'media size out of limit', // analogy
  45002: 'content size out of limit', // analogy
  45004: 'description size out of limit', // analogy
  45008: 'article size out of limit', // analogy
  45009: 'api freq out of limit',
  45022: 'name size out of limit', // analogy
  45032: 'author size out of limit', // analogy
  45033: 'api concurrent out of limit',
  45034: 'url must have protocol', // analogy
  46003: 'menu not exist', // analogy
  46004: 'user not exist', // analogy
  48001: 'api unauthorized', // analogy
  48002: 'api forbidden',
  48009: 'api forbidden for contact assistant',
  50001: 'redirect_uri unauthorized',
  50002: 'user not in app allow range', // analogy
  50003: 'app disabled', // analogy
  60001: 'invalid department name size', // analogy
  60003: 'department not found', // analogy
  60004: 'parent department not found', // analogy
  60005: 'department has members', // analogy
  60006: 'department has sub departments', // analogy
  60007: 'root department can not be deleted', // analogy
  60008: 'department existed', // analogy
  60009: 'invalid department name', // analogy
  60010: 'department loop', // analogy
  60011: 'no privilege to access/modify contact/party/agent',
  60020: 'not allow to access from your ip',
  60021: 'userid not in visible range', // analogy
  60102: 'userid existed',
  60103: 'invalid mobile', // analogy
  60104: 'mobile existed',
  60105: 'invalid email', // analogy
  60106: 'email existed', // analogy
  60110: 'too many departments', // analogy
  60111: 'userid not found',
  60112: 'invalid name', // analogy
  60123: 'invalid party id', // analogy
  60129: 'mobile and email are both empty', // analogy
  60132: 'is_leader_in_dept and department not match', // analogy
  60143: 'invalid biz_mail', // analogy
  60145: 'biz_mail existed', // analogy
  80001: 'invalid domain', // analogy
  81001: 'too many nodes in department', // analogy
  81002: 'too many department levels', // analogy
  81003: 'too many nodes in tag', // analogy
  81011: 'no privilege to access/modify tag', // analogy
  81013: 'user & party & tag all invalid',
  82001: 'user & party & tag all empty', // analogy
  82002: 'invalid party list size', // analogy
  82003: 'invalid tag list size', // analogy
  84014: 'user_ticket expired', // analogy
  84015: 'invalid user_ticket', // analogy
  84061: 'not external contact', // analogy
  84090: 'user_ticket missing', // analogy
  86001: 'invalid chatid', // analogy
  86003: 'chatid not exist', // analogy
  86006: 'invalid chat member count', // analogy
  86008: 'chat not created by this app', // analogy
  86201: 'missing chatid', // analogy
  86203: 'missing owner', // analogy
  86204: 'missing userlist', // analogy
  86207: 'owner not in userlist', // analogy
  86215: 'chatid existed', // analogy
  86216: 'invalid chat member', // analogy
  90200: 'missing miniprogram appid', // analogy
  90201: 'invalid content_item size', // analogy
  90202: 'invalid content_item key size', // analogy
  90203: 'invalid content_item value size', // analogy
  90206: 'miniprogram not bound', // analogy
  91040: 'invalid ticket type', // analogy
  92001: 'no privilege to get sensitive info', // analogy
  93000: 'invalid webhook url',
  301002: 'not allow operate another agent with this accesstoken',
  301012: 'invalid position', // analogy
  301013: 'invalid telephone', // analogy
  301016: 'invalid voice', // analogy
  301019: 'invalid file md5', // analogy
  301036: 'not allow to change userid', // analogy
} as const;

/** The errcodes that endpoints answer with. */
export type Errcode = keyof typeof ERRMSG;

export function errmsgOf(errcode: number): string {
  return (ERRMSG as Readonly<Record<number, string>>)[errcode] ?? 'unknown error';
}

/** Thrown by an endpoint to answer with an errcode. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly errcode: Errcode;
  /** For the call log. Undefined: the rule of the errcode. */
  readonly rule: Rule | undefined;

  constructor(errcode: Errcode, rule?: Rule) {
    super(errmsgOf(errcode));
    this.errcode = errcode;
    this.rule = rule;
  }
}
