import { createDecipheriv } from 'node:crypto';
import { decrypt, getSignature } from '@wecom/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encrypt, messagePadding } from '../../packages/emulator/source/callbacks/encryption.ts';
import { newEncodingAESKey } from '../../packages/emulator/source/callbacks/newKey.ts';
import { signature } from '../../packages/emulator/source/callbacks/signature.ts';
import { xmlMessage } from '../../packages/emulator/source/callbacks/xml.ts';
import { emulator, MAIN_AGENT } from './emulator.ts';
import { elementOf, type Reply, receiver } from './receiver.ts';

/** An emulator with one receiver for both channels. */
async function connected(reply?: Reply, options: Parameters<typeof emulator>[0] = {}) {
  const { received, target } = await receiver(reply);
  const wecom = await emulator({ callbacks: { app: target, contacts: target }, ...options });
  const messages = async () => {
    await wecom.callbacks.settled();
    return received.filter(({ method }) => method === 'POST').map(({ message }) => message);
  };
  const events = async () =>
    (await messages()).map(
      (message) => elementOf(message, 'ChangeType') ?? elementOf(message, 'Event'),
    );
  return { wecom, received, target, messages, events };
}

describe('encryption and signature', () => {
  it('are what @wecom/crypto opens, for every text and every kind of key', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.boolean(),
        (text, canonical) => {
          const key = newEncodingAESKey(canonical);
          expect(key).toMatch(/^[0-9A-Za-z]{43}$/);
          expect(Buffer.from(`${key}=`, 'base64').toString('base64') === `${key}=`).toBe(canonical);
          expect(decrypt(key, encrypt(key, text, 'ww1'))).toMatchObject({
            message: text,
            id: 'ww1',
          });
        },
      ),
    );
  });

  it('sign as the official worked example of document 90968', () => {
    const encrypted =
      'P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==';
    expect(signature('QDG6eK', '1409659589', '263014780', encrypted)).toBe(
      '5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3',
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (token, nonce, text) => {
        expect(signature(token, '1', nonce, text)).toMatch(/^[0-9a-f]{40}$/);
      }),
    );
    expect(signature('t', '1', '2', 'x')).toBe(getSignature('t', '1', '2', 'x'));
  });

  it('refuse a key that is none', () => {
    expect(() => encrypt('short', 'x', 'ww1')).toThrow('43 letters and digits');
  });

  it('write XML that cannot be broken out of', () => {
    expect(xmlMessage({ A: 'a]]>b', N: 1, U: undefined, I: [{ X: 1 }, { X: 2 }] })).toBe(
      '<xml><A><![CDATA[a]]]]><![CDATA[>b]]></A><N>1</N><I><X>1</X></I><I><X>2</X></I></xml>',
    );
  });
});

