import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memberPseudonym } from '../../lib/log/pseudonym.ts';
import type { Delivery } from '../../packages/emulator/source/callbacks/delivery.ts';
import { DEFAULT_BEHAVIOUR } from '../../packages/emulator/source/options.ts';
import type { Wecom } from '../../packages/emulator/source/server.ts';
import { receiveCallbacks } from '../harness/callbackTargets.ts';
import type { Gateway } from '../harness/gateway.ts';
import { permit } from '../harness/permit.ts';
import { LOG_KEY, type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let wecom: Wecom;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  wecom = stack.wecom;
  api = await stack.newInstance();
  receiveCallbacks(wecom, api.url);
});

/** WeCom's own limits are one second and five, which a busy machine exceeds. */
const LONG_LIMITS = { verificationTimeoutMs: 60_000, callbackTimeoutMs: 60_000 };

beforeEach(() => {
  Object.assign(wecom.behaviour, DEFAULT_BEHAVIOUR, LONG_LIMITS);
  stack.dynamoDb.fail(undefined);
  wecom.callbacks.clearDeliveries();
});

async function authorized(userid: string, permission = 'access'): Promise<boolean> {
  const response = await fetch(`${api.url}/api/wecom/verify/${userid}?permission=${permission}`);
  const { data } = (await response.json()) as { data: { authorized: boolean } };
  return data.authorized;
}

/** What became of the pushes that followed the change. */
async function pushesOf(change: () => void): Promise<readonly Delivery[]> {
  change();
  await wecom.callbacks.settled();
  await stack.handedOver.settled();
  return wecom.callbacks.deliveries();
}

const delivered = (event: string) =>
  expect.objectContaining({ event, state: 'delivered', attempts: [{ status: 200 }] });

/** How many events of this member were applied, by the log. */
function effects(userid: string) {
  const member = memberPseudonym(LOG_KEY, wecom.company.corpid, userid);
  const lines = stack.log();
  const requests = lines
    .filter((line) => line['member'] === member)
    .map((line) => line['requestId']);
  return lines.filter(
    (line) => line['outcome'] === 'applied' && requests.includes(line['requestId']),
  ).length;
}

describe("WeCom's console", () => {
  it.each(['app', 'contacts'] as const)('accepts the URL of the channel %s', async (channel) => {
    expect(await wecom.callbacks.verify(channel)).toMatchObject({ ok: true });
  });
});

describe('a permitted member', () => {
  it('is refused as soon as WeCom has told that they left', async () => {
    await permit(stack, 'member#user123');
    expect(await authorized('user123')).toBe(true);
    const pushes = await pushesOf(() => wecom.administrator.leave('user123'));
    expect(pushes).toEqual([delivered('delete_user'), delivered('unsubscribe')]);
    expect(await authorized('user123')).toBe(false);
  });

  it('is refused when only the app is told', async () => {
    const contacts = wecom.callbacks.target('contacts');
    wecom.callbacks.setTarget('contacts', undefined);
    await permit(stack, 'member#zhangsan2');
    expect(await authorized('zhangsan2')).toBe(true);
    const pushes = await pushesOf(() => wecom.administrator.leave('zhangsan2'));
    wecom.callbacks.setTarget('contacts', contacts);
    expect(pushes).toEqual([delivered('unsubscribe')]);
    expect(await authorized('zhangsan2')).toBe(false);
  });

  it('is refused while disabled, and permitted again afterwards', async () => {
    await permit(stack, 'member#lisi');
    expect(await authorized('lisi')).toBe(true);
    await pushesOf(() => wecom.administrator.update('lisi', { status: 2 }));
    expect(await authorized('lisi')).toBe(false);
    await pushesOf(() => wecom.administrator.update('lisi', { status: 1 }));
    expect(await authorized('lisi')).toBe(true);
  });

  it('takes the permissions of the new department along, and loses those of the old', async () => {
    await permit(stack, 'department#6', 'front-end');
    await permit(stack, 'department#7', 'marketing');
    expect(await authorized('lisi', 'front-end')).toBe(true);
    expect(await authorized('lisi', 'marketing')).toBe(false);
    await pushesOf(() => wecom.administrator.update('lisi', { department: [7] }));
    expect(await authorized('lisi', 'front-end')).toBe(false);
    expect(await authorized('lisi', 'marketing')).toBe(true);
  });

  it.each(['full', 'reduced'] as const)('has one name after a rename (%s form)', async (form) => {
    const [before, after] = form === 'full' ? ['wujiu', 'wujiu9'] : ['wujiu9', 'wujiu10'];
    wecom.behaviour.contactsForm = form;
    await permit(stack, `member#${before}`);
    await permit(stack, `member#${after}`);
    expect(await authorized(before)).toBe(true);
    const pushes = await pushesOf(() => wecom.administrator.update(before, { userid: after }));
    expect(pushes).toContainEqual(delivered('update_user'));
    expect(await authorized(before)).toBe(false);
    expect(await authorized(after)).toBe(true);
  });
});

