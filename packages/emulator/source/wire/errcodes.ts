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
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40029: 'invalid code',
  40056: 'invalid agentid',
  40058: 'invalid Request Parameter',
  40063: 'some parameters are empty',
  40068: 'invalid tagid',
  40091: 'secret is invalid',
  41001: 'access_token missing',
  41002: 'corpid missing', // analogy
  41004: 'corpsecret missing',
  41008: 'missing code', // analogy
  41009: 'missing userid', // analogy
  41011: 'missing agentid',
  41017: 'missing tagid', // analogy
  41035: 'missing external userid',
  42001: 'access_token expired',
  42003: 'code expired', // analogy
  42022: 'code been used', // analogy
  43001: 'require GET method', // analogy
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  48001: 'api unauthorized', // analogy
  48002: 'api forbidden',
  48009: 'api forbidden for contact assistant',
  50001: 'redirect_uri unauthorized',
  50002: 'user not in app allow range', // analogy
  50003: 'app disabled', // analogy
  60003: 'department not found', // analogy
  60011: 'no privilege to access/modify contact/party/agent',
  60020: 'not allow to access from your ip',
  60021: 'userid not in visible range', // analogy
  60111: 'userid not found',
  60123: 'invalid party id', // analogy
  81011: 'no privilege to access/modify tag', // analogy
  84014: 'user_ticket expired', // analogy
  84015: 'invalid user_ticket', // analogy
  84090: 'user_ticket missing', // analogy
  91040: 'invalid ticket type', // analogy
  92001: 'no privilege to get sensitive info', // analogy
  301002: 'not allow operate another agent with this accesstoken',
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
