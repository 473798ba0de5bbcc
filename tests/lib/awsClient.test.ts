import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClientLimits, FUNCTION_LIMITS } from '../../lib/awsClient.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { createDynamoDb, createTable, type Table } from '../../lib/dynamodb/table.ts';
import { ConfigurationError, StoreUnavailable } from '../../lib/errors.ts';
import { createSsm, createSsmClient } from '../../lib/parameters/ssm.ts';
import {
  type AwsService,
  output,
  refusal,
  reset,
  signatureOfAnotherTime,
  silence,
  silenceInTheMiddle,
  startAwsService,
  unavailablePage,
} from '../harness/awsService.ts';
import { localDynamoDb } from '../harness/localAws.ts';

const KEY = { pk: 'CANARY' };
const ITEM = output({ Item: { pk: { S: 'CANARY' }, n: { N: '1' } } });
const TEN_MINUTES_MS = 600_000;

afterEach(() => vi.unstubAllEnvs());

/** A table as a function asks it, of a busy machine. */
function tableAt({ url }: AwsService, limits: Partial<ClientLimits> = {}, clock?: Clock): Table {
  const busy = { ...FUNCTION_LIMITS, connectMs: 10_000, answerMs: 10_000, ...limits };
  return createTable(localDynamoDb(url, busy, clock), 'table');
}

function failureOf(promise: Promise<unknown>): Promise<StoreUnavailable> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error) => error,
  );
}

describe('a clock that is wrong', () => {
  it.each([
    ['ten minutes behind', TEN_MINUTES_MS],
    ['ten minutes ahead', -TEN_MINUTES_MS],
  ])('by %s is corrected by what AWS answers, once', async (_how, aheadMs) => {
    const service = await startAwsService(ITEM);
    service.aheadMs = aheadMs;
    const table = tableAt(service);
    expect(await table.get(KEY)).toMatchObject({ n: 1 });
    expect(service.requests).toHaveLength(2);
    expect(await table.get(KEY)).toMatchObject({ n: 1 });
    expect(service.requests).toHaveLength(3);
  });
});

describe('a process that was frozen', () => {
  it('between signing a request and sending it signs it again', async () => {
    const now = Date.now();
    const service = await startAwsService(signatureOfAnotherTime(now, now - TEN_MINUTES_MS), ITEM);
    expect(await tableAt(service).get(KEY)).toMatchObject({ n: 1 });
    expect(service.requests).toHaveLength(2);
  });

  it('for minutes uses none of the connections that it had', async () => {
    const service = await startAwsService(ITEM);
    let now = 0;
    const table = tableAt(service, { attempts: 1 }, { ...systemClock, now: () => now });
    const three = () => Promise.all([1, 2, 3].map(() => table.get(KEY)));
    await three();
    expect(service.connections()).toBe(3);
    service.forgetConnections();
    now += TEN_MINUTES_MS;
    await three();
    expect(service.connections()).toBe(6);
  });

  it('so shortly that it knows nothing of it still needs no third attempt', async () => {
    const service = await startAwsService(ITEM);
    const table = tableAt(service);
    await Promise.all([1, 2, 3].map(() => table.get(KEY)));
    service.forgetConnections();
    expect(await table.get(KEY)).toMatchObject({ n: 1 });
  });
});

describe('what may pass is asked for a second time, and not more:', () => {
  it.each([
    ['a table that is asked too much', refusal('ProvisionedThroughputExceededException')],
    ['throttling', refusal('ThrottlingException')],
    ['an account that asks too much', refusal('RequestLimitExceeded')],
    ['a defect of theirs', refusal('InternalServerError', 500)],
    ['a page of a proxy', unavailablePage],
    ['a broken connection', reset],
  ])('%s', async (_what, fails) => {
    const service = await startAwsService(fails, ITEM);
    const table = tableAt(service);
    expect(await table.get(KEY)).toMatchObject({ n: 1 });
    expect(service.requests).toHaveLength(2);

    service.answer(fails);
    const error = await failureOf(table.get(KEY));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(service.requests).toHaveLength(4);
  });
});

describe('what AWS means is not asked again, and known by name:', () => {
  it.each(['ValidationException', 'AccessDeniedException', 'ResourceNotFoundException'])(
    '%s',
    async (name) => {
      const service = await startAwsService(refusal(name));
      const error = await failureOf(tableAt(service).get(KEY));
      expect(error.details['reason']).toBe(name);
      expect(service.requests).toHaveLength(1);
    },
  );
});

describe('an answer that does not come', () => {
  it.each([
    ['at all', silence],
    ['to its end', silenceInTheMiddle],
  ])('%s is waited for twice, each time until the limit', async (_what, hangs) => {
    const service = await startAwsService(hangs);
    const error = await failureOf(tableAt(service, { answerMs: 100 }).get(KEY));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error.details['reason']).toMatch(/^(ETIMEDOUT|TimeoutError)$/);
    expect(service.requests).toHaveLength(2);
  });
});

describe('an error', () => {
  it.each([
    ['of AWS', refusal('ValidationException')],
    ['with words for a name', refusal('CANARY 1 CANARY2')],
    ['that is a page', unavailablePage],
    ['of the connection', reset],
    [
      'in an answer that is no JSON',
      ((_request, response) => response.end('CANARY')) as typeof reset,
    ],
  ])('%s holds nothing of what was said or asked', async (_what, fails) => {
    const service = await startAwsService(fails);
    const table = tableAt(service, { attempts: 1 });
    for (const failing of [table.get(KEY), table.put(KEY)]) {
      const error = await failureOf(failing);
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(error.cause).toBeUndefined();
      const all = JSON.stringify([error, error.message, error.details, error.stack]);
      expect(all).not.toContain('CANARY');
    }
  });
});

describe('a client that cannot even ask', () => {
  const right = {
    AWS_REGION: 'ap-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    AWS_EC2_METADATA_DISABLED: 'true',
  };

  it.each([
    ['no region', { AWS_REGION: undefined }, /AWS_REGION/],
    ['a region that is none', { AWS_REGION: 'not a region' }, /AWS_REGION/],
    ['no credentials', { AWS_SECRET_ACCESS_KEY: undefined }, /AWS_SECRET_ACCESS_KEY/],
    ['an endpoint that is no URL', { AWS_ENDPOINT_URL: 'nonsense' }, /AWS_ENDPOINT_URL/],
    ['an endpoint of another kind', { AWS_ENDPOINT_URL: 'ftp://127.0.0.1:9' }, /AWS_ENDPOINT_URL/],
  ])('for %s is made, and says at its first request what to do', async (_what, wrong, advice) => {
    vi.spyOn(console, 'error').mockReturnValue();
    for (const [name, value] of Object.entries({ ...right, ...wrong })) vi.stubEnv(name, value);
    const table = createTable(createDynamoDb(systemClock), 'table');
    const fetchParameter = createSsm(createSsmClient(systemClock));
    for (const failing of [table.get(KEY), table.put(KEY), fetchParameter('/name')]) {
      const error = await failureOf(failing);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.details['advice']).toMatch(advice);
    }
  });
});
