import type { Handler } from '../../lib/http/route.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import {
  callbackEvent,
  envelope,
  eventXml,
  pushQuery,
  seal,
  sign,
  verificationQuery,
} from './callbackRequest.ts';
import { contextOf } from './gateway.ts';
import { randomGenerator } from './random.ts';

/** The longest body that is taken; see lib/http/callbackRequest.ts. */
const BODY_BYTES = 1024 * 1024;

export interface HostileResult {
  readonly requests: number;
  readonly byStatus: Record<string, number>;
  readonly unhandledRejections: number;
  /** CPU of the thread for one response, garbage collection included. */
  readonly cpuMs: { mean: number; p99: number; p999: number; max: number };
  /** The kind of request with the highest CPU. */
  readonly mostExpensive: string;
}

const KINDS = [
  'random bytes',
  'random text',
  'mutated envelope',
  'mutated query',
  'mutated URL verification',
  'genuine envelope, random message',
  'genuine envelope, mutated event',
  'genuine signature, random ciphertext',
  'nested or repeated elements up to 1 MiB',
  'body around 1 MiB or of 4 MB',
] as const;

/** Sends hostile requests to the handler, one after the other. @param seed makes the same requests again */
export async function hostile(
  handler: Handler,
  corpId: string,
  requests: number,
  seed: number,
): Promise<HostileResult> {
  const random = randomGenerator(seed);
  const app = {
    token: FIXTURE_KEYS.app.token,
    encodingAesKey: FIXTURE_KEYS.app.encodingAESKey,
    receiveId: corpId,
  };
  let unhandledRejections = 0;
  const count = () => {
    unhandledRejections += 1;
  };
  process.on('unhandledRejection', count);

  function request(kind: (typeof KINDS)[number]) {
    const push = (message: string) => {
      const sealed = seal(app, message);
      return callbackEvent('POST', 'app', pushQuery(sealed), envelope(sealed, corpId));
    };
    const event = eventXml(corpId, {
      FromUserName: random.pick(['user123', 'sys', random.text(80)]),
      Event: random.pick(['change_contact', 'enter_agent', random.text(20)]),
      ChangeType: random.pick(['move_user', random.text(20)]),
      UserID: random.text(70),
    });
    const genuine = seal(app, event);
    switch (kind) {
      case 'random bytes':
        return callbackEvent('POST', 'app', pushQuery(genuine), random.bytes(2_000));
      case 'random text':
        return callbackEvent('POST', 'app', random.text(300), random.text(2_000));
      case 'mutated envelope':
        return callbackEvent(
          'POST',
          'app',
          pushQuery(genuine),
          random.mutated(envelope(genuine, corpId)),
        );
      case 'mutated query':
        return callbackEvent(
          'POST',
          'app',
          random.mutated(pushQuery(genuine)),
          envelope(genuine, corpId),
        );
      case 'mutated URL verification':
        return callbackEvent(
          'GET',
          'app',
          random.mutated(verificationQuery(seal(app, '1616140317555161061'))),
        );
      case 'genuine envelope, random message':
        return push(random.bytes(2_000));
      case 'genuine envelope, mutated event':
        return push(random.mutated(event));
      case 'genuine signature, random ciphertext': {
        const noise = Buffer.from(random.bytes(400)).toString('base64');
        const sealed = sign(app, random.pick([noise, random.text(200)]));
        return callbackEvent('POST', 'app', pushQuery(sealed), envelope(sealed, corpId));
      }
      case 'nested or repeated elements up to 1 MiB': {
        const piece = random.pick([
          '<a>',
          '<a></a>',
          '<a/>',
          '</a>',
          '<![CDATA[',
          ']]>',
          '<',
          '&a;',
          '<a>&#65;</a>',
          '<Encrypt>a</Encrypt>',
          `<a${' '.repeat(300)}>`,
        ]);
        const times = random.below((BODY_BYTES - 100) / piece.length);
        return callbackEvent(
          'POST',
          'app',
          pushQuery(genuine),
          `<xml>${piece.repeat(times)}</xml>`,
        );
      }
      case 'body around 1 MiB or of 4 MB': {
        const size = random.pick([BODY_BYTES - 1_000, BODY_BYTES, BODY_BYTES + 1, 4_000_000]);
        return callbackEvent('POST', 'app', pushQuery(genuine), random.text(20).padEnd(size, 'A'));
      }
    }
  }

  const byStatus: Record<string, number> = {};
  const costsMs: number[] = [];
  let mostExpensive: { costMs: number; kind: string } = { costMs: 0, kind: '' };
  for (let number = 0; number < requests; number += 1) {
    const kind = KINDS[number % KINDS.length] ?? 'random bytes';
    const event = request(kind);
    const before = process.threadCpuUsage();
    const { statusCode } = await handler(event, contextOf());
    const { user, system } = process.threadCpuUsage(before);
    const costMs = (user + system) / 1_000;
    // The first requests load and compile the code of a push, so they do not count.
    if (number >= KINDS.length * 20) {
      costsMs.push(costMs);
      if (costMs > mostExpensive.costMs) mostExpensive = { costMs, kind };
    }
    byStatus[String(statusCode)] = (byStatus[String(statusCode)] ?? 0) + 1;
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', count);

  costsMs.sort((a, b) => a - b);
  const at = (share: number) => costsMs[Math.floor(share * (costsMs.length - 1))] ?? 0;
  return {
    requests,
    byStatus,
    unhandledRejections,
    cpuMs: {
      mean: costsMs.reduce((sum, each) => sum + each, 0) / (costsMs.length || 1),
      p99: at(0.99),
      p999: at(0.999),
      max: at(1),
    },
    mostExpensive: mostExpensive.kind,
  };
}
