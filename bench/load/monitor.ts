import { setTimeout as delay } from 'node:timers/promises';
import type { Changes } from './changes.ts';
import type { Delivery, EmulatorCall } from './emulator.ts';
import type { World } from './world.ts';

/** As GET /__events has it. */
interface BusEvent {
  readonly 'detail-type': string;
  readonly detail: { readonly id: string; readonly userid?: string };
}

const INTERVAL_MS = 1_000;
const MOST_KEPT_CALLS = 300;

/** Watches what WeCom and the event bus saw. Their own logs are bounded, so it reads them all the time. */
export class Monitor {
  readonly #world: World;
  readonly #changes: Changes;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #lastCall = 0;
  /** Calls that the log dropped before they were read. */
  missedCalls = 0;
  /** Calls of gettoken; times are milliseconds since the load began. */
  readonly gettoken: { readonly atMs: number; readonly errcode: number }[] = [];
  /** The codes that were good for a member, by their fingerprints. */
  readonly redeemed = new Set<string>();
  /** Those of them that WeCom got once more afterwards. */
  readonly sentAgain = new Set<string>();
  calls = 0;
  /** The ids of the events, by type and userid. */
  readonly events = new Map<string, Set<string>>();
  deliveries: readonly Delivery[] = [];

  constructor(world: World, changes: Changes) {
    this.#world = world;
    this.#changes = changes;
  }

  start(): void {
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.read().catch((error: Error) => {
        this.#world.record.problem(`the monitor: ${error.message}`);
      });
      await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.read();
  }

  async read(): Promise<void> {
    await this.#readCalls();
    await this.#readDeliveries();
    await this.#readEvents();
  }

  async #readCalls(): Promise<void> {
    const { emulator, record } = this.#world;
    const all = await emulator.call<EmulatorCall[]>('GET', 'calls');
    // A call that is still under way is read next time.
    const open = all.findIndex(({ status }) => status === 0);
    const calls = open < 0 ? all : all.slice(0, open);
    // Those of before the load.
    const isFirst = this.#lastCall === 0;
    const sinceEpoch = Date.now() - record.now();
    for (const { number, time, path, query, errcode = 0 } of calls) {
      if (number <= this.#lastCall) continue;
      if (!isFirst) this.missedCalls += number - this.#lastCall - 1;
      this.#lastCall = number;
      if (isFirst) continue;
      this.calls += 1;
      if (path.endsWith('/gettoken')) this.gettoken.push({ atMs: time - sinceEpoch, errcode });
      if (path.endsWith('/auth/getuserinfo')) {
        const code = query['code'] ?? '';
        if (this.redeemed.has(code)) this.sentAgain.add(code);
        if (errcode === 0) this.redeemed.add(code);
      }
    }
    // The log keeps 50 000 calls, which would look like a leak. A call meanwhile is missed, so it is rare.
    if (open < 0 && all.length > MOST_KEPT_CALLS) await emulator.call('DELETE', 'calls');
  }

  async #readDeliveries(): Promise<void> {
    const { emulator, record } = this.#world;
    this.deliveries = await emulator.call<Delivery[]>('GET', 'deliveries');
    const { pending } = this.#changes;
    for (const push of [...pending]) {
      const own = this.deliveries.filter(
        ({ event, subject }) => event === push.event && subject === push.subject,
      );
      if (own.length === 0 || !own.every(({ state }) => state === 'delivered')) continue;
      push.acknowledged(record.now());
      pending.splice(pending.indexOf(push), 1);
    }
  }

  async #readEvents(): Promise<void> {
    const { addresses } = this.#world;
    const response = await fetch(`${addresses.eventBridge}/__events`);
    for (const event of (await response.json()) as BusEvent[]) {
      const key = `${event['detail-type']} ${event.detail.userid ?? ''}`;
      const ids = this.events.get(key) ?? new Set();
      ids.add(event.detail.id);
      this.events.set(key, ids);
    }
  }
}
