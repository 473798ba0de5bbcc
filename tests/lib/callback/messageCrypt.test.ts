import { encrypt } from '@wecom/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { MessageCrypt, type SealedMessage } from '../../../lib/callback/messageCrypt.ts';
import { decodeEncodingAesKey, type SharedKeys } from '../../../lib/callback/sharedKeys.ts';
import { ParameterUnavailable } from '../../../lib/errors.ts';
import { seal, sign } from '../../harness/callbackRequest.ts';
import { createInvocation } from '../../harness/invocation.ts';

const NOW = 1_750_000_000_000;
const CORP_ID = 'ww0a1b2c3d4e5f6a7b';
const app = {
  token: 'AppToken',
  encodingAesKey: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
  receiveId: CORP_ID,
};
const contacts = { ...app, token: 'ContactsToken', encodingAesKey: 'b'.repeat(43) };

const invocation = createInvocation();
const clock = { now: () => NOW };

function decoded({ token, encodingAesKey }: typeof app): SharedKeys {
  return { token, key: decodeEncodingAesKey(encodingAesKey) };
}

/** Keys that are cached, and what SSM has if it has others. */
const keysOf = (cached: typeof app, changed?: typeof app) => ({
  read: async () => decoded(cached),
  readChanged: async () => changed && decoded(changed),
});

const crypt = new MessageCrypt({
  channelKeys: { app: keysOf(app), contacts: keysOf(contacts) },
  receiveId: CORP_ID,
  clock,
});
const open = (channel: 'app' | 'contacts', sealed: SealedMessage) =>
  crypt.decryptMessage(channel, sealed, invocation);

async function refusalOf(opened: Promise<unknown>): Promise<unknown> {
  return opened.then(
    (text) => ({ opened: text }),
    (error: unknown) => (error instanceof CallbackRefused ? error.refusal : error),
  );
}

describe('a sealed message', () => {
  it('is decrypted if it is genuine, on its own channel only', async () => {
    const sealed = seal(app, '你好', NOW);
    expect(await open('app', sealed)).toBe('你好');
    expect(await refusalOf(open('contacts', sealed))).toBe('-40001');
  });

  it.each([
    ['signature', '0123456789abcdef'],
    ['timestamp', '0123456789'],
    ['nonce', '0123456789abcXYZ-_'],
    ['encrypted', 'ABCDwxyz0189+/='],
  ] as const)('is refused if any byte of its %s differs', async (part, alphabet) => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 300 }),
        fc.nat(),
        fc.constantFrom(...alphabet),
        async (text, position, byte) => {
          const sealed = seal(app, text, NOW);
          const value = sealed[part];
          const at = position % value.length;
          fc.pre(value[at] !== byte);
          const forged: SealedMessage = {
            ...sealed,
            [part]: value.slice(0, at) + byte + value.slice(at + 1),
          };
          expect(await refusalOf(open('app', forged))).toBe('-40001');
        },
      ),
    );
  });

  it('is decrypted with keys that were just replaced in SSM', async () => {
    const renewed = { ...app, token: 'Renewed', encodingAesKey: 'c'.repeat(43) };
    const channelKeys = { app: keysOf(app, renewed), contacts: keysOf(contacts) };
    const replaced = new MessageCrypt({ channelKeys, receiveId: CORP_ID, clock });
    const opened = (account: typeof app) =>
      refusalOf(replaced.decryptMessage('app', seal(account, 'text', NOW), invocation));
    expect(await opened(renewed)).toEqual({ opened: 'text' });
    // WeCom may still use the old ones.
    expect(await opened(app)).toEqual({ opened: 'text' });
    expect(await opened(contacts)).toBe('-40001');
  });

  it('is refused with its channel in the details, for the operator', async () => {
    const forged = { ...seal(app, 'text', NOW), signature: '0'.repeat(40) };
    await expect(open('contacts', forged)).rejects.toMatchObject({
      details: { refusal: '-40001', channel: 'contacts' },
    });
  });

  it('is not refused as a forgery if the keys cannot be read', async () => {
    const unavailable = () => Promise.reject(new ParameterUnavailable('down'));
    const keys = { read: unavailable, readChanged: unavailable };
    const channelKeys = { app: keys, contacts: keys };
    const down = new MessageCrypt({ channelKeys, receiveId: CORP_ID, clock });
    await expect(
      down.decryptMessage('app', seal(app, 'text', NOW), invocation),
    ).rejects.toBeInstanceOf(ParameterUnavailable);
  });

  it.each([
    ['five minutes old', -300_000, undefined],
    ['five minutes ahead', 300_000, undefined],
    ['older', -301_000, 'stale'],
    ['further ahead', 301_000, 'stale'],
    ['ten years old', -315_360_000_000, 'stale'],
  ])('that is %s', async (_, offset, refusal) => {
    const sealed = seal(app, 'text', NOW + offset);
    expect(await refusalOf(open('app', sealed))).toEqual(refusal ?? { opened: 'text' });
  });
});

describe('a refusal', () => {
  async function linesOf(sealed: SealedMessage): Promise<Record<string, unknown>[]> {
    const own = createInvocation();
    await expect(crypt.decryptMessage('app', sealed, own)).rejects.toThrow(CallbackRefused);
    return own.lines;
  }
  const signed = (encrypted: string) => ({ ...sign(app, encrypted, NOW), encrypted });

  it.each([
    ['another receiver', seal({ ...app, receiveId: 'wwother' }, 'text', NOW), '-40005'],
    ['another key', { ...seal({ ...contacts, token: app.token }, 'text', NOW) }, '-40008'],
    ['half a block', signed(Buffer.alloc(16).toString('base64')), '-40007'],
    ['no base64', signed('你好'), '-40010'],
  ])('of a signed message for %s is counted: a setting is wrong', async (_, sealed, refusal) => {
    expect(await linesOf(sealed)).toMatchObject([
      { CallbackUndecryptable: 1, channel: 'app', refusal },
    ]);
  });

  it.each([
    ['forged', { ...seal(app, 'text', NOW), signature: '0'.repeat(40) }],
    ['old', seal(app, 'text', NOW - 301_000)],
  ])('of a message that is %s is not counted: anybody can send one', async (_, sealed) => {
    expect(await linesOf(sealed)).toEqual([]);
  });
});

describe('the answer to a URL verification', () => {
  const verify = (text: string) =>
    refusalOf(crypt.verifyUrl('app', seal(app, text, NOW), invocation));

  it.each([
    ['a push, which must not be decrypted for anybody', '<xml><UserID>lisi</UserID></xml>'],
    ['nothing', ''],
    ['a text of more than one line', '123\n'],
    ['a long text', '1'.repeat(65)],
    ['a byte that is not UTF-8', '1\ufffd'],
  ])('is a refusal for %s', async (_, text) => {
    expect(await verify(text)).toBe('echo');
  });

  it.each(['1616140317555161061', 'aZ_-09', '1'.repeat(64)])('is the text %s', async (echo) => {
    expect(await verify(echo)).toEqual({ opened: echo });
  });

  it('needs the signature to be over the echostr', async () => {
    const { encrypted } = seal(app, '1', NOW);
    const other = encrypt(app.encodingAesKey, '1', CORP_ID);
    const sealed = { ...sign(app, other, NOW), encrypted };
    expect(await refusalOf(crypt.verifyUrl('app', sealed, invocation))).toBe('-40001');
  });
});
