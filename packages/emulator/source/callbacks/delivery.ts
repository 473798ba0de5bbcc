import { randomInt } from 'node:crypto';
import type { Behaviour } from '../options.ts';
import { type Attempt, attempt, type Delay } from './attempt.ts';
import { encrypt } from './encryption.ts';
import { signedQuery } from './signedQuery.ts';
import type { CallbackTarget } from './target.ts';
import { xmlMessage } from './xml.ts';

/** A push and its outcome. */
export interface Delivery {
  number: number;
  channel: 'app' | 'contacts';
  /** subscribe, unsubscribe, a ChangeType, or `xml` for a message as it was given. */
  event: string;
  /** Whom or what the event is about: a userid, a department's or a tag's number. */
  subject: string;
  /** Milliseconds since the epoch. */
  time: number;
  attempts: ({ status: number } | { error: string })[];
  state: 'held' | 'dropped' | 'under way' | 'delivered' | 'failed';
  /** Bytes of padding the ciphertext had: 1 to 32. */
  padding: number;
}

export interface Push {
  delivery: Delivery;
  target: CallbackTarget;
  message: string;
  /** Empty for contact events, which belong to no app. */
  agentId: string;
}

export interface DeliveryParts {
  corpid: string;
  behaviour: Behaviour;
  clock: () => number;
  delay: Delay;
  closing: AbortSignal;
}

/** Pushes until the receiver says 200: 5 s for each attempt, three retries (document 90238). */
export async function deliver(parts: DeliveryParts, push: Push): Promise<void> {
  const { behaviour, delay, closing } = parts;
  const { delivery } = push;
  let request = sealed(parts, push);
  for (let tries = 0; tries <= behaviour.callbackRetries; tries += 1) {
    if (tries > 0) {
      // Rejects only when the emulator closes.
      await delay(behaviour.callbackRetryDelayMs, closing).catch(() => undefined);
      if (closing.aborted) break;
      if (behaviour.callbackRetryEnvelope === 'fresh') request = sealed(parts, push);
    }
    const limitMs = behaviour.callbackTimeoutMs;
    const result = await attempt(request.url, request.body, limitMs, delay, closing);
    delivery.attempts.push(withoutBody(result));
    if ('status' in result && result.status === 200) {
      delivery.state = 'delivered';
      return;
    }
  }
  delivery.state = 'failed';
}

/** The signed and encrypted form of a push (document 90968). */
function sealed({ corpid, clock, behaviour }: DeliveryParts, { target, message, agentId }: Push) {
  const damage = behaviour.callbackDamage;
  const receiver = damage === 'corpid' ? `${corpid}x` : corpid;
  const isPaddingDamaged = damage === 'padding';
  const encrypted = encrypt(target.encodingAESKey, message, receiver, { isPaddingDamaged });
  // Both orders of the last two elements are seen.
  const envelope =
    randomInt(2) === 0
      ? { ToUserName: corpid, Encrypt: encrypted, AgentID: agentId }
      : { ToUserName: corpid, AgentID: agentId, Encrypt: encrypted };
  const token = damage === 'signature' ? `${target.token}x` : target.token;
  const query = signedQuery(token, encrypted, clock());
  return { url: withQuery(target.url, query), body: xmlMessage(envelope) };
}

export function withQuery(url: string, query: URLSearchParams): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

/** The body of a response is not logged: it may contain anything. */
function withoutBody(result: Attempt): { status: number } | { error: string } {
  return 'status' in result ? { status: result.status } : result;
}
