import type { Clock } from '../../../lib/clock.ts';
import { ParameterUnavailable } from '../../../lib/errors.ts';
import { createLog } from '../../../lib/log/log.ts';
import { createParameter, type ParameterValue } from '../../../lib/parameters/parameter.ts';
import { type AccessToken, createAccessToken } from '../../../lib/token/accessToken.ts';
import { createDynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { createFallbackTokenStore } from '../../../lib/token/fallbackTokenStore.ts';
import { createMemoryTokenStore } from '../../../lib/token/memoryTokenStore.ts';
import type { TokenStore } from '../../../lib/token/tokenStore.ts';
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
  newInstance(options?: InstanceOptions): Instance;
}

export interface FakeSsm {
  reads: number;
  down: boolean;
  readonly latest: ParameterValue;
  put(value: string): void;
}

export interface InstanceOptions {
  /** Milliseconds that its clock is ahead. */
  readonly skew?: number;
  readonly random?: () => number;
}

export interface Instance {
  /** Every line it logged. */
  readonly lines: Record<string, unknown>[];
  /** Invocations whose gettoken it made, or would have made, for itself alone. */
  readonly alone: Set<string>;
  /** One request; the background work of its invocation included. */
  get(options?: { rejected?: string; milliseconds?: number }): Promise<string>;
  /** The same, as soon as there is a token: what a visitor waits for. */
  begin(options?: { rejected?: string; milliseconds?: number }): {
    token: Promise<string>;
    invocation: TestInvocation;
  };
  /** Nothing of it moves until then; for ever without a time. */
  freeze(until?: number): void;
}

export function createFleet(): Fleet {
  const clock = createVirtualClock();
  const table = createFakeTable(clock);
  const wecom = createFakeWecom(clock);
  let revision = 1;
  const ssm: FakeSsm & { latest: ParameterValue } = {
    reads: 0,
    down: false,
    latest: { value: 'right', revision: revisionOf(revision) },
    put(value) {
      revision += 1;
      ssm.latest = { value, revision: revisionOf(revision) };
    },
  };
  let requests = 0;

  function newInstance({ skew = 0, random = () => 0 }: InstanceOptions = {}): Instance {
    let frozenUntil = 0;
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
    const alone = new Set<string>();
    const accessToken = createAccessToken({
      store: createFallbackTokenStore(
        createDynamoTokenStore(table.view(own), 'ww1', '1', own),
        watched(createMemoryTokenStore(), alone),
        own,
        (error) => lines.push({ message: error ? 'alone' : 'shared' }),
      ),
      secret: createParameter(PARAMETER, fetchSecret(own), own),
      callGetToken: (secret, invocation) => wecom.getToken(secret, invocation, own),
      clock: own,
      random,
    });
    return {
      lines,
      alone,
      begin: (options) => begin(accessToken, own, lines, options),
      async get(options) {
        const { token, invocation } = begin(accessToken, own, lines, options);
        const value = await token;
        await invocation.settled();
        return value;
      },
      freeze(until = Number.POSITIVE_INFINITY) {
        frozenUntil = until;
      },
    };
  }

  function begin(
    accessToken: AccessToken,
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
    const token = accessToken.get(invocation, rejected === undefined ? {} : { rejected });
    return { token, invocation };
  }

  const fetchSecret = (own: Clock) => async (name: string) => {
    ssm.reads += 1;
    const { down, latest } = ssm;
    await own.sleep(down ? 2_000 : 10);
    if (down) throw new ParameterUnavailable('fake', { parameter: name });
    return latest;
  };

  return { clock, wecom, table, ssm, newInstance };
}

/** Who claimed the lease in its own memory: requests that go without the shared record. */
function watched(own: TokenStore, alone: Set<string>): TokenStore {
  return {
    read: () => own.read(),
    async replace(seen, next) {
      const written = await own.replace(seen, next);
      const requestId = next.lease?.owner.split('/')[0];
      if (written && requestId) alone.add(requestId);
      return written;
    },
  };
}

function revisionOf(number: number): string {
  return `2026-03-02T00:00:00.000Z#${String(number).padStart(9, '0')}`;
}
