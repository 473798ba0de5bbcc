import * as v from 'valibot';
import { isUserid } from '../wecom/userid.ts';
import { readXml } from './xml.ts';

/**
 * What a message tells, of all that WeCom can tell, as far as permissions hang on it: the app's own
 * events (document 90240) and changes of the contact book (documents 90970 to 90972).
 */
export type CallbackEvent =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly userid: string }
  | { readonly type: 'create_user' | 'delete_user'; readonly userid: string }
  | { readonly type: 'update_user'; readonly userid: string; readonly newUserid?: string }
  | {
      readonly type: 'create_party' | 'update_party' | 'delete_party';
      readonly departmentId: number;
    }
  | { readonly type: 'update_tag'; readonly tagId: number }
  | UnknownEvent;

/** Everything else: other events, messages, and what cannot be read or is not for this app. */
export interface UnknownEvent {
  readonly type: 'unknown';
  /** What it was, for the log: the event's own name, or why it was not taken. */
  readonly what: string;
}

const absent = v.optional(v.string(), '');

/** Every field may be missing: the reduced forms leave out most (document 90970). */
const Message = v.object({
  ToUserName: absent,
  FromUserName: absent,
  AgentID: absent,
  MsgType: absent,
  Event: absent,
  ChangeType: absent,
  UserID: absent,
  NewUserID: absent,
  // The reduced form spells it so.
  NewUserId: absent,
  Id: absent,
  TagId: absent,
});

type Message = v.InferOutput<typeof Message>;

/**
 * Reads a decrypted message. Never fails: what is not understood is `unknown`.
 *
 * @param text authentic, but not therefore well-formed
 */
export function readEvent(text: string, corpId: string, agentId: string): CallbackEvent {
  const result = v.safeParse(Message, readXml(text));
  if (!result.success) return unknown('not an event in XML');
  const message = result.output;
  if (message.ToUserName !== corpId) return unknown('for another corp');
  if (message.MsgType === 'event' && message.Event === 'change_contact') {
    // Belongs to no app. What AgentID it then has is not documented, and makes no difference.
    return contactChange(message);
  }
  if (message.AgentID && message.AgentID !== agentId) return unknown('for another app');
  if (message.MsgType !== 'event') return unknown(`message ${named(message.MsgType)}`);
  return appEvent(message);
}

function appEvent({ Event, FromUserName: userid }: Message): CallbackEvent {
  const known = Event === 'subscribe' || Event === 'unsubscribe';
  return known && isUserid(userid) ? { type: Event, userid } : unknown(named(Event));
}

function contactChange(message: Message): CallbackEvent {
  const { ChangeType: type, UserID: userid } = message;
  const newUserid = message.NewUserID || message.NewUserId;
  switch (type) {
    case 'create_user':
    case 'delete_user':
      if (isUserid(userid)) return { type, userid };
      break;
    case 'update_user':
      if (!isUserid(userid)) break;
      return isUserid(newUserid) ? { type, userid, newUserid } : { type, userid };
    case 'create_party':
    case 'update_party':
    case 'delete_party':
      if (isId(message.Id)) return { type, departmentId: Number(message.Id) };
      break;
    case 'update_tag':
      if (isId(message.TagId)) return { type, tagId: Number(message.TagId) };
      break;
  }
  return unknown(`change_contact ${named(type)}`);
}

/** Department and tag ids are 32-bit numbers (documents 90204 and 90210). */
function isId(text: string): boolean {
  return /^[1-9]\d{0,9}$/.test(text);
}

function unknown(what: string): UnknownEvent {
  return { type: 'unknown', what };
}

/** A name that may go to the log; a member can put text into a message, but not into these. */
function named(name: string): string {
  return /^[\w.]{1,64}$/.test(name) ? name : 'without a name';
}
