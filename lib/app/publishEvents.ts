import * as v from 'valibot';
import { ConfigurationError } from '../errors.ts';
import { EventNotSent } from '../events/errors.ts';
import { EVENT_TYPES, type OutgoingEvent } from '../events/event.ts';
import { createEventBus } from '../events/eventBus.ts';
import { createBase, once } from './base.ts';

/** The function's event: a batch of the queue. */
const Batch = v.object({
  Records: v.pipe(
    v.array(v.object({ messageId: v.string(), body: v.string() })),
    v.minLength(1),
    v.maxLength(10),
  ),
});

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

/** A message of the queue, as the functions of the stage write it. */
const Message = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    type: v.picklist(EVENT_TYPES),
    detail: v.looseObject({
      version: v.literal('1'),
      id: text,
      time: v.pipe(v.string(), v.isoTimestamp()),
    }),
  }),
);

export interface Published {
  /** How many events are on the bus. */
  readonly count: number;
  /** Ids of the messages whose events are not; SQS delivers them again. */
  readonly failed: readonly string[];
  /** Why. */
  readonly error?: ConfigurationError | EventNotSent;
}

/** For `publishEvents`: EventBridge alone. */
export function wirePublishEvents(environment: NodeJS.ProcessEnv) {
  const { clock } = createBase(environment);

  const bus = once(() => {
    // Only this function has the variable.
    const eventBus = environment['EVENT_BUS'];
    if (!eventBus) {
      throw new ConfigurationError('EVENT_BUS is not set', {
        advice: 'Set the stage parameter eventBus and deploy.',
      });
    }
    return { name: eventBus, put: createEventBus(eventBus, clock).put };
  });

  /**
   * @param event as SQS delivers it
   * @throws ConfigurationError for any other event; EventNotSent if no event was put on the bus
   */
  async function publish(event: unknown): Promise<Published> {
    const batch = v.safeParse(Batch, event);
    if (!batch.success) throw foreign('The event is not a batch of the queue');
    const good: { readonly messageId: string; readonly event: OutgoingEvent }[] = [];
    const failed: string[] = [];
    let error: ConfigurationError | EventNotSent | undefined;
    for (const { messageId, body } of batch.output.Records) {
      const message = v.safeParse(Message, body);
      if (message.success) good.push({ messageId, event: message.output });
      else {
        failed.push(messageId);
        error = foreign('A message of the queue is not an event');
      }
    }
    const refusals = good.length > 0 ? await bus().put(good.map(({ event }) => event)) : [];
    const refused = good.filter((_, at) => refusals[at] !== undefined);
    if (refused.length > 0) {
      failed.push(...refused.map(({ messageId }) => messageId));
      error = new EventNotSent('EventBridge did not accept every event', {
        bus: bus().name,
        reason: [...new Set(refusals.filter((reason) => reason !== undefined))].join(),
        eventIds: refused.map((each) => each.event.detail.id),
      });
    }
    return { count: good.length - refused.length, failed, ...(error && { error }) };
  }
  return { publish };
}

function foreign(message: string) {
  return new ConfigurationError(message, {
    advice: "Only the stage's functions and commands write to the queue. Find out who else does.",
  });
}
