import {
  DescribeEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { type ClientLimits, clientSettings, refusalOf } from '../awsClient.ts';
import type { Clock } from '../clock.ts';
import { EventNotSent } from './errors.ts';
import type { OutgoingEvent } from './event.ts';

/** The company's event bus. */
export interface EventBus {
  /**
   * Puts the events on the bus. EventBridge may accept some and refuse others.
   *
   * @param events at most ten
   * @returns for each event why it was not accepted; nothing if it was
   * @throws EventNotSent if there is no such bus, or EventBridge does not show it
   * @throws ConfigurationError if the client could not send anything
   */
  put(events: readonly OutgoingEvent[]): Promise<(string | undefined)[]>;
}

/** The `source` of every event. */
const EVENT_SOURCE = 'wecom-auth';

/** Longer than FUNCTION_LIMITS, because no visitor waits. */
const LIMITS: ClientLimits = { attempts: 2, connectMs: 1_000, answerMs: 2_000 };

/** EventBridge's limit for a request is 256 kB in some regions, and counts more than the `Detail`s. */
const MAX_DETAIL_BYTES = 240 * 1024;

/**
 * EventBridge answers 200 for a bus that does not exist, and drops the events (Amazon EventBridge user
 * guide, "PutEvents"). So the bus is looked up first, at most once in this time.
 */
const BUS_CHECK_INTERVAL_MS = 60_000;

/** @param name of a bus in the function's own account and region */
export function createEventBus(name: string, clock: Clock): EventBus {
  const client = new EventBridgeClient(clientSettings(LIMITS, clock));
  let seenAt = Number.NEGATIVE_INFINITY;

  async function requireBus(): Promise<void> {
    const now = clock.now();
    if (now >= seenAt && now < seenAt + BUS_CHECK_INTERVAL_MS) return;
    try {
      await client.send(new DescribeEventBusCommand({ Name: name }));
    } catch (error) {
      const reason = await refusalOf(error, client);
      throw new EventNotSent('EventBridge does not show the event bus', {
        bus: name,
        reason,
        ...(reason === 'ResourceNotFoundException' && { advice: NO_BUS }),
      });
    }
    seenAt = now;
  }

  async function putAtOnce(entries: readonly Entry[]): Promise<(string | undefined)[]> {
    const Entries = entries.map((entry) => ({ ...entry, EventBusName: name }));
    try {
      const answer = await client.send(new PutEventsCommand({ Entries }));
      const results = answer.Entries ?? [];
      // There is one result for each entry, in the same order. Otherwise none counts as accepted.
      const isWhole = results.length === entries.length;
      return entries.map((_, at) => (isWhole ? refusalIn(results[at]) : UNKNOWN));
    } catch (error) {
      const reason = await refusalOf(error, client);
      return entries.map(() => reason);
    }
  }

  return {
    async put(events) {
      await requireBus();
      const refusals: (string | undefined)[] = [];
      for (const entries of requestsOf(events.map(entryOf))) {
        refusals.push(...(await putAtOnce(entries)));
      }
      return refusals;
    },
  };
}

const NO_BUS =
  'Create the event bus that the stage parameter eventBus names, or correct the parameter and deploy.';

const UNKNOWN = 'unknown';

type Entry = ReturnType<typeof entryOf>;

function entryOf({ type, detail }: OutgoingEvent) {
  return {
    Source: EVENT_SOURCE,
    DetailType: type,
    Time: new Date(detail.time),
    Detail: JSON.stringify(detail),
  };
}

/** One request for all, unless they are too large together: a large event must not stop the others. */
function requestsOf(entries: readonly Entry[]): (readonly Entry[])[] {
  const bytes = entries.reduce((sum, { Detail }) => sum + Buffer.byteLength(Detail), 0);
  return bytes <= MAX_DETAIL_BYTES ? [entries] : entries.map((entry) => [entry]);
}

/** @returns the code; nothing if the event was accepted. The message may quote the event */
function refusalIn(result: PutEventsResultEntry | undefined): string | undefined {
  if (result?.EventId) return undefined;
  return /^\w{1,80}$/.exec(result?.ErrorCode ?? '')?.[0] ?? UNKNOWN;
}
