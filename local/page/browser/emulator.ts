/** The emulated company, as far as this page reads it. */
export interface Company {
  readonly members: readonly {
    readonly userid: string;
    readonly name: string;
    /** 1 active, 2 disabled, 4 not activated, 5 left. */
    readonly status: number;
  }[];
}

/** A push of the emulator, as far as this page reads it. */
export interface Delivery {
  readonly number: number;
  readonly channel: string;
  readonly event: string;
  readonly subject: string;
  readonly state: string;
}

/** How long to wait for pushes to be delivered. */
const SETTLED_MS = 5_000;

/**
 * Calls the emulator's admin API, which this page's server forwards.
 *
 * @param path below `/__admin/`
 * @throws Error with the emulator's words
 */
export async function emulator<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`/local/emulator/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `HTTP ${response.status}`);
  return answer;
}

/** @returns the pushes after this number, when they have been delivered or after some seconds */
export async function deliveriesAfter(number: number): Promise<readonly Delivery[]> {
  const init = { signal: AbortSignal.timeout(SETTLED_MS) };
  await fetch('/local/emulator/deliveries?settled', init).catch(() => undefined);
  const deliveries = await emulator<Delivery[]>('GET', 'deliveries');
  return deliveries.filter((each) => each.number > number);
}

export async function lastDelivery(): Promise<number> {
  const deliveries = await emulator<Delivery[]>('GET', 'deliveries');
  return deliveries.at(-1)?.number ?? 0;
}
