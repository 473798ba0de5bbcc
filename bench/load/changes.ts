import { setTimeout as delay } from 'node:timers/promises';
import { EFFECT_MS, type Person } from './people.ts';
import { signInOfLeaver } from './signIns.ts';
import { bearer, type World } from './world.ts';

/*
 * Changes of the company in WeCom while it runs. They come one after the other, so that the switch that
 * loses pushes touches only those that it is meant for.
 */

/** A member of HR, which the app sees and no grant names. */
const DEPARTMENT = 12;
/** A sign-in with an old code comes so long after the member left. */
const AFTER_LEAVING_MS = 1_000;

/** WeCom tries a push four times, five seconds each. */
const BURST_MS = 25_000;

/** A change whose push the monitor waits for. */
export interface PendingPush {
  readonly event: 'create_user' | 'update_user' | 'delete_user';
  readonly subject: string;
  /** Called with the time at which the last of its pushes was acknowledged, or not at all. */
  readonly acknowledged: (atMs: number) => void;
}

export class Changes {
  readonly #world: World;
  #last: Promise<void> = Promise.resolve();
  #joined = 0;
  /** Until the monitor has seen their deliveries. */
  readonly pending: PendingPush[] = [];
  /** Grants that were given during the load, by subject: the audit lines to be found. */
  readonly granted: string[] = [];
  /** Those whose request failed: they may or may not have been given. */
  readonly perhapsGranted: string[] = [];
  readonly renamed: { readonly from: string; readonly to: string }[] = [];
  readonly counts = { joins: 0, renames: 0, leaves: 0, lostLeaves: 0, updates: 0 };

  constructor(world: World) {
    this.#world = world;
  }

  /** One change after the ones before: a join, as often as a rename and a leave together. */
  next(): Promise<void> {
    return this.#inTurn(async () => {
      const { record, random } = this.#world;
      // WeCom pushes four times within seconds, and the stand-in for Lambda runs a function again after one
      // and two seconds, where AWS waits minutes: an outage of ten seconds would lose what it meets.
      const kinds = record.kindsBetween(record.now(), record.now() + EFFECT_MS);
      if (kinds.has('dynamodb-down') || kinds.has('dynamodb-throttled')) return;
      if (kinds.has('pushes-lost')) return this.#leave(true);
      const [join, rename, leave] = [0, 1, 2];
      switch (random.pick([join, join, rename, leave])) {
        case join:
          return this.#join();
        case rename:
          return this.#rename();
        default:
          return this.#leave(false);
      }
    });
  }

  /** So many changes of names, pushed at once. */
  burst(count: number): Promise<void> {
    return this.#inTurn(async () => {
      const { emulator, random, people, record } = this.#world;
      await emulator.call('POST', 'callbacks/hold');
      for (let at = 0; at < count; at += 1) {
        const person = random.pick(people.present());
        const { userid } = person;
        // Until the pushes of the burst have had their effect.
        person.changedMs = record.now() + BURST_MS;
        person.isKnown = false;
        await emulator.call('PATCH', `members/${userid}`, { name: `成员 ${at}` });
      }
      this.counts.updates += count;
      await emulator.call('POST', 'callbacks/release', { order: 'reversed' });
    });
  }

  /** Waits for the change under way. */
  settled(): Promise<void> {
    return this.#last;
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(change).catch((error: Error) => {
      this.#world.record.problem(`a change failed: ${error.message}`);
    });
    return this.#last;
  }

  async #join(): Promise<void> {
    const { emulator, people, record } = this.#world;
    this.#joined += 1;
    const userid = `joiner${this.#joined}`;
    const member = { userid, name: `新人 ${this.#joined}`, department: [DEPARTMENT] };
    await emulator.call('POST', 'members', member);
    const person = people.add({
      userid,
      grant: 'own',
      permittedFromMs: Number.POSITIVE_INFINITY,
      isChanging: true,
    });
    this.counts.joins += 1;
    const isGranted = await this.#grant(person);
    this.pending.push({
      event: 'create_user',
      subject: userid,
      acknowledged: (atMs) => {
        person.isChanging = false;
        if (isGranted) person.permittedFromMs = Math.max(atMs, record.now()) + EFFECT_MS;
      },
    });
  }

  async #grant({ userid }: Person): Promise<boolean> {
    const { record, addresses, administrator } = this.#world;
    const subject = `user:${userid}`;
    const change = { action: 'grant', subject, permission: 'access', version: null };
    const reply = await record.send(
      'stack POST api/admin/grants',
      `${addresses.api}/api/admin/grants`,
      {
        method: 'POST',
        headers: { ...bearer(administrator).headers, 'content-type': 'application/json' },
        body: JSON.stringify({ changes: [change], accept: [] }),
      },
    );
    const outcome = reply?.status === 200 ? JSON.parse(reply.text).data.results[0].outcome : '';
    const isGranted = outcome === 'changed';
    (isGranted ? this.granted : this.perhapsGranted).push(subject);
    if (reply?.status === 200 && !isGranted) record.problem(`the grant to ${userid}: ${outcome}`);
    return isGranted;
  }

  async #rename(): Promise<void> {
    const { emulator, people, record } = this.#world;
    const person = this.#pick(({ grant, userid }) => grant === 'own' && !userid.endsWith('new'));
    if (person === undefined) return;
    const userid = `${person.userid}new`;
    await emulator.call('POST', `members/${person.userid}/rename`, { userid });
    person.leftMs = record.now();
    const renamed = people.add({
      userid,
      grant: 'own',
      permittedFromMs: Number.POSITIVE_INFINITY,
      isChanging: true,
      // The same person.
      ...(person.sub !== undefined && { sub: person.sub }),
    });
    this.renamed.push({ from: person.userid, to: userid });
    this.counts.renames += 1;
    this.pending.push({
      event: 'update_user',
      subject: person.userid,
      acknowledged: (atMs) => {
        person.refusedFromMs = atMs + EFFECT_MS;
        renamed.permittedFromMs = atMs + EFFECT_MS;
        renamed.isChanging = false;
      },
    });
  }

  async #leave(isLost: boolean): Promise<void> {
    const { emulator, record } = this.#world;
    const person = this.#pick(({ grant }) => grant !== 'none');
    if (person === undefined) return;
    const { userid } = person;
    const code = await emulator.code(userid);
    if (isLost) await emulator.call('PATCH', 'behaviour', { callbackDrop: true });
    // From before the change on, because nobody knows when it counts.
    person.leftMs = record.now();
    await emulator.call('DELETE', `members/${userid}`);
    if (isLost) {
      await emulator.call('PATCH', 'behaviour', { callbackDrop: false });
      this.counts.lostLeaves += 1;
    } else {
      this.counts.leaves += 1;
      this.pending.push({
        event: 'delete_user',
        subject: userid,
        acknowledged: (atMs) => {
          person.refusedFromMs = atMs + EFFECT_MS;
        },
      });
    }
    if (code === undefined) return;
    await delay(AFTER_LEAVING_MS);
    await signInOfLeaver(this.#world, userid, code);
  }

  /** A member without a change under way. */
  #pick(isWanted: (person: Person) => boolean): Person | undefined {
    const { people, random, record } = this.#world;
    const found = people
      .present()
      .filter((person) => !person.isChanging && isWanted(person))
      .filter(({ permittedFromMs }) => permittedFromMs < record.now());
    return found.length === 0 ? undefined : random.pick(found);
  }
}
