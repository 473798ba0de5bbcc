// Loaded before it is needed: virtual time does not wait for a file to load.
import '../../../lib/token/advice.ts';
import { testSecret } from '../../../commands/doctor/testSecret.ts';
import type { Clock } from '../../../lib/clock.ts';
import { ParameterUnavailable } from '../../../lib/errors.ts';
import { createLog } from '../../../lib/log/log.ts';
import { createParameter, type ParameterValue } from '../../../lib/parameters/parameter.ts';
import { tokenKey } from '../../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { TokenUnavailable } from '../../../lib/token/errors.ts';
import { FallbackTokenStore, MemoryTokenStore } from '../../../lib/token/fallbackTokenStore.ts';
import { SharedToken } from '../../../lib/token/sharedToken.ts';
import { ACCESS_TOKEN, type Credential, type TokenKind } from '../../../lib/token/tokenKind.ts';
import { TokenRenewal } from '../../../lib/token/tokenRenewal.ts';
import type { TokenRecord } from '../../../lib/token/tokenStore.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createVirtualClock, type VirtualClock } from '../../harness/virtualClock.ts';
import { createFakeTable, type FakeTable } from './fakeTable.ts';
import { createFakeWecom, type FakeWecom } from './fakeWecom.ts';

export const PARAMETER = '/wecom-auth/test/app-secret';

/** Any number of instances in virtual time around one table, one WeCom and one SSM. */
export interface Fleet {
  readonly clock: VirtualClock;
  readonly wecom: FakeWecom;
  readonly table: FakeTable;
  readonly ssm: FakeSsm;
  /** Whether there is an access_token to fetch a ticket with. */
  hasAccessToken: boolean;
  newInstance(options?: InstanceOptions): Instance;
  /** One run of the doctor's check of the secret: the token, or the error that it reports. */
  runDoctor(options?: InstanceOptions): Promise<string>;
}

export interface FakeSsm {
  reads: number;
  down: boolean;
  /** What the next read returns. */
  latest: ParameterValue;
  put(value: string): void;
}

export interface InstanceOptions {
  /** How far its clock is ahead, in milliseconds. */
  readonly skew?: number;
  readonly random?: () => number;
  readonly isCutOff?: () => boolean;
  /** Called for each write to the memory of this instance, with how often it was seeded. */
  readonly onLocalWrite?: (before: TokenRecord, after: TokenRecord, seeds: number) => void;
}

export interface Instance {
  /** How far its clock is ahead, in milliseconds. */
  readonly skew: number;
  /** Every line it logged. */
  readonly lines: Record<string, unknown>[];
  /** How often it read SSM. */
  readonly ssmReads: () => number;
  /**
   * Invocations that claimed the lease in the memory of this instance, each with the number of
   * times that the memory was seeded before.
   */
  readonly local: Map<string, number>;
  /** One request with its background work. */
  get(options?: { rejected?: string; milliseconds?: number }): Promise<string>;
  /** The same, but `token` resolves as soon as there is one. */
  begin(options?: { rejected?: string; milliseconds?: number }): {
    token: Promise<string>;
    invocation: TestInvocation;
  };
  /** Stops it until this time, milliseconds since the epoch. Default: for ever. */
  freeze(until?: number): void;
}

