import type { KnownEvent } from '../callback/event.ts';
import type { Member } from '../signin/signIn.ts';

/*
 * What goes to the company's own systems. docs/schemas/events has a schema of each event; a test
 * compares the two.
 */

export const EVENT_TYPES = [
  'MemberSignedIn',
  'MemberLeft',
  'MemberChanged',
  'GrantChanged',
] as const;

/** One event: EventBridge's `detail-type`, and its `detail`. */
export interface OutgoingEvent {
  readonly type: (typeof EVENT_TYPES)[number];
  readonly detail: Facts & {
    readonly version: '1';
    /** The same whenever the event is sent again: EventBridge delivers at least once. */
    readonly id: string;
    /** When it happened, in ISO 8601. */
    readonly time: string;
  };
}

/** Where an event comes from. */
export interface EventOrigin {
  readonly corpId: string;
  readonly agentId: string;
  readonly stage: string;
}

type Facts = Readonly<Record<string, unknown>>;

/** @param at milliseconds since the epoch */
export function outgoing(
  type: OutgoingEvent['type'],
  { corpId, agentId, stage }: EventOrigin,
  { id, at }: { readonly id: string; readonly at: number },
  facts: Facts,
): OutgoingEvent {
  const time = new Date(at).toISOString();
  return { type, detail: { version: '1', id, time, corpId, agentId, stage, ...facts } };
}

/** How a member signed in: with `POST getUserInfo`, or to a client of the OpenID provider. */
export type Way = { readonly way: 'api' } | { readonly way: 'openid'; readonly clientId: string };

export function memberSignedIn(
  origin: EventOrigin,
  identity: { readonly id: string; readonly at: number },
  { userid, name, mobile, email, department, position }: Member,
  way: Way,
): OutgoingEvent {
  const fields = { userid, name, mobile, email, department, position };
  return outgoing('MemberSignedIn', origin, identity, { ...way, ...fields });
}

/**
 * What a callback says of a member. Its new values are not in it: callbacks arrive late, twice and in
 * any order, so a consumer that needs them reads the member from WeCom.
 *
 * @returns nothing for an event about a department or a tag
 */
export function memberEvent(origin: EventOrigin, event: KnownEvent): OutgoingEvent | undefined {
  const { id, createdAt: at } = event;
  switch (event.type) {
    case 'delete_user':
    case 'unsubscribe': {
      const facts = { userid: event.userid, reason: event.type };
      return outgoing('MemberLeft', origin, { id, at }, facts);
    }
    case 'create_user':
    case 'subscribe': {
      const facts = { userid: event.userid, reason: event.type };
      return outgoing('MemberChanged', origin, { id, at }, facts);
    }
    case 'update_user': {
      const { userid, newUserid } = event;
      const facts = { userid, ...(newUserid && { newUserid }), reason: event.type };
      return outgoing('MemberChanged', origin, { id, at }, facts);
    }
    default:
      return undefined;
  }
}
