import { createHash } from 'node:crypto';
import { foldUserid, isUserid } from '../wecom/userid.ts';
import { FRESHNESS_MS } from './messageCrypt.ts';
import { readXml, textOf, type XmlFields } from './xml.ts';

/** What every event that has an effect carries. */
interface CommonFields {
  /** SHA-256 of the decrypted text, in hexadecimal: the same in every delivery of the event. */
  readonly id: string;
  /**
   * CreateTime in milliseconds since the epoch, of which WeCom sends whole seconds. The time of
   * receipt if CreateTime is absent or implausible, so that such an event never looks outdated.
   */
  readonly createdAt: number;
  /**
   * How far WeCom's clock was behind ours when it sent this delivery, 0 if it was not. The time of the
   * delivery counts too, because nothing tells the two apart.
   */
  readonly clockLagSeconds: number;
  /** A field that is ignored because it cannot be read. */
  readonly unreadable?: 'NewUserID';
}

/**
 * The events that permissions depend on: the app's own events (document 90240) and changes of the
 * contact book (documents 90970 to 90972).
 */
export type KnownEvent =
  | (CommonFields & {
      readonly type: 'subscribe' | 'unsubscribe' | 'create_user' | 'delete_user';
      readonly userid: string;
    })
  | (CommonFields & {
      readonly type: 'update_user';
      readonly userid: string;
      /** Another userid than `userid`, not only in its case. */
      readonly newUserid?: string;
    })
  | (CommonFields & {
      readonly type: 'create_party' | 'update_party' | 'delete_party';
      readonly departmentId: number;
    })
  | (CommonFields & { readonly type: 'update_tag'; readonly tagId: number });

/** Another event, a message, an event for another app, or a text that cannot be read. */
export interface UnknownEvent {
  readonly type: 'unknown';
  /** The event's own name, or why it was ignored. For the log. */
  readonly what: string;
  /** The field that cannot be read, or `message`. Absent if nothing is wrong with the text. */
  readonly unreadable?: string;
}

export type CallbackEvent = KnownEvent | UnknownEvent;

/** The receiver of an event, and when it was received. */
export interface EventContext {
  readonly corpId: string;
  readonly agentId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The timestamp of the delivery, by WeCom's clock, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/** Department and tag ids are unsigned 32-bit numbers (documents 90204 and 90210). */
const MAX_ID = 0xffff_ffff;
/** WeCom was released in 2016. */
const EARLIEST_MS = Date.UTC(2016, 0);
/** How far CreateTime may be in the future: no more than the request's timestamp. */
const MAX_AHEAD_MS = FRESHNESS_MS;

/**
 * Reads a decrypted message. Never throws. Only the fields that an event needs are read, so an event is
 * found even if another field is invalid or absent. The reduced forms leave out most (document 90970).
 *
 * @param text genuine, but not necessarily well-formed
 */
export function readEvent(text: string, context: EventContext): CallbackEvent {
  const fields = readXml(text);
  if (!fields) return unknown('not a message in XML', 'message');
  const receiver = textOf(fields, 'ToUserName');
  const messageType = textOf(fields, 'MsgType');
  const event = textOf(fields, 'Event');
  const agentId = textOf(fields, 'AgentID');

  if (!receiver) return unknown('a message', 'ToUserName');
  if (receiver !== context.corpId) return unknown('for another corp');
  if (!messageType) return unknown('a message', 'MsgType');
  if (messageType === 'event' && !event) return unknown('an event', 'Event');
  const { now, sentAt } = context;
  const clockLagSeconds = Math.max(0, Math.floor((now - sentAt) / 1_000));
  const common = { id: idOf(text), createdAt: createdAtOf(fields, now), clockLagSeconds };
  // A change of the contact book belongs to no app, and its AgentID is not documented.
  if (messageType === 'event' && event === 'change_contact') return contactChange(fields, common);
  if (agentId === undefined) return unknown('a message', 'AgentID');
  if (agentId !== '' && agentId !== context.agentId) return unknown('for another app');
  if (messageType !== 'event') return unknown(`message ${loggable(messageType)}`);
  return appEvent(loggable(event), fields, common);
}

function appEvent(type: string, fields: XmlFields, common: CommonFields): CallbackEvent {
  if (type !== 'subscribe' && type !== 'unsubscribe') return unknown(type);
  const userid = useridOf(fields, 'FromUserName');
  return userid ? { type, userid, ...common } : unknown(type, 'FromUserName');
}

function contactChange(fields: XmlFields, common: CommonFields): CallbackEvent {
  const type = textOf(fields, 'ChangeType');
  if (!type) return unknown('change_contact', 'ChangeType');
  const what = `change_contact ${loggable(type)}`;
  switch (type) {
    case 'create_user':
    case 'delete_user': {
      const userid = useridOf(fields, 'UserID');
      return userid ? { type, userid, ...common } : unknown(what, 'UserID');
    }
    case 'update_user': {
      const userid = useridOf(fields, 'UserID');
      return userid
        ? { type, userid, ...rename(userid, fields), ...common }
        : unknown(what, 'UserID');
    }
    case 'create_party':
    case 'update_party':
    case 'delete_party': {
      const departmentId = numberOf(fields, 'Id');
      return departmentId ? { type, departmentId, ...common } : unknown(what, 'Id');
    }
    case 'update_tag': {
      const tagId = numberOf(fields, 'TagId');
      return tagId ? { type, tagId, ...common } : unknown(what, 'TagId');
    }
    default:
      return unknown(what);
  }
}

/** The full form has NewUserID, the reduced form NewUserId. */
function rename(
  userid: string,
  fields: XmlFields,
): { newUserid?: string; unreadable?: 'NewUserID' } {
  const name = ['NewUserID', 'NewUserId'].find((each) => textOf(fields, each) !== '');
  if (name === undefined) return {};
  const newUserid = useridOf(fields, name);
  if (!newUserid) return { unreadable: 'NewUserID' };
  return foldUserid(newUserid) === foldUserid(userid) ? {} : { newUserid };
}

function useridOf(fields: XmlFields, name: string): string | undefined {
  const text = textOf(fields, name);
  return text !== undefined && isUserid(text) ? text : undefined;
}

function numberOf(fields: XmlFields, name: string): number | undefined {
  const text = textOf(fields, name) ?? '';
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_ID ? Number(text) : undefined;
}

function createdAtOf(fields: XmlFields, now: number): number {
  const text = textOf(fields, 'CreateTime') ?? '';
  const time = /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : 0;
  return time >= EARLIEST_MS && time <= now + MAX_AHEAD_MS ? time : now;
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function unknown(what: string, unreadable?: string): UnknownEvent {
  return { type: 'unknown', what, ...(unreadable && { unreadable }) };
}

/** A name of WeCom's, if it looks like one. Members do not write it, so it may be logged. */
function loggable(name = ''): string {
  return /^[\w.]{1,64}$/.test(name) ? name : 'without a name';
}
