import type { KnownEvent } from '../callback/event.ts';
import {
  type EventOrigin,
  memberEvent,
  memberSignedIn,
  type OutgoingEvent,
  type Way,
} from '../events/event.ts';
import { createSendEvents, type SendEvents } from '../events/queue.ts';
import type { Invocation } from '../invocation.ts';
import type { Proof, SignedIn } from '../signin/redeem.ts';
import type { Base } from './base.ts';

/* Loaded only on a stage with an event bus. */

/** Sends events to the company's own systems. SQS queues them. */
export interface Events {
  readonly origin: EventOrigin;
  readonly send: SendEvents;
  /** Sends MemberSignedIn in the background: the sign-in succeeds in any case. */
  signedIn(signedIn: SignedIn, invocation: Invocation, way?: Way): void;
  /** Sends the event of a push, if it is one for the bus. @returns why it was not sent, if it was not */
  notified(event: KnownEvent, invocation: Invocation): Promise<string | undefined>;
}

/** What is left of the invocation to write the log line if SQS does not answer. */
const LOG_MS = 100;

/** Sends MemberSignedIn for each sign-in that succeeds. */
export function withEvents(
  redeem: (proof: Proof, invocation: Invocation) => Promise<SignedIn>,
  base: Base,
  queueUrl: string,
): typeof redeem {
  const events = createEvents(base, queueUrl);
  return async (proof, invocation) => {
    const signedIn = await redeem(proof, invocation);
    events.signedIn(signedIn, invocation);
    return signedIn;
  };
}

export function createEvents({ configuration, clock }: Base, queueUrl: string): Events {
  const { corpId, agentId, stage } = configuration();
  const origin = { corpId, agentId, stage };
  // Loaded while WeCom is asked, not afterwards.
  const client = import('../events/sqs.ts').then((sqs) => sqs.createSendMessages(queueUrl));
  // An error is thrown again where the client is used.
  client.catch(() => undefined);
  const send = createSendEvents(client);

  async function sendOne(event: OutgoingEvent, { deadline, log }: Invocation) {
    const ended = new AbortController();
    const timeoutMs = Math.max(0, deadline - LOG_MS - clock.now());
    const timeout = clock.sleep(timeoutMs, ended.signal).then(() => 'timeout');
    const refusal = await Promise.race([send([event]), timeout]);
    ended.abort();
    if (refusal === undefined) return undefined;
    const { type, detail } = event;
    const about = { event: type, eventId: detail.id, userid: String(detail['userid']) };
    const error = 'ERR_EVENT_NOT_SENT';
    log.error('The event was not sent', { ...about, error, reason: refusal }, { EventNotSent: 1 });
    return refusal;
  }

  return {
    origin,
    send,
    signedIn({ id = crypto.randomUUID(), member }, invocation, way = { way: 'api' }) {
      const event = memberSignedIn(origin, { id, at: clock.now() }, member, way);
      invocation.waitUntil(sendOne(event, invocation));
    },
    async notified(event, invocation) {
      const outgoing = memberEvent(origin, event);
      return outgoing && sendOne(outgoing, invocation);
    },
  };
}
