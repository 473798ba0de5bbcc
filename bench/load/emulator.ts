/** Every push of a burst may be tried four times. */
const TIMEOUT_MS = 60_000;

/** The emulator's admin API, over HTTP. */
export class Emulator {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** @throws Error with the emulator's reason */
  async call<Result>(method: string, path: string, body?: object): Promise<Result> {
    const response = await fetch(`${this.url}/__admin/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text) as Result;
  }

  /** @returns an authorization code; nothing if the member is gone */
  async code(userid: string): Promise<string | undefined> {
    const scope = 'snsapi_privateinfo';
    return this.call<{ code: string }>('POST', 'codes', { userid, scope }).then(
      ({ code }) => code,
      () => undefined,
    );
  }
}

/** As GET /__admin/calls has it. */
export interface EmulatorCall {
  readonly number: number;
  readonly time: number;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly status: number;
  readonly errcode?: number;
}

/** As GET /__admin/deliveries has it. */
export interface Delivery {
  readonly number: number;
  readonly event: string;
  readonly subject: string;
  readonly time: number;
  readonly attempts: readonly ({ status: number } | { error: string })[];
  readonly state: 'held' | 'dropped' | 'under way' | 'delivered' | 'failed';
}