describe('URL verification', () => {
  it('sends a percent-encoded echostr and wants its plain text back', async () => {
    const { wecom, received } = await connected();
    expect(await wecom.callbacks.verify('app')).toEqual({
      ok: true,
      status: 200,
      milliseconds: expect.any(Number),
    });
    const [request] = received;
    expect(request).toMatchObject({
      method: 'GET',
      signed: true,
      message: expect.stringMatching(/^[1-9]\d{18}$/),
      receiveId: wecom.company.corpid,
    });
    expect(request?.headers['user-agent']).toBe('Mozilla/4.0');
    expect(request?.rawQuery).toMatch(
      /^msg_signature=[0-9a-f]{40}&timestamp=\d{10}&nonce=\d{10}&echostr=[0-9A-Za-z%]+%3D*/,
    );
    expect(request?.rawQuery).not.toMatch(/[+/]/);
  });

  it('says what is wrong with an answer', async () => {
    let body = '';
    let status = 200;
    const { wecom } = await connected(({ message }) => ({
      status,
      body: body.replace('$', message),
    }));
    for (const [answer, reason] of [
      ['', '响应为空'],
      ['\ufeff$', 'BOM'],
      ['$\n', '换行'],
      ['"$"', '引号'],
      ['success', '不是解密后'],
    ] as const) {
      body = answer;
      const result = await wecom.callbacks.verify('contacts');
      expect(result).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    }
    status = 403;
    expect(await wecom.callbacks.verify('app')).toMatchObject({ ok: false, status: 403 });
  });

  it('gives up after its second', async () => {
    const waits: number[] = [];
    const { wecom } = await connected(() => 'silence', {
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    expect(await wecom.callbacks.verify('app')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('timeout'),
    });
    expect(waits).toEqual([1000]);
  });
});

describe('pushes', () => {
  it('tell the app of members who enter and leave its range', async () => {
    const { wecom, received, messages, events } = await connected();
    wecom.administrator.update('user123', { department: [10] });
    wecom.administrator.update('user123', { department: [2] });
    wecom.administrator.update('lisi', { status: 2 });
    wecom.administrator.leave('qianer');
    wecom.administrator.updateApp(MAIN_AGENT, { visible: { users: [], parties: [12], tags: [] } });
    const all = await messages();
    const app = all.filter((message) => elementOf(message, 'AgentID') === String(MAIN_AGENT));
    const heard = app.map(
      (message) => `${elementOf(message, 'Event')} ${elementOf(message, 'FromUserName')}`,
    );
    expect(heard).toEqual(
      expect.arrayContaining([
        'unsubscribe user123',
        'subscribe user123',
        'unsubscribe lisi',
        'unsubscribe qianer',
        'unsubscribe chenshiyi',
      ]),
    );
    expect(heard).not.toContain('unsubscribe zhengshi');
    expect(await events()).toContain('delete_user');
    for (const { signed, body, agentId, message, headers } of received) {
      expect(signed).toBe(true);
      expect(elementOf(body, 'ToUserName')).toBe(wecom.company.corpid);
      expect(headers['user-agent']).toBe('Mozilla/4.0');
      const isContact = elementOf(message, 'Event') === 'change_contact';
      expect(agentId).toBe(isContact ? '' : String(MAIN_AGENT));
      expect(elementOf(message, 'CreateTime')).toBe(String(wecom.now() / 1000));
      if (isContact) expect(elementOf(message, 'FromUserName')).toBe('sys');
    }
  });

  it('tell contacts-sync in the reduced form', async () => {
    const { wecom, messages } = await connected();
    wecom.administrator.join({
      userid: 'newcomer',
      name: '新人',
      department: [11, 10],
      main_department: 11,
      position: '',
      status: 1,
      gender: '0',
    });
    wecom.administrator.update('newcomer', { name: '改名', mobile: '13800138099' });
    wecom.administrator.update('newcomer', { department: [11], userid: 'renamed' });
    wecom.administrator.leave('renamed');
    wecom.administrator.createDepartment({
      id: 30,
      name: '新部门',
      parentid: 10,
      order: 1,
      department_leader: [],
    });
    wecom.administrator.updateDepartment(30, { name: '新名' });
    wecom.administrator.updateDepartment(30, { parentid: 11 });
    wecom.administrator.deleteDepartment(30);
    wecom.administrator.tag(7, { addUsers: ['user123'], delParties: [10] });
    const bodies = (await messages())
      .map((message) =>
        /<ChangeType>.*(?=<\/xml>)/.exec(message)?.[0].replace(/<!\[CDATA\[(.*?)\]\]>/g, '$1'),
      )
      .sort();
    expect(bodies).toEqual(
      [
        '<ChangeType>create_user</ChangeType><UserID>newcomer</UserID><Department>11,10</Department>',
        '<ChangeType>update_user</ChangeType><UserID>newcomer</UserID><NewUserId>renamed</NewUserId><Department>11</Department>',
        '<ChangeType>delete_user</ChangeType><UserID>renamed</UserID>',
        '<ChangeType>create_party</ChangeType><Id>30</Id><ParentId>10</ParentId>',
        '<ChangeType>update_party</ChangeType><Id>30</Id><ParentId>11</ParentId>',
        '<ChangeType>delete_party</ChangeType><Id>30</Id>',
        '<ChangeType>update_tag</ChangeType><TagId>7</TagId><AddUserItems>user123</AddUserItems><DelPartyItems>10</DelPartyItems>',
      ].sort(),
    );
  });

  it('tell it in the full form if so told', async () => {
    const { wecom, messages } = await connected(undefined, { contactsForm: 'full' });
    wecom.administrator.update('user123', { position: '架构师', userid: 'user124' });
    wecom.administrator.updateDepartment(2, { name: '研发部' });
    const both = (await messages()).join('');
    expect(both).not.toContain('subscribe');
    for (const [name, value] of Object.entries({
      UserID: 'user123',
      NewUserID: 'user124',
      Position: '架构师',
      Mobile: '13800138000',
      Email: 'zhang@company.com',
      MainDepartment: '2',
      IsLeaderInDept: '0',
      DirectLeader: 'qianer',
      Status: '1',
      Id: '2',
      ParentId: '1',
    })) {
      expect([name, elementOf(both, name)]).toEqual([name, value]);
    }
    expect(both).toContain('<Name><![CDATA[研发部]]></Name>');
    expect(both).toContain('<ExtAttr><Item><Name><![CDATA[工号]]></Name><Type>0</Type>');
  });

  it('name receiver, sender, time and type in the order of real ones', async () => {
    const { wecom, messages } = await connected();
    wecom.administrator.leave('user123');
    const heads = (await messages()).map((message) =>
      [...message.matchAll(/<(\w+)>/g)].slice(0, 6).map(([, name]) => name),
    );
    const common = ['xml', 'ToUserName', 'FromUserName', 'CreateTime', 'MsgType', 'Event'];
    expect(heads).toEqual([common, common]);
  });

  it('come by the clock that callers see', async () => {
    const { wecom, received } = await connected(undefined, { clockOffsetMs: -3_600_000 });
    wecom.administrator.leave('zhouba');
    await wecom.callbacks.settled();
    const hourAgo = String(wecom.now() / 1000 - 3600);
    const [push] = received;
    expect(elementOf(push?.message ?? '', 'CreateTime')).toBe(hourAgo);
    expect(push?.query.get('timestamp')).toBe(hourAgo);
    expect(push?.signed).toBe(true);
  });

  it('come late, with the time of what they tell', async () => {
    const waits: (() => void)[] = [];
    const { wecom, received } = await connected(undefined, {
      callbackDelayMs: 60_000,
      delay: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (ms === 60_000) waits.push(resolve);
          signal.addEventListener('abort', reject, { once: true });
        }),
    });
    const left = String(wecom.now() / 1000);
    wecom.administrator.leave('zhouba');
    expect(wecom.callbacks.deliveries()).toMatchObject([{ state: 'under way', attempts: [] }]);
    wecom.pass(60);
    for (const end of waits) end();
    await wecom.callbacks.settled();
    expect(elementOf(received[0]?.message ?? '', 'CreateTime')).toBe(left);
    expect(received[0]?.query.get('timestamp')).toBe(String(wecom.now() / 1000));
  });

  it('tell of a rename, and of a member who comes back', async () => {
    const { wecom, messages } = await connected();
    wecom.administrator.update('user123', { userid: 'zhang.san' });
    wecom.administrator.leave('zhang.san');
    wecom.administrator.rejoin('zhang.san');
    const contacts = (await messages())
      .filter((message) => elementOf(message, 'FromUserName') === 'sys')
      .map((message) => ['ChangeType', 'UserID', 'NewUserId'].map((x) => elementOf(message, x)));
    expect(contacts.sort()).toEqual([
      ['create_user', 'zhang.san', undefined],
      ['delete_user', 'zhang.san', undefined],
      ['update_user', 'user123', 'zhang.san'],
    ]);
  });

  it('tell of what never was, again and again, with any time', async () => {
    const { wecom, messages } = await connected();
    const { callbacks } = wecom;
    callbacks.hold();
    const first = callbacks.send({ event: 'delete_user', userid: 'user123', createTime: 1 });
    callbacks.send({ event: 'delete_user', userid: 'user123', createTime: 1 });
    callbacks.send({ event: 'create_user', userid: 'nobody', department: [2, 3] });
    callbacks.send({ event: 'update_user', userid: 'lisi', newUserid: 'li.si' });
    callbacks.send({ event: 'unsubscribe', userid: 'lisi' });
    expect(first).toEqual([1]);
    callbacks.release('reversed');
    const all = await messages();
    expect(all.map((message) => elementOf(message, 'CreateTime')).sort()).toEqual(
      ['1', '1', ...Array.from({ length: 3 }, () => String(wecom.now() / 1000))].sort(),
    );
    expect(
      all.filter((message) => message === all.find((each) => each.includes('>1<'))),
    ).toHaveLength(2);
    const told = all.map((message) =>
      ['ChangeType', 'UserID', 'NewUserId', 'Department'].map((x) => elementOf(message, x)),
    );
    expect(told).toEqual(
      expect.arrayContaining([
        ['delete_user', 'user123', undefined, undefined],
        ['create_user', 'nobody', undefined, '2,3'],
        ['update_user', 'lisi', 'li.si', '6'],
      ]),
    );
    const access_token = await wecom.token();
    expect(await wecom.get('user/get', { access_token, userid: 'user123' })).toMatchObject({
      status: 1,
    });
    callbacks.setTarget('contacts', undefined);
    expect(() => callbacks.send({ event: 'delete_user', userid: 'x' })).toThrow('no receiver');
  });

  it('are repeated three times, then given up', async () => {
    const waits: number[] = [];
    const { wecom, received } = await connected(() => ({ status: 500 }), {
      delay: (ms, signal) => {
        if (ms === 1000) waits.push(ms);
        return ms === 1000
          ? Promise.resolve()
          : new Promise((_, reject) => signal.addEventListener('abort', reject, { once: true }));
      },
    });
    wecom.administrator.leave('zhouba');
    await wecom.callbacks.settled();
    const [delivery] = wecom.callbacks.deliveries();
    expect(delivery).toMatchObject({
      channel: 'contacts',
      event: 'delete_user',
      subject: 'zhouba',
      state: 'failed',
      attempts: [{ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 }],
    });
    expect(waits).toHaveLength(3);
    expect(new Set(received.map(({ rawQuery }) => rawQuery)).size).toBe(1);
    wecom.behaviour.callbackRetryEnvelope = 'fresh';
    wecom.administrator.leave('liuzong');
    await wecom.callbacks.settled();
    expect(new Set(received.map(({ rawQuery }) => rawQuery)).size).toBeGreaterThan(4);
    expect(received.every(({ signed }) => signed)).toBe(true);
  });

  it('stop being repeated once the receiver says 200', async () => {
    let calls = 0;
    const { wecom } = await connected(
      () => {
        calls += 1;
        return { status: calls === 1 ? 503 : 200 };
      },
      { callbackRetryDelayMs: 0 },
    );
    wecom.administrator.leave('zhouba');
    await wecom.callbacks.settled();
    expect(wecom.callbacks.deliveries()).toMatchObject([
      { state: 'delivered', attempts: [{ status: 503 }, { status: 200 }] },
    ]);
  });

  it('time out after five seconds', async () => {
    const waits: number[] = [];
    const { wecom } = await connected(() => 'silence', {
      callbackRetries: 1,
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    wecom.administrator.leave('zhouba');
    await wecom.callbacks.settled();
    expect(wecom.callbacks.deliveries()[0]?.attempts).toEqual([
      { error: 'timeout' },
      { error: 'timeout' },
    ]);
    expect(waits).toEqual([5000, 1000, 5000]);
  });

  it('can be duplicated, lost, held back and sent in another order, all in one second', async () => {
    const { wecom, events } = await connected();
    wecom.behaviour.callbackCopies = 3;
    wecom.administrator.leave('zhouba');
    expect(await events()).toEqual(['delete_user', 'delete_user', 'delete_user']);
    wecom.behaviour.callbackCopies = 1;
    wecom.behaviour.callbackDrop = true;
    wecom.administrator.leave('sunqi');
    expect(await events()).toHaveLength(3);
    expect(wecom.callbacks.deliveries().at(-1)).toMatchObject({
      state: 'dropped',
      subject: 'sunqi',
    });
    wecom.behaviour.callbackDrop = false;
    wecom.behaviour.callbackCreateTime = 1_700_000_000;
    wecom.callbacks.clearDeliveries();
    wecom.callbacks.hold();
    wecom.administrator.createDepartment({ id: 31, parentid: 10, order: 1, department_leader: [] });
    wecom.pass(60);
    wecom.administrator.deleteDepartment(31);
    expect(wecom.callbacks.deliveries().map(({ state }) => state)).toEqual(['held', 'held']);
    expect(await events()).toHaveLength(3);
    wecom.callbacks.release('reversed');
    await wecom.callbacks.settled();
    expect(wecom.callbacks.deliveries().map(({ state }) => state)).toEqual([
      'delivered',
      'delivered',
    ]);
  });

  it('have whatever padding is wanted, from 1 to 32', async () => {
    const { wecom, received } = await connected();
    for (let padding = 1; padding <= 32; padding += 1) {
      wecom.behaviour.callbackPadding = padding;
      wecom.administrator.tag(7, { addUsers: ['user123'] });
    }
    await wecom.callbacks.settled();
    const paddings = received.map(({ message }) =>
      messagePadding(Buffer.byteLength(message), wecom.company.corpid),
    );
    expect(paddings.sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, at) => at + 1));
    expect(new Set(wecom.callbacks.deliveries().map(({ padding }) => padding)).size).toBe(32);
  });

  it('are signed wrongly, meant for another company, or badly padded if so told', async () => {
    const { wecom, received } = await connected();
    const pushedWith = async (callbackDamage: typeof wecom.behaviour.callbackDamage) => {
      wecom.behaviour.callbackDamage = callbackDamage;
      wecom.callbacks.sendXml('app', '<xml></xml>');
      await wecom.callbacks.settled();
      return received.at(-1);
    };
    const { corpid } = wecom.company;
    expect(await pushedWith('none')).toMatchObject({ signed: true, receiveId: corpid });
    expect(await pushedWith('signature')).toMatchObject({ signed: false, receiveId: corpid });
    expect(await pushedWith('corpid')).toMatchObject({ signed: true, receiveId: `${corpid}x` });
    const key = newEncodingAESKey();
    const paddingOf = (length: number) => {
      const text = encrypt(key, 'x'.repeat(length), 'ww1', { isPaddingDamaged: true });
      const bytes = Buffer.from(`${key}=`, 'base64');
      const decipher = createDecipheriv('aes-256-cbc', bytes, bytes.subarray(0, 16));
      const plain = Buffer.concat([
        decipher.setAutoPadding(false).update(text, 'base64'),
        decipher.final(),
      ]);
      return plain.subarray(16 + 4 + length + 3);
    };
    for (let length = 0; length < 32; length += 1) {
      const padding = paddingOf(length);
      expect(padding.every((byte) => byte === padding.length)).toBe(false);
    }
  });

  it('are any XML, nested as deep as wanted', async () => {
    const { wecom, messages } = await connected();
    const xml = `<xml>${'<a>'.repeat(7)}1${'</a>'.repeat(7)}</xml>`;
    wecom.callbacks.sendXml('contacts', xml);
    expect(await messages()).toEqual([xml]);
    expect(wecom.callbacks.deliveries()).toMatchObject([{ event: 'xml', state: 'delivered' }]);
  });

  it('can be pushed again', async () => {
    const { wecom, messages } = await connected();
    wecom.administrator.leave('zhouba');
    const [first] = await messages();
    const { number } = wecom.callbacks.deliveries().at(-1) ?? { number: 0 };
    expect(wecom.callbacks.resend(number)).toBe(number + 1);
    expect(await messages()).toEqual([first, first]);
    expect(wecom.callbacks.deliveries(1)).toMatchObject([
      { event: 'delete_user', subject: 'zhouba', state: 'delivered' },
    ]);
    expect(() => wecom.callbacks.resend(404)).toThrow('no delivery 404');
  });

  it('go nowhere without a receiver', async () => {
    const { wecom, received } = await connected();
    wecom.callbacks.setTarget('contacts', undefined);
    wecom.callbacks.setTarget('app', undefined);
    wecom.administrator.leave('user123');
    expect(() => wecom.callbacks.sendXml('app', '<xml/>')).toThrow('no receiver is set for app');
    expect(wecom.callbacks.deliveries()).toEqual([]);
    expect(received).toEqual([]);
  });

  it('go where the admin endpoint says', async () => {
    const { target, received } = await receiver();
    const wecom = await emulator();
    const ask = (method: string, path: string, body?: unknown) =>
      fetch(`${wecom.url}/__admin/${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    expect((await ask('PUT', 'callbacks/contacts', target)).status).toBe(200);
    expect(await (await ask('GET', 'callbacks')).json()).toEqual({
      app: null,
      contacts: target.url,
    });
    expect(await (await ask('POST', 'callbacks/contacts/verify')).json()).toMatchObject({
      ok: true,
    });
    await ask('POST', 'callbacks/hold');
    await ask('DELETE', 'members/user123');
    await ask('POST', 'callbacks/release', {});
    const deliveries = await (await ask('GET', 'deliveries?settled=1')).json();
    expect(deliveries).toMatchObject([{ event: 'delete_user', state: 'delivered' }]);
    expect(received).toHaveLength(2);
    expect(JSON.stringify(deliveries)).not.toContain(target.encodingAESKey);
  });
});
