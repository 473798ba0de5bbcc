import { encrypt } from '@wecom/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChannelKeys } from '../../../lib/callback/channelKeys.ts';

import { decodeEncodingAesKey } from '../../../lib/callback/encodingAesKey.ts';
import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { createOpenMessage, type SealedMessage } from '../../../lib/callback/openMessage.ts';
import { createUrlVerification } from '../../../lib/callback/urlVerification.ts';
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
const clock = { now: () => NOW, sleep: async () => undefined };

function keysOf({ token, encodingAesKey }: typeof app): ChannelKeys {
  const key = decodeEncodingAesKey(encodingAesKey);
  return { read: async () => ({ token, key }), readChanged: async () => undefined };
}

const open = createOpenMessage({ app: keysOf(app), contacts: keysOf(contacts) }, CORP_ID, clock);

async function refusalOf(opened: Promise<unknown>): Promise<unknown> {
  return opened.then(
    (text) => ({ opened: text }),
    (error: unknown) => (error instanceof CallbackRefused ? error.details['refusal'] : error),
  );
}

describe('a sealed message', () => {
  it('is opened when it is genuine, on its own channel only', async () => {
    const sealed = seal(app, '你好', NOW);
    expect(await open('app', sealed, invocation)).toBe('你好');
    expect(await refusalOf(open('contacts', sealed, invocation))).toBe('-40001');
  });

  it.each([
    ['signature', '0123456789abcdef'],
    ['timestamp', '0123456789'],
    ['nonce', '0123456789abcXYZ-_'],
    ['encrypted', 'ABCDwxyz0189+/='],
  ] as const)('is refused when any byte of its %s is another', async (part, alphabet) => {
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
          expect(await refusalOf(open('app', forged, invocation))).toBe('-40001');
        },
      ),
    );
  });

  it.each([
    ['five minutes old', -300_000, undefined],
    ['five minutes ahead', 300_000, undefined],
    ['older', -301_000, 'stale'],
    ['further ahead', 301_000, 'stale'],
    ['ten years old', -315_360_000_000, 'stale'],
  ])('that is %s', async (_, offset, refusal) => {
    const sealed = seal(app, 'text', NOW + offset);
    expect(await refusalOf(open('app', sealed, invocation))).toEqual(refusal ?? { opened: 'text' });
  });
});

describe('the answer to a URL verification', () => {
  const verify = (text: string) =>
    refusalOf(createUrlVerification(open)('app', seal(app, text, NOW), invocation));

  it.each([
    ['a push, which nobody may have decrypted', '<xml><UserID>lisi</UserID></xml>'],
    ['nothing', ''],
    ['a text of more than one line', '123\n'],
    ['a long text', '1'.repeat(65)],
  ])('is a refusal for %s', async (_, text) => {
    expect(await verify(text)).toBe('echo');
  });

  it('needs the signature to be over the echostr', async () => {
    const { encrypted } = seal(app, '1', NOW);
    const other = encrypt(app.encodingAesKey, '1', CORP_ID);
    const sealed = { ...sign(app, other, NOW), encrypted };
    expect(await refusalOf(createUrlVerification(open)('app', sealed, invocation))).toBe('-40001');
  });
});
