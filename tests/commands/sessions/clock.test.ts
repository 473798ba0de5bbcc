import { beforeAll, expect, it } from 'vitest';
import { run } from '../../../commands/sessions/run.ts';
import { systemClock } from '../../../lib/clock.ts';
import {
  listSignIns,
  newGrantId,
  type SignInStore,
  writeGrant,
} from '../../../lib/openid/signIns.ts';
import { personOf, signOutPerson, subOf } from '../../../lib/permissions/person.ts';
import { startOpenid } from '../../harness/relyingParty.ts';
import type { Stack } from '../../harness/stack.ts';

const HOUR = 3_600_000;
let stack: Stack;
let signIns: SignInStore;

beforeAll(async () => {
  ({ stack } = await startOpenid());
  signIns = { table: stack.permissions, corpId: stack.wecom.company.corpid, clock: systemClock };
});

it.each([
  ['right', 0],
  ['eight hours behind', 8 * HOUR],
])(
  'what a command ends ends where its clock is %s, of somebody who was signed out before',
  async (_what, behindMs) => {
    const userid = `zhaoliu${behindMs}`;
    const sub = await subOf(signIns, userid, Date.now());
    const hourAgo = Date.now() - HOUR;
    await signOutPerson(signIns, sub, hourAgo, hourAgo);
    const payload = { accountId: sub, clientId: 'grafana' };
    await writeGrant(signIns, newGrantId(sub, crypto.randomUUID()), payload, 600);
    const began = Math.floor(Date.now() / 1_000);

    const exit = await run(['end', `user:${userid}`], {
      environment: {
        AWS_ENDPOINT_URL_DYNAMODB: stack.dynamoDb.url,
        AWS_ENDPOINT_URL_LAMBDA: stack.handedOver.url,
        LANG: 'C',
      },
      print: () => {},
      warn: () => {},
      now: () => Date.now() - behindMs,
    });
    await stack.handedOver.settled();
    // Or it was refused, and the administrator told so.
    if (exit !== 0) return;
    expect((await personOf(signIns, sub)).signedOutAt).toBeGreaterThanOrEqual(began);
    expect(await listSignIns(signIns, sub)).toEqual([]);
  },
);