/** @param kind a ticket has the access_token for its credential, and no store but the shared one */
export function createFleet(kind: TokenKind = ACCESS_TOKEN): Fleet {
  const clock = createVirtualClock();
  const table = createFakeTable(clock);
  const wecom = createFakeWecom(clock);
  let revision = 1;
  const ssm: FakeSsm = {
    reads: 0,
    down: false,
    latest: { value: 'right', revision: revisionOf(revision) },
    put(value) {
      revision += 1;
      ssm.latest = { value, revision: revisionOf(revision) };
    },
  };
  const key = tokenKey('ww1', '1');
  let requests = 0;

  function newInstance({
    skew = 0,
    random = () => 0,
    isCutOff = () => false,
    onLocalWrite = () => {},
  }: InstanceOptions = {}): Instance {
    let frozenUntil = 0;
    let ssmReads = 0;
    const own: Clock = {
      now: () => clock.now() + skew,
      async sleep(milliseconds, signal) {
        await clock.sleep(milliseconds, signal);
        while (clock.now() < frozenUntil) {
          if (frozenUntil === Number.POSITIVE_INFINITY) await new Promise(() => {});
          await clock.sleep(frozenUntil - clock.now());
        }
      },
    };
    const lines: Record<string, unknown>[] = [];
    const local = new WatchedMemoryStore(onLocalWrite);
    const shared = new DynamoTokenStore({ table: table.view(own, isCutOff), key, clock: own });
    const withFallback = new FallbackTokenStore({
      shared,
      local,
      clock: own,
      onSwitch: (_log, error) => lines.push({ message: error ? 'local' : 'shared' }),
    });
    const fetchSecret = async (name: string) => {
      ssmReads += 1;
      return readSsm(name, own);
    };
    const accessToken: Credential = {
      async read() {
        await own.sleep(5);
        if (!fleet.hasAccessToken) throw new TokenUnavailable('unreachable', -1, 2_000, {});
        return { value: 'right', revision: '' };
      },
    };
    const store = kind.isForSignIn ? withFallback : shared;
    const renewal = new TokenRenewal({
      kind,
      store,
      credential: kind.isForSignIn ? createParameter(PARAMETER, fetchSecret, own) : accessToken,
      async call(credential, invocation) {
        const { access_token, ...rest } = await wecom.getToken(credential, invocation, own);
        return { ...rest, [kind.field]: access_token };
      },
      clock: own,
    });
    const token = new SharedToken({ kind, store, renewal, clock: own, random });
    return {
      skew,
      lines,
      local: local.claims,
      ssmReads: () => ssmReads,
      begin: (options) => begin(token, own, lines, options),
      async get(options) {
        const begun = begin(token, own, lines, options);
        const value = await begun.token;
        await begun.invocation.settled();
        return value;
      },
      freeze(until = Number.POSITIVE_INFINITY) {
        frozenUntil = until;
      },
    };
  }

  function begin(
    shared: SharedToken,
    own: Clock,
    lines: Record<string, unknown>[],
    { rejected, milliseconds = 14_700 }: { rejected?: string; milliseconds?: number } = {},
  ) {
    requests += 1;
    const invocation: TestInvocation = {
      ...createInvocation(own.now() + milliseconds),
      requestId: `request-${requests}`,
      log: createLog({ stage: 'test' }, (line) => lines.push(JSON.parse(line))),
    };
    const token = shared.get(invocation, rejected === undefined ? {} : { rejected });
    return { token, invocation };
  }

  async function readSsm(name: string, own: Clock): Promise<ParameterValue> {
    ssm.reads += 1;
    const { down, latest } = ssm;
    await own.sleep(down ? 2_000 : 10);
    if (down) throw new ParameterUnavailable('fake', { parameter: name });
    return latest;
  }

  async function runDoctor({ skew = 0, random = () => 0 }: InstanceOptions = {}) {
    requests += 1;
    // Unique, as a run of the doctor is: it names the holder of a lease.
    const requestId = `request-${requests}`;
    const own: Clock = { ...clock, now: () => clock.now() + skew };
    const secret = await readSsm(PARAMETER, own);
    const store = new DynamoTokenStore({ table: table.view(own), key, clock: own });
    const renewal = new TokenRenewal({
      kind: ACCESS_TOKEN,
      store,
      credential: { name: PARAMETER, read: async () => secret },
      call: (value, invocation) => wecom.getToken(value, invocation, own),
      clock: own,
    });
    const accessToken = new SharedToken({ kind: ACCESS_TOKEN, store, renewal, clock: own, random });
    const invocation = { ...createInvocation(own.now() + 10_000), requestId };
    const parts = { store, renewal, accessToken, clock: own };
    return testSecret(parts, secret.revision, invocation);
  }

  const fleet: Fleet = { clock, wecom, table, ssm, hasAccessToken: true, newInstance, runDoctor };
  return fleet;
}

/** Records which requests do not use the shared record. */
class WatchedMemoryStore extends MemoryTokenStore {
  readonly claims = new Map<string, number>();
  readonly #onWrite: NonNullable<InstanceOptions['onLocalWrite']>;
  #seeds = 0;

  constructor(onWrite: NonNullable<InstanceOptions['onLocalWrite']>) {
    super();
    this.#onWrite = onWrite;
  }

  override async replace(seen: TokenRecord, next: TokenRecord): Promise<boolean> {
    const written = await super.replace(seen, next);
    const requestId = next.lease?.owner.split('/')[0];
    if (written && requestId) this.claims.set(requestId, this.#seeds);
    if (written) this.#onWrite(seen, next, this.#seeds);
    return written;
  }

  override seed(record: TokenRecord, now: number): void {
    this.#seeds += 1;
    super.seed(record, now);
  }
}

function revisionOf(number: number): string {
  return `2026-03-02T00:00:00.000Z#${String(number).padStart(9, '0')}`;
}
