import { describe, expect, it } from 'vitest';
import { ChannelKeys } from '../../../lib/callback/channelKeys.ts';
import { CallbackNotConfigured } from '../../../lib/callback/errors.ts';
import { isChannel } from '../../../lib/callback/sharedKeys.ts';
import { ConfigurationError, ParameterUnavailable } from '../../../lib/errors.ts';
import { createParameter } from '../../../lib/parameters/parameter.ts';
import { createInvocation } from '../../harness/invocation.ts';

const TOKEN = 'QDG6eK';
const AES_KEY = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C';
const GOOD = JSON.stringify({ token: TOKEN, encodingAesKey: AES_KEY });
const NAME = '/wecom-auth/test/callback-app';

const invocation = createInvocation();

/** Keys with a parameter store and a clock of the test's own. */
function setUp(value?: string) {
  const store = { value, revision: 1, down: false, reads: 0 };
  const clock = { time: 1_000_000, now: () => clock.time };
  const fetch = async (name: string) => {
    store.reads += 1;
    if (store.down) throw new ParameterUnavailable('down');
    if (store.value === undefined) throw new ConfigurationError('missing', { parameter: name });
    return { value: store.value, revision: String(store.revision) };
  };
  const keys = new ChannelKeys({
    channel: 'app',
    parameter: createParameter(NAME, fetch, clock),
    clock,
  });
  return { store, clock, keys };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a channel's keys", () => {
  it('come from one JSON parameter, decoded once', async () => {
    const { keys, store, clock } = setUp(GOOD);
    const first = await keys.read(invocation);
    expect(first.token).toBe(TOKEN);
    expect(first.key.key).toHaveLength(32);
    expect(first.key.iv).toEqual(first.key.key.subarray(0, 16));
    expect(await keys.read(invocation)).toBe(first);
    clock.time += 60_000;
    expect(await keys.read(invocation)).toBe(first);
    expect(store.reads).toBe(1);
  });

  it.each([
    ['not JSON', 'token=abc', ['the value is not JSON']],
    ['not an object', '"QDG6eK"', ['the value is not a JSON object']],
    ['null', 'null', ['the value is not a JSON object']],
    ['a list', '[]', ['the value is not a JSON object']],
    ['a number', '1', ['the value is not a JSON object']],
    ['empty', '{}', ['token is missing', 'encodingAesKey is missing']],
    [
      'of the wrong types',
      '{"token":1,"encodingAesKey":[]}',
      ['token must be a text', 'encodingAesKey must be a text'],
    ],
    [
      'null and an object',
      '{"token":null,"encodingAesKey":{"a":1}}',
      ['token must be a text', 'encodingAesKey must be a text'],
    ],
    [
      'half there',
      JSON.stringify({ Token: TOKEN, encodingAesKey: 1 }),
      ['token is missing', 'encodingAesKey must be a text'],
    ],
    [
      'an empty token',
      '{"token":"","encodingAesKey":""}',
      ['token must be 1 to 32 letters and digits', 'encodingAesKey must be 43 letters and digits'],
    ],
    [
      'out of form',
      JSON.stringify({ token: 'with space', encodingAesKey: AES_KEY.slice(1) }),
      ['token must be 1 to 32 letters and digits', 'encodingAesKey must be 43 letters and digits'],
    ],
    [
      'too long',
      JSON.stringify({ token: 'a'.repeat(33), encodingAesKey: `${AES_KEY}=` }),
      ['token must be 1 to 32 letters and digits', 'encodingAesKey must be 43 letters and digits'],
    ],
  ])('are refused with every problem named when the value is %s', async (_, value, problems) => {
    const error = await errorOf(setUp(value).keys.read(invocation));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ details: { parameter: NAME, problems } });
    expect(JSON.stringify(error)).not.toContain(value);
    expect(JSON.stringify(error)).not.toContain(AES_KEY.slice(1));
  });

  it('are used within ten seconds after a wrong value was corrected', async () => {
    const { keys, store, clock } = setUp('{}');
    expect(await errorOf(keys.read(invocation))).toBeInstanceOf(ConfigurationError);
    store.value = GOOD;
    store.revision = 2;
    expect(await errorOf(keys.read(invocation))).toBeInstanceOf(ConfigurationError);
    clock.time += 10_000;
    expect((await keys.read(invocation)).token).toBe(TOKEN);
  });

  it('are refused while a new value is wrong: the former ones are not used', async () => {
    const { keys, store, clock } = setUp(GOOD);
    await keys.read(invocation);
    store.value = '{}';
    store.revision = 2;
    clock.time += 10 * 60_000;
    for (let second = 0; second < 30; second += 1) {
      expect(await errorOf(keys.read(invocation))).toBeInstanceOf(ConfigurationError);
      clock.time += 1_000;
    }
  });

  it('are not configured if the function names no parameter', async () => {
    const { clock } = setUp();
    const keys = new ChannelKeys({ channel: 'contacts', parameter: undefined, clock });
    const error = await errorOf(keys.read(invocation));
    expect(error).toBeInstanceOf(CallbackNotConfigured);
    expect(error).toMatchObject({ details: { channel: 'contacts', parameter: undefined } });
  });

  it('are not configured if SSM has none, which is read at most every ten seconds', async () => {
    const { keys, store, clock } = setUp();
    for (let times = 0; times < 5; times += 1) {
      expect(await errorOf(keys.read(invocation))).toBeInstanceOf(CallbackNotConfigured);
    }
    expect(store.reads).toBe(1);
    store.value = GOOD;
    clock.time += 10_000;
    expect((await keys.read(invocation)).token).toBe(TOKEN);
  });

  it('are read from SSM at most every ten seconds, however many forgeries arrive', async () => {
    const { keys, store, clock } = setUp(GOOD);
    const forgery = async () => {
      await keys.read(invocation);
      await keys.readChanged(invocation);
    };
    await forgery();
    const before = store.reads;
    for (let milliseconds = 0; milliseconds < 10_000; milliseconds += 100) {
      await forgery();
      clock.time += 100;
    }
    expect(store.reads).toBe(before);
    await forgery();
    expect(store.reads).toBe(before + 1);
  });

  it('are used while SSM is down, which is read at most twice in ten seconds', async () => {
    const { keys, store, clock } = setUp(GOOD);
    await keys.read(invocation);
    store.down = true;
    clock.time += 60 * 60_000;
    store.reads = 0;
    for (let times = 0; times < 100; times += 1) {
      expect((await keys.read(invocation)).token).toBe(TOKEN);
      expect(await keys.readChanged(invocation)).toBeUndefined();
    }
    // Once because the cached value is expired, once because the signatures are wrong.
    expect(store.reads).toBe(2);
  });

  it('are unavailable, not missing, if SSM is down and none are cached', async () => {
    const { keys, store } = setUp(GOOD);
    store.down = true;
    expect(await errorOf(keys.read(invocation))).toBeInstanceOf(ParameterUnavailable);
  });

  it('are read again on demand, at most every ten seconds', async () => {
    const { keys, store, clock } = setUp(GOOD);
    await keys.read(invocation);
    store.value = JSON.stringify({ token: 'changed', encodingAesKey: AES_KEY });
    store.revision = 2;
    expect((await keys.readChanged(invocation))?.token).toBe('changed');
    expect(await keys.readChanged(invocation)).toBeUndefined();
    expect(store.reads).toBe(2);
    clock.time += 10_000;
    expect(await keys.readChanged(invocation)).toBeUndefined();
    expect(store.reads).toBe(3);
    expect((await keys.read(invocation)).token).toBe('changed');
  });
});

describe('a channel', () => {
  it('is the app or the contacts, and nothing else', () => {
    expect(['app', 'contacts'].every(isChannel)).toBe(true);
    for (const other of ['', 'App', 'app ', 'toString', '__proto__', undefined]) {
      expect(isChannel(other)).toBe(false);
    }
  });
});