describe('however WeCom delivers', () => {
  it('a push has one effect: copies, in the same second', async () => {
    Object.assign(wecom.behaviour, { callbackCopies: 3, callbackCreateTime: 1_700_000_000 });
    await permit(stack, 'member#qianer');
    await permit(stack, 'member#zhengshi');
    expect(await authorized('qianer')).toBe(true);
    expect(await authorized('zhengshi')).toBe(true);
    const before = effects('qianer');
    const pushes = await pushesOf(() => {
      wecom.administrator.leave('qianer');
      wecom.administrator.leave('zhengshi');
    });
    expect(pushes).toHaveLength(12);
    expect(pushes.every(({ state }) => state === 'delivered')).toBe(true);
    expect(await authorized('qianer')).toBe(false);
    expect(await authorized('zhengshi')).toBe(false);
    // delete_user and unsubscribe, each once.
    expect(effects('qianer')).toBe(before + 2);
  });

  it.each(['same', 'fresh'] as const)(
    'a push that failed has its effect in a retry (%s envelope)',
    async (callbackRetryEnvelope) => {
      // As many as it takes until the test has mended DynamoDB.
      const retries = { callbackRetries: 1_000, callbackRetryDelayMs: 0, callbackRetryEnvelope };
      Object.assign(wecom.behaviour, retries);
      const userid = callbackRetryEnvelope === 'same' ? 'chenshiyi' : 'huangxiaoshou';
      await permit(stack, `member#${userid}`);
      expect(await authorized(userid)).toBe(true);
      stack.dynamoDb.fail('throttled');
      wecom.administrator.leave(userid);
      const failed = () =>
        wecom.callbacks.deliveries().every(({ attempts }) => attempts.length > 0);
      await expect.poll(failed, { timeout: 15_000 }).toBe(true);
      stack.dynamoDb.fail(undefined);
      await wecom.callbacks.settled();
      for (const { state, attempts } of wecom.callbacks.deliveries()) {
        expect(state).toBe('delivered');
        expect(attempts[0]).toEqual({ status: 500 });
      }
      expect(await authorized(userid)).toBe(false);
    },
  );

  it('events out of order end where WeCom is', async () => {
    await permit(stack, 'member#hezhuanjia');
    expect(await authorized('hezhuanjia')).toBe(true);
    wecom.callbacks.hold();
    wecom.administrator.update('hezhuanjia', { status: 2 });
    wecom.administrator.update('hezhuanjia', { status: 1 });
    wecom.callbacks.release('reversed');
    await wecom.callbacks.settled();
    expect(await authorized('hezhuanjia')).toBe(true);
  });

  it('every padding from 1 to 32 bytes is read', async () => {
    wecom.behaviour.contactsForm = 'full';
    for (let padding = 1; padding <= 32; padding += 1) {
      wecom.behaviour.callbackPadding = padding;
      wecom.callbacks.clearDeliveries();
      // One at a time: the budget of a push is four seconds, and 32 at once share two cores.
      const pushes = await pushesOf(() =>
        wecom.administrator.updateDepartment(12, { name: `padding ${padding}` }),
      );
      expect(pushes).toEqual([delivered('update_party')]);
      expect(pushes).toMatchObject([{ padding }]);
    }
  });
});
