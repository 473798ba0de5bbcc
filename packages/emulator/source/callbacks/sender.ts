import type { Change } from '../directory/change.ts';
import { type Directory, mainApp } from '../directory/directory.ts';
import { Impossible } from '../directory/impossible.ts';
import { type Delivery, type DeliveryParts, deliver, type Push } from './delivery.ts';
import { messagePadding } from './encryption.ts';
import { channelOf, eventFields } from './eventFields.ts';
import { changeOf, type EventRequest } from './eventRequest.ts';
import type { CallbackTarget } from './target.ts';
import { type Verification, verifyUrl } from './verifyUrl.ts';
import { xmlMessage } from './xml.ts';

type Channel = Delivery['channel'];

/** Deliveries in the log. */
const MAX_KEPT = 50_000;
/** Pushes that can be pushed again. */
const MAX_RECENT = 1_000;
/** Pushes at a time: a change of the visible range may cause one for each member. */
const MAX_OPEN = 100;

export interface Callbacks {
  target(channel: Channel): CallbackTarget | undefined;
  setTarget(channel: Channel, target: CallbackTarget | undefined): void;
  /** Asks the receiver to prove itself, as saving its URL in the administrator's console does. */
  verify(channel: Channel): Promise<Verification>;
  /** Oldest first. @param count only the newest so many */
  deliveries(count?: number): readonly Delivery[];
  clearDeliveries(): void;
  /**
   * Pushes an event although nothing changes.
   *
   * @returns the numbers of its deliveries
   * @throws Error if no receiver is set for the event
   */
  send(event: EventRequest): number[];
  /**
   * Pushes any XML, for messages that the emulator has no event for, and for odd ones.
   *
   * @returns the number of its delivery
   * @throws Error if no receiver is set for the channel
   */
  sendXml(channel: Channel, xml: string): number;
  /**
   * Pushes the message of one of the last thousand deliveries again, to the receiver that it had.
   *
   * @returns the number of the new delivery
   * @throws Error if there is no such delivery
   */
  resend(number: number): number;
  /** Holds every push back until `release`. */
  hold(): void;
  /** Sends the held pushes, in this order. */
  release(order?: 'given' | 'reversed'): void;
  /** Resolves when every push is delivered or has failed. */
  settled(): Promise<void>;
}

export interface SenderParts extends Omit<DeliveryParts, 'corpid'> {
  directory: Directory;
  targets: { app?: CallbackTarget; contacts?: CallbackTarget };
}

