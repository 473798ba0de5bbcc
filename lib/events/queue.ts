import type { OutgoingEvent } from './event.ts';
import type { SendMessages } from './sqs.ts';

/**
 * Sends events to the queue that `publishEvents` reads. Events that SQS has stored are put on the bus,
 * again and again if it is away, and in the end kept as dead letters.
 *
 * @returns why it is not known whether SQS stored all of them; nothing if it did. It throws nothing: a
 *   sign-in does not load the errors for it
 */
export type SendEvents = (events: readonly OutgoingEvent[]) => Promise<string | undefined>;

/** SQS's limit for one request. An event is about 1 kB, and ten are far below the limit of 256 kB. */
const MESSAGES = 10;

export function createSendEvents(client: Promise<SendMessages>): SendEvents {
  return async function sendEvents(events) {
    const sendMessages = await client;
    for (let from = 0; from < events.length; from += MESSAGES) {
      const bodies = events.slice(from, from + MESSAGES).map(bodyOf);
      const refusal = await sendMessages(bodies);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
}

/** SQS refuses a body with U+FFFE or U+FFFF, which JSON does not escape. */
function bodyOf(event: OutgoingEvent): string {
  return JSON.stringify(event).replace(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? '\\ufffe' : '\\uffff',
  );
}
