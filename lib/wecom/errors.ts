import { type Details, WecomAuthError } from '../errors.ts';
import type { Errcode } from './errcodes.ts';

/*
 * Every call of WeCom that fails ends in exactly one of four errors: WecomTransportError, WecomBadStatus,
 * WecomBadBody or WecomErrcode.
 */

/** No answer: connection refused or reset, time-out, DNS, TLS. */
export class WecomTransportError extends WecomAuthError {
  override readonly name = 'WecomTransportError';
  readonly code = 'ERR_WECOM_TRANSPORT';
  /** Whether the connection was refused or lost. Otherwise the call took too long. */
  readonly connectionBroke: boolean;
  /** Whether WeCom may have received the request, and spent the code or ticket in it. */
  readonly mayHaveArrived: boolean;

  constructor(
    message: string,
    details: Details = {},
    { connectionBroke = false, mayHaveArrived = true } = {},
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

/** HTTP 200 with a bad body: not JSON, too long, or with an unreadable field. */
export class WecomBadBody extends WecomAuthError {
  override readonly name: string = 'WecomBadBody';
  readonly code = 'ERR_WECOM_BAD_BODY';
}

/**
 * An answer with an unreadable field, or about something else than was asked. WeCom did answer, so
 * stored data may not be used instead.
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
    const bounded = errmsg.slice(0, MAX_ERRMSG_CHARACTERS);
    const text = withoutTail(bounded);
    super(`WeCom answered errcode ${errcode}`, {
      api,
      errcode,
      errmsg: text,
      fromIp: callerIp(bounded),
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

  /** Whether WeCom refused this code or member. Otherwise it refuses or limits all requests. */
  get refusesVisitor(): boolean {
    const { reaction } = this.entry;
    return reaction === 'refuse' || reaction === 'renew-token';
  }
}

/** An errmsg is not a contract and may be of any length. */
const MAX_ERRMSG_CHARACTERS = 1_000;
/** WeCom appends an id for its support, our egress IP and a link. Each may be missing. */
const TAIL = /,?\s*(hint:|from ip:|more info at )/;

function withoutTail(errmsg: string): string {
  return errmsg.split(TAIL, 1).join().trim().slice(0, 200);
}

/** The egress IP as WeCom saw it: what the operator has to list in 企业可信IP. */
function callerIp(errmsg: string): string | undefined {
  return /from ip: ?([0-9a-f.:]{3,45})/i.exec(errmsg)?.[1];
}

/** Whether `user/get` failed because the member left, is disabled, or is not shown to the app. */
export function isMemberNotShown(error: unknown): error is WecomErrcode {
  return isNotShown(error, 'member');
}

/** Whether `department/get` or `tag/get` failed because WeCom does not show the group to the app. */
export function isGroupNotShown(error: unknown): error is WecomErrcode {
  return isNotShown(error, 'group');
}

function isNotShown(error: unknown, what: 'member' | 'group'): error is WecomErrcode {
  return error instanceof WecomErrcode && error.entry.notShown?.includes(what) === true;
}
