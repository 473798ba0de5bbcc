import type { KnownEvent } from '../callback/event.ts';
import type { Member } from '../signin/signIn.ts';

/*
 * The events for the company's own systems. docs/schemas/events has a schema of each;
 * tests/functions/publishEvents.test.ts compares the two.
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

/** The app and stage that an event comes from. */
export interface EventOrigin {
  readonly corpId: string;
  readonly agentId: string;
  readonly stage: string;
}

type Facts = Readonly<Record<string, unknown>>;

/**
 * Makes an event.
 *
 * @param identity.at when it happened, milliseconds since the epoch
 */
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

/** @param identity.at when the member signed in, milliseconds since the epoch */
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
 * The event for a callback about a member. It has no new values: callbacks arrive late, twice and in
 * any order, so a consumer that needs them reads the member from WeCom.
 *
 * @returns nothing for an event about a department or a tag
 */
export function memberEvent(origin: EventOrigin, event: KnownEvent): OutgoingEvent | undefined {
  const { id, createdAt: at } = event;
  switch (event.type) {
    case 'delete_user':
    case 'unsubscribe':
    case 'create_user':
    case 'subscribe': {
      const { type: reason, userid } = event;
      const hasLeft = reason === 'delete_user' || reason === 'unsubscribe';
      const type = hasLeft ? 'MemberLeft' : 'MemberChanged';
      return outgoing(type, origin, { id, at }, { userid, reason });
    }
    case 'update_user': {
      const { type: reason, userid, newUserid } = event;
      const facts = { userid, ...(newUserid && { newUserid }), reason };
      return outgoing('MemberChanged', origin, { id, at }, facts);
    }
    default:
      event satisfies Extract<KnownEvent, { departmentId: number } | { tagId: number }>;
      return undefined;
  }
}
