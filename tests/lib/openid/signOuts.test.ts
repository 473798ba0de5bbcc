import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignOutIncomplete } from '../../../lib/openid/errors.ts';
import {
  listSignIns,
  newGrantId,
  type SignInStore,
  writeGrant,
} from '../../../lib/openid/signIns.ts';
import { SignOuts, type SignOutsParts } from '../../../lib/openid/signOuts.ts';
import { endEverythingOf } from '../../../lib/openid/signOutWork.ts';
import { subOf } from '../../../lib/permissions/person.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;
const clock = createManualClock();
let tables: Tables;
let store: SignInStore;

beforeAll(async () => {
  tables = await startTables();
  store = { table: tables.permissions, corpId, clock };
});
afterAll(() => tables.close());

/** A person with these sign-ins, each with a session of its own. */
async function person(clientIds: readonly string[], padding = ''): Promise<string> {
  const sub = await subOf(store, `p${randomUUID()}`, clock.time);
  for (const clientId of clientIds) {
    const payload = { accountId: sub, clientId, padding };
    await writeGrant(store, newGrantId(sub, randomUUID()), payload, 600);
  }
  return sub;
}

/** The run of one sign-out, and which clients were asked to take a token. */
function signOutOf(sub: string, answer: (clientId: string) => Promise<void>) {
  const asked: string[] = [];
  const notify: SignOutsParts['notify'] = async ({ clientId }) => {
    asked.push(clientId);
    await answer(clientId);
    return true;
  };
  const signOuts = new SignOuts({ signIns: store, stateOf: async () => 'gone', notify });
  const work = endEverythingOf([sub], { isCertain: true, at: clock.time });
  const run = (deadline?: number) => signOuts.run(work, createInvocation(deadline));
  const timesOf = (clientId: string) => asked.filter((each) => each === clientId).length;
  return { run, timesOf };
}

const aborted = Object.assign(new Error('aborted'), { name: 'AbortError', code: 'ABORT_ERR' });
const refused = Object.assign(new Error('refused'), { response: { status: 400 } });

describe('a client that does not answer', () => {
  it('keeps no other from being told, however many sign-ins are at it', async () => {
    const others = Array.from({ length: 30 }, (_, at) => `other-${at}`);
    const sub = await person([...Array.from({ length: 200 }, () => 'silent'), ...others]);
    const { run, timesOf } = signOutOf(sub, async (clientId) => {
      if (clientId === 'silent') throw aborted;
    });
    await expect(run()).rejects.toBeInstanceOf(SignOutIncomplete);
    expect(timesOf('silent')).toBe(1);
    for (const each of others) expect(timesOf(each)).toBe(1);
    const left = await listSignIns(store, sub);
    expect(left).toHaveLength(200);
    expect(left.every(({ hasEnded }) => hasEnded)).toBe(true);
  });

  it('any more is left alone from there on', async () => {
    const sub = await person(Array.from({ length: 200 }, () => 'falls-silent'));
    let answers = 10;
    const { run, timesOf } = signOutOf(sub, async () => {
      answers -= 1;
      if (answers < 0) throw aborted;
    });
    await expect(run()).rejects.toBeInstanceOf(SignOutIncomplete);
    // Those that were under way when it fell silent.
    expect(timesOf('falls-silent')).toBeLessThanOrEqual(10 + 20);
    await expect(run()).rejects.toBeInstanceOf(SignOutIncomplete);
    expect(await listSignIns(store, sub)).toHaveLength(190);
  });

  it('is asked about each sign-in where it does answer, but refuses', async () => {
    const sub = await person(Array.from({ length: 50 }, () => 'refuses'));
    const { run, timesOf } = signOutOf(sub, async () => {
      throw refused;
    });
    await expect(run()).rejects.toBeInstanceOf(SignOutIncomplete);
    expect(timesOf('refuses')).toBe(50);
  });
});

describe('a run whose time is over', () => {
  it('ends what is left, says so, and the next goes on there', async () => {
    const sub = await person(Array.from({ length: 100 }, () => 'slow'));
    const { run, timesOf } = signOutOf(sub, async () => {
      clock.time += 100;
    });
    await expect(run(clock.time + 5_000)).rejects.toBeInstanceOf(SignOutIncomplete);
    const first = timesOf('slow');
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(60);
    expect((await listSignIns(store, sub)).every(({ hasEnded }) => hasEnded)).toBe(true);
    await run();
    expect(timesOf('slow')).toBe(100);
    expect(await listSignIns(store, sub)).toEqual([]);
  });
});

describe('a person with more sign-ins than one answer of the store may hold in all', () => {
  it('is signed out of each', async () => {
    const sub = await person(
      Array.from({ length: 30 }, (_, at) => `client-${at}`),
      'x'.repeat(380_000),
    );
    await expect(listSignIns(store, sub)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    const { run } = signOutOf(sub, async () => {});
    expect(await run()).toEqual({ people: 1, told: 30 });
    expect(await listSignIns(store, sub)).toEqual([]);
  });
});
