import { beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../../lib/permissions/grant.ts';
import { createGrantStore, type GrantStore } from '../../lib/permissions/grantStore.ts';
import { memberSubject } from '../../lib/tableKeys.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { type Stack, startStack } from '../harness/stack.ts';

/* A callback is taken for fresh if WeCom's clock is up to five minutes from ours. */

let stack: Stack;
let grants: GrantStore;

beforeAll(async () => {
  stack = await startStack();
  const { url } = await stack.newInstance();
  stack.wecom.callbacks.setTarget('contacts', {
    url: `${url}/api/wecom/callback/contacts`,
    ...FIXTURE_KEYS.contacts,
  });
  grants = createGrantStore(stack.permissions, stack.wecom.company.corpid, async () => 'test', {
    now: Date.now,
  });
});

const grant = (userid: string, effect: 'allow' | 'deny') =>
  grants.change({ subject: memberSubject(userid), permission: 'access', after: { effect } });

async function happens(change: () => void): Promise<void> {
  change();
  await stack.wecom.callbacks.settled();
  await stack.handedOver.settled();
}

async function effects(userid: string): Promise<string[]> {
  const found = await grants.of(memberSubject(userid));
  return found.filter((each) => counts(each, Date.now())).map(({ effect }) => effect);
}

describe.each([
  ['as ours', 0, 'user123', 'wujiu'],
  ['half a minute behind ours', -30_000, 'lisi', 'qianer'],
])("with WeCom's clock %s", (_what, clockOffsetMs, leaver, renamed) => {
  it('the allowance of a member is suspended when the member is deleted', async () => {
    stack.wecom.behaviour.clockOffsetMs = clockOffsetMs;
    await grant(leaver, 'allow');
    await happens(() => stack.wecom.administrator.leave(leaver));
    expect(await effects(leaver)).toEqual([]);
  });

  it('the denial of a member goes along when the userid changes', async () => {
    stack.wecom.behaviour.clockOffsetMs = clockOffsetMs;
    await grant(renamed, 'deny');
    await happens(() => stack.wecom.administrator.update(renamed, { userid: `${renamed}9` }));
    expect(await effects(`${renamed}9`)).toEqual(['deny']);
  });
});
