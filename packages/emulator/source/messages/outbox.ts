import { createHash } from 'node:crypto';

/** A message that an app or a webhook sent. */
export interface SentMessage {
  /** Counts from 1 and goes on after `clear`. */
  readonly number: number;
  /** Milliseconds, by the emulator's clock. */
  readonly time: number;
  /** message/send, appchat/send or webhook/send. */
  readonly channel: 'app' | 'chat' | 'webhook';
  /** The app that sent it; none for a webhook. */
  readonly agentid?: number;
  /** The group of appchat/send. */
  readonly chatid?: string;
  /** The name of the webhook. */
  readonly webhook?: string;
  /** For message/recall; only messages of message/send have one. */
  readonly msgid?: string;
  /** `text`, `textcard`, `markdown`, … */
  readonly msgtype: string;
  /** The object of the request that the msgtype names. */
  readonly content: Readonly<Record<string, unknown>>;
  /** userids of the members who got it; none for a webhook, whose group the emulator does not have. */
  readonly receivers: readonly string[];
  readonly recalled: boolean;
}

export interface Messages {
  /** Oldest first; only those that this member got if a userid is given. */
  list(userid?: string): readonly SentMessage[];
  clear(): void;
}

type Sending = Omit<SentMessage, 'number' | 'time' | 'recalled'>;

export interface Outbox extends Messages {
  /** @param request what a repeated message is found by */
  add(message: Sending, request: string): void;
  /** A message of this app with the same request in the last so many seconds. */
  repeated(request: string, agentid: number, seconds: number): SentMessage | undefined;
  byMsgid(msgid: string): SentMessage | undefined;
  recall(msgid: string): void;
}

const MAX_MESSAGES = 10_000;
/** Of all messages together: one to everybody in a large company names 100 000. */
const MAX_RECEIVERS = 1_000_000;

/** Keeps the newest messages, in memory alone. */
export function outbox(clock: () => number): Outbox {
  let sent: { message: SentMessage; fingerprint: string }[] = [];
  let receivers = 0;
  let number = 0;

  function dropOldest(): void {
    let drop = 0;
    while (
      drop < sent.length - 1 &&
      (sent.length - drop > MAX_MESSAGES || receivers > MAX_RECEIVERS)
    ) {
      receivers -= sent[drop]?.message.receivers.length ?? 0;
      drop += 1;
    }
    if (drop > 0) sent = sent.slice(drop);
  }

  return {
    list(userid) {
      const messages = sent.map(({ message }) => message);
      if (userid === undefined) return messages;
      const folded = userid.toLowerCase();
      return messages.filter((message) =>
        message.receivers.some((receiver) => receiver.toLowerCase() === folded),
      );
    },
    clear() {
      sent = [];
      receivers = 0;
    },
    add(message, request) {
      number += 1;
      sent.push({
        message: { number, time: clock(), ...message, recalled: false },
        fingerprint: fingerprintOf(request),
      });
      receivers += message.receivers.length;
      dropOldest();
    },
    repeated(request, agentid, seconds) {
      const since = clock() - seconds * 1_000;
      const wanted = fingerprintOf(request);
      return sent.findLast(
        ({ message, fingerprint }) =>
          message.agentid === agentid && message.time > since && fingerprint === wanted,
      )?.message;
    },
    byMsgid: (msgid) => sent.find(({ message }) => message.msgid === msgid)?.message,
    recall(msgid) {
      const entry = sent.find(({ message }) => message.msgid === msgid);
      if (entry !== undefined) entry.message = { ...entry.message, recalled: true };
    },
  };
}

function fingerprintOf(request: string): string {
  return createHash('sha256').update(request).digest('base64');
}