/** Pushes changes to the receivers; `Behaviour` adds the delays, losses and duplicates of real delivery. */
export function callbackSender(
  parts: SenderParts,
): Callbacks & { tell(changes: readonly Change[]): void } {
  const { directory, behaviour, clock } = parts;
  const { company } = directory;
  const targets: { app?: CallbackTarget | undefined; contacts?: CallbackTarget | undefined } = {
    ...parts.targets,
  };
  const underWay = new Set<Promise<void>>();
  let log: Delivery[] = [];
  /** By number: those that can be pushed again. */
  const recent = new Map<number, Push>();
  let held: Push[] | undefined;
  let number = 0;
  let open = 0;
  /** Resumes the pushes beyond `MAX_OPEN`, in order. */
  const waiting = new Set<() => void>();

  function pushesOf(change: Change, createTime?: number): Push[] {
    const channel = channelOf(change);
    const target = targets[channel];
    if (target === undefined || !concerns(target, change)) return [];
    const message = messageOf(change, createTime);
    if (message === undefined) return [];
    const agentId = 'agentid' in change ? String(change.agentid) : '';
    const what = { channel, event: change.kind, subject: subjectOf(change) };
    return Array.from({ length: behaviour.callbackCopies }, () =>
      logged(what, { target, message, agentId }),
    );
  }

  /** A push with its line in the log. */
  function logged(
    what: Pick<Delivery, 'channel' | 'event' | 'subject'>,
    push: Omit<Push, 'delivery'>,
  ): Push {
    number += 1;
    const { channel, event, subject } = what;
    const delivery: Delivery = {
      number,
      channel,
      event,
      subject,
      time: clock(),
      attempts: [],
      state: 'under way',
      padding: messagePadding(Buffer.byteLength(push.message), company.corpid),
    };
    log.push(delivery);
    if (log.length > MAX_KEPT) log = log.slice(-MAX_KEPT / 2);
    const made = { ...push, delivery };
    recent.set(number, made);
    recent.delete(number - MAX_RECENT);
    return made;
  }

  /** A receiver of app events gets the events of its own app only. */
  function concerns(target: CallbackTarget, change: Change): boolean {
    if (!('agentid' in change)) return true;
    return change.agentid === (target.agentid ?? mainApp(company).agentid);
  }

  /** The message, with spaces before its end if `callbackPadding` is set. */
  function messageOf(change: Change, createTime?: number): string | undefined {
    const second = createTime ?? (behaviour.callbackCreateTime || Math.floor(clock() / 1000));
    const fields = eventFields(change, company.corpid, second, behaviour.contactsForm);
    if (fields === undefined) return undefined;
    const plain = xmlMessage(fields);
    const wanted = behaviour.callbackPadding;
    if (wanted === 0) return plain;
    const natural = messagePadding(Buffer.byteLength(plain), company.corpid);
    return xmlMessage(fields, ' '.repeat((natural - wanted + 32) % 32));
  }

  function send(push: Push): void {
    push.delivery.state = behaviour.callbackDrop ? 'dropped' : 'under way';
    if (behaviour.callbackDrop) return;
    const work = delivered(push).finally(() => {
      underWay.delete(work);
    });
    underWay.add(work);
  }

  async function delivered(push: Push): Promise<void> {
    if (behaviour.callbackDelayMs > 0) {
      // Rejects only when the emulator closes; the attempt then ends at once.
      await parts.delay(behaviour.callbackDelayMs, parts.closing).catch(() => undefined);
    }
    if (open < MAX_OPEN) open += 1;
    else await new Promise<void>((resolve) => waiting.add(resolve));
    // Of 100 000 that wait, each would be encrypted to be given up at once.
    if (parts.closing.aborted) push.delivery.state = 'failed';
    else await deliver({ ...parts, corpid: company.corpid }, push);
    const [next] = waiting;
    if (next === undefined) {
      open -= 1;
    } else {
      waiting.delete(next);
      next();
    }
  }

  function sendOrHold(push: Push): void {
    if (held === undefined) {
      send(push);
    } else {
      push.delivery.state = 'held';
      held.push(push);
    }
  }

  return {
    tell(changes) {
      for (const push of changes.flatMap((change) => pushesOf(change))) sendOrHold(push);
    },
    send(event) {
      const pushes = pushesOf(changeOf(directory, event), event.createTime);
      if (pushes.length === 0) throw noReceiver(event.event);
      for (const push of pushes) sendOrHold(push);
      return pushes.map(({ delivery }) => delivery.number);
    },
    sendXml(channel, message) {
      const target = targets[channel];
      if (target === undefined) throw noReceiver(channel);
      const agentId = channel === 'app' ? String(target.agentid ?? mainApp(company).agentid) : '';
      const what = { channel, event: 'xml', subject: '' };
      const push = logged(what, { target, message, agentId });
      sendOrHold(push);
      return push.delivery.number;
    },
    resend(given) {
      const earlier = recent.get(given);
      if (earlier === undefined) {
        throw new Impossible(
          `there is no delivery ${given} to push again`,
          `没有可以再次推送的记录 ${given}`,
        );
      }
      const push = logged(earlier.delivery, earlier);
      sendOrHold(push);
      return push.delivery.number;
    },
    target: (channel) => targets[channel],
    setTarget(channel, target) {
      targets[channel] = target;
    },
    async verify(channel) {
      const target = targets[channel];
      if (target === undefined) throw noReceiver(channel);
      return await verifyUrl({ ...parts, corpid: company.corpid }, target);
    },
    deliveries: (count) => structuredClone(count === undefined ? log : log.slice(-count)),
    clearDeliveries() {
      log = [];
    },
    hold() {
      held ??= [];
    },
    release(order = 'given') {
      const waiting = held ?? [];
      held = undefined;
      for (const push of order === 'given' ? waiting : waiting.reverse()) send(push);
    },
    async settled() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function noReceiver(what: string): Impossible {
  return new Impossible(`no receiver is set for ${what}`, `没有为 ${what} 设置接收地址`);
}

function subjectOf(change: Change): string {
  if ('userid' in change) return change.userid;
  if (change.kind === 'update_user') return change.before.userid;
  if ('member' in change) return change.member.userid;
  if ('department' in change) return String(change.department.id);
  return 'id' in change ? String(change.id) : String(change.tagid);
}
