import { type Details, WecomAuthError } from '../errors.ts';
import type { Errcode } from './errcodes.ts';

/*
 * Every call of WeCom that does not succeed ends in exactly one of these four.
 */

/** No answer: connection refused or reset, time-out, DNS, TLS. */
export class WecomTransportError extends WecomAuthError {
  override readonly name = 'WecomTransportError';
  readonly code = 'ERR_WECOM_TRANSPORT';
  /** Whether the connection was refused or lost; otherwise the time was over. */
  readonly connectionBroke: boolean;
  /** Whether WeCom may have received the request, and spent the code or ticket in it. */
  readonly mayHaveArrived: boolean;

  constructor(
    message: string,
    details: Details = {},
    connectionBroke = false,
    mayHaveArrived = true,
  ) {
    super(message, details);
    this.connectionBroke = connectionBroke;
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** An HTTP status other than 200; WeCom itself always answers 200 on a path that exists. */
export class WecomBadStatus extends WecomAuthError {
  override readonly name = 'WecomBadStatus';
  readonly code = 'ERR_WECOM_BAD_STATUS';
  readonly status: number;

  constructor(api: string, status: number) {
    super(`WeCom answered HTTP ${status}`, { api, status });
    this.status = status;
  }
}

/** HTTP 200 with an invalid body: not JSON, cut off, too long, or with an unreadable field. */
export class WecomBadBody extends WecomAuthError {
  override readonly name: string = 'WecomBadBody';
  readonly code = 'ERR_WECOM_BAD_BODY';
}

/**
 * An answer of WeCom whose content cannot be read, or is about something else. WeCom did answer, so
 * earlier data may not be used instead.
 */
export class WecomUnreadableAnswer extends WecomBadBody {
  override readonly name = 'WecomUnreadableAnswer';
}

/** HTTP 200 with an errcode other than 0. */
export class WecomErrcode extends WecomAuthError {
  override readonly name = 'WecomErrcode';
  readonly code = 'ERR_WECOM_ERRCODE';
  readonly api: string;
  readonly errcode: number;
  /** WeCom's errmsg without its `, hint: …` tail, which shows our egress IP. */
  readonly errmsg: string;
  /** The errcode's entry in the catalogue. */
  readonly entry: Errcode;

  constructor(api: string, errcode: number, errmsg: string, entry: Errcode) {
    const text = withoutHint(errmsg);
    super(`WeCom answered errcode ${errcode}`, {
      api,
      errcode,
      errmsg: text,
      fromIp: callerIp(errmsg),
      meaning: entry.meaning.en,
      advice: entry.remedy.en,
      adviceZh: entry.remedy.zh,
      link: `https://open.work.weixin.qq.com/devtool/query?e=${errcode}`,
    });
    this.api = api;
    this.errcode = errcode;
    this.errmsg = text;
    this.entry = entry;
  }

  /** Whether WeCom refused this code or member, rather than every request of ours. */
  get refusesVisitor(): boolean {
    const { reaction } = this.entry;
    return reaction === 'refuse' || reaction === 'renew-token';
  }
}

/** What WeCom adds to a text: an id for its support, our egress IP, a link. Each may be missing. */
const TAIL = /,?\s*(hint:|from ip:|more info at )/;

/** An errmsg is not a contract and may be of any length: bounded, and cut where its tail begins. */
function withoutHint(errmsg: string): string {
  return errmsg.slice(0, 1000).split(TAIL, 1).join().trim().slice(0, 200);
}

/** The egress IP as WeCom saw it: what the operator has to list in 企业可信IP. */
function callerIp(errmsg: string): string | undefined {
  return /from ip: ?([0-9a-f.:]{3,45})/i.exec(errmsg.slice(0, 1000))?.[1];
}

/** Whether an error of `user/get` says that the member left, is disabled, or is out of the app's sight. */
export function isMemberNotShown(error: unknown): error is WecomErrcode {
  return error instanceof WecomErrcode && /member/.test(error.entry.notShown ?? '');
}

/** Whether an error of `department/get` or `tag/get` says that WeCom does not show the group to the app. */
export function isGroupNotShown(error: unknown): error is WecomErrcode {
  return error instanceof WecomErrcode && /group/.test(error.entry.notShown ?? '');
}
