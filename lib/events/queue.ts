import type { OutgoingEvent } from './event.ts';
import type { SendMessages } from './sqs.ts';

/**
 * Sends events to the queue that `publishEvents` reads. Events that SQS has stored are put on the bus.
 * If that fails it is retried, and in the end the events are kept as dead letters.
 *
 * It does not throw, so that a sign-in does not load the class of an error.
 *
 * @returns nothing if SQS stored all of them; otherwise the reason why some may not be stored
 */
export type SendEvents = (events: readonly OutgoingEvent[]) => Promise<string | undefined>;

/** SQS's limit for one request. An event is about 1 kB, and ten are far below the limit of 256 kB. */
const MAX_MESSAGES = 10;

export function createSendEvents(client: Promise<SendMessages>): SendEvents {
  return async function sendEvents(events) {
    const sendMessages = await client;
    for (let from = 0; from < events.length; from += MAX_MESSAGES) {
      const bodies = events.slice(from, from + MAX_MESSAGES).map(bodyOf);
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
