import { describe, expect, it } from 'vitest';
import { outbox } from '../../packages/emulator/source/messages/outbox.ts';
import {
  CONTACTS_SYNC,
  type Emulator,
  emulator,
  type Json,
  MAIN_AGENT,
  OLD_AGENT,
} from './emulator.ts';

/** Sends a text of the main app, unless the fields say otherwise. */
async function send(wecom: Emulator, fields: Json = {}, agentid = MAIN_AGENT): Promise<Json> {
  const access_token = await wecom.token(agentid);
  const text = { msgtype: 'text', text: { content: '你好' } };
  return await wecom.post(
    'message/send',
    { access_token },
    { touser: 'user123', agentid, ...text, ...fields },
  );
}

describe('message/send', () => {
  it('reaches members, whole departments and tags, each member once', async () => {
    const wecom = await emulator();
    const answer = await send(wecom, { touser: 'USER123 | lisi', toparty: '5', totag: '3' });
    expect(answer).toEqual({ errcode: 0, errmsg: 'ok', msgid: expect.any(String) });
    const [message] = wecom.messages.list();
    expect(message).toMatchObject({
      number: 1,
      time: wecom.now(),
      channel: 'app',
      agentid: MAIN_AGENT,
      msgtype: 'text',
      content: { content: '你好' },
      msgid: answer['msgid'],
      recalled: false,
    });
    expect([...(message?.receivers ?? [])].sort()).toEqual([
      'chenshiyi',
      'hezhuanjia',
      'lisi',
      'user123',
    ]);
  });

  it('reaches everybody in the visible range for @all, and nobody else', async () => {
    const wecom = await emulator();
    expect(await send(wecom, { touser: '@all', toparty: '404' })).not.toHaveProperty(
      'invalidparty',
    );
    const [message] = wecom.messages.list();
    expect(message?.receivers).toContain('liuzong');
    expect(message?.receivers).not.toContain('zhouba');
  });

  it('names whom it does not reach, in lower case, and reaches the others', async () => {
    const wecom = await emulator();
    wecom.administrator.update('lisi', { unlicensed: true });
    expect(
      await send(wecom, { touser: 'user123|Nobody|zhouba|LISI', toparty: '2|10|x', totag: '404' }),
    ).toMatchObject({
      errcode: 0,
      invaliduser: 'nobody|zhouba',
      invalidparty: '10|x',
      invalidtag: '404',
      unlicenseduser: 'lisi',
    });
    expect(wecom.messages.list()[0]?.receivers).not.toContain('lisi');
  });

  it('is 81013 if it reaches nobody, and then says whom', async () => {
    const wecom = await emulator();
    expect(await send(wecom, { touser: 'Nobody' })).toEqual({
      errcode: 81013,
      errmsg: expect.stringMatching(/^user & party & tag all invalid, hint: /),
      invaliduser: 'nobody',
    });
    expect(wecom.messages.list()).toEqual([]);
  });

  it.each([
    ['no agentid', { agentid: undefined }, 41011],
    ['an agentid that is none', { agentid: 'x' }, 40056],
    ['the agentid of another app', { agentid: OLD_AGENT }, 301002],
    ['nobody to send to', { touser: '' }, 82001],
    ['more than 1 000 members', { touser: 'a|'.repeat(1_001) }, 40032],
    ['more than 100 departments', { toparty: '1|'.repeat(101) }, 82002],
    ['more than 100 tags', { totag: '1|'.repeat(101) }, 82003],
    ['no msgtype', { msgtype: undefined }, 40008],
    ['an unknown msgtype', { msgtype: 'toString' }, 40008],
    ['no text', { text: { content: '' } }, 44004],
    ['a text that is none', { text: 'hello' }, 44004],
    ['a markdown of more than 2 048 bytes', markdown('汉'.repeat(683)), 45002],
    ['an image without a file', { msgtype: 'image', image: {} }, 41006],
    ['an unknown file', { msgtype: 'file', file: { media_id: 'x' } }, 40007],
    ['a card without a title', card({ title: '' }), 41016],
    ['a card without a description', card({ description: undefined }), 40063],
    ['a card without an address', card({ url: undefined }), 41010],
    ['an address without http', card({ url: 'example.com' }), 45034],
    ['news without an article', news(0), 40063],
    ['more than eight articles', news(9), 45008],
    ['confidential news', { ...news(1), safe: 1 }, 40074],
    ['a mini-program of another', notice({ appid: 'wx00' }), 90206],
    ['a mini-program without an appid', notice({ appid: undefined }), 90200],
    ['eleven items', notice({ content_item: Array(11).fill({ key: 'k', value: 'v' }) }), 90201],
    ['an unknown kind of card', template({ card_type: 'toString' }), 42031],
    ['a card without its action', template({ card_action: undefined }), 42045],
    [
      'a button without a key',
      template({ card_type: 'button_interaction', button_list: [{ text: 'x' }] }),
      42039,
    ],
  ])('refuses %s', async (_what, fields, errcode) => {
    const wecom = await emulator();
    expect(await send(wecom, fields)).toMatchObject({ errcode });
    expect(wecom.messages.list()).toEqual([]);
  });

  it.each([
    ['markdown', markdown('**hi**')],
    ['a card', card({})],
    ['news', news(8)],
    ['a notice of its mini-program', notice({})],
    ['a template card', template({})],
  ])('sends %s as it is', async (_what, fields) => {
    const wecom = await emulator();
    expect(await send(wecom, fields)).toMatchObject({ errcode: 0 });
    const [message] = wecom.messages.list();
    expect(message?.content).toEqual((fields as Json)[message?.msgtype ?? '']);
  });

  it('cuts a text after 2 048 bytes, not inside a character', async () => {
    const wecom = await emulator();
    await send(wecom, { text: { content: '汉'.repeat(1_000) } });
    expect(wecom.messages.list()[0]?.content).toEqual({ content: '汉'.repeat(682) });
  });

  it('gives a response_code to cards that members answer alone', async () => {
    const wecom = await emulator();
    expect(await send(wecom, template({}))).not.toHaveProperty('response_code');
    const vote = {
      card_type: 'vote_interaction',
      checkbox: { question_key: 'q', option_list: [{ id: '1', text: '是' }] },
      submit_button: { text: '提交', key: 'k' },
    };
    expect(await send(wecom, template(vote))).toHaveProperty('response_code');
  });

  it('sends an image that was uploaded, within three days', async () => {
    const wecom = await emulator();
    const media_id = await uploadImage(wecom);
    const image = { msgtype: 'image', image: { media_id } };
    expect(await send(wecom, image)).toMatchObject({ errcode: 0 });
    expect(await send(wecom, { msgtype: 'voice', voice: { media_id } })).toMatchObject({
      errcode: 40007,
    });
    wecom.pass(3 * 86_400);
    expect(await send(wecom, image)).toMatchObject({ errcode: 40007 });
  });

  it('does not send the same again within the interval if told to check', async () => {
    const wecom = await emulator();
    const checked = { enable_duplicate_check: 1, duplicate_check_interval: 60 };
    const first = await send(wecom, checked);
    expect(await send(wecom, checked)).toEqual(first);
    expect(wecom.messages.list()).toHaveLength(1);
    wecom.pass(60);
    await send(wecom, checked);
    expect(wecom.messages.list()).toHaveLength(2);
    await send(wecom);
    await send(wecom);
    expect(wecom.messages.list()).toHaveLength(4);
  });

  it('is not for the contacts-sync secret', async () => {
    const wecom = await emulator();
    expect(await send(wecom, {}, CONTACTS_SYNC)).toMatchObject({ errcode: 48002 });
  });
});

describe('message/recall', () => {
  it('takes back the own message within 24 hours', async () => {
    const wecom = await emulator();
    const recall = async (msgid: unknown, agentid = MAIN_AGENT) =>
      wecom.post('message/recall', { access_token: await wecom.token(agentid) }, { msgid });
    const { msgid } = await send(wecom);
    expect(await recall(msgid, OLD_AGENT)).toMatchObject({ errcode: 40058 });
    expect(await recall('x')).toMatchObject({ errcode: 40058 });
    expect(await recall(undefined)).toMatchObject({ errcode: 40058 });
    expect(await recall(msgid)).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(wecom.messages.list()).toMatchObject([{ msgid, recalled: true }]);
    wecom.pass(86_400);
    expect(await recall(msgid)).toMatchObject({ errcode: 42052 });
  });
});

describe('the sent messages', () => {
  it('are listed by person and deleted by the admin endpoints', async () => {
    const wecom = await emulator();
    await send(wecom, { touser: 'user123' });
    await send(wecom, { touser: 'lisi' });
    const ask = async (method: string, query = '') =>
      (await fetch(`${wecom.url}/__admin/messages${query}`, { method })).json();
    expect(await ask('GET')).toMatchObject([{ number: 1 }, { number: 2 }]);
    expect(await ask('GET', '?userid=LISI')).toMatchObject([{ number: 2, receivers: ['lisi'] }]);
    expect(await ask('DELETE')).toEqual({ ok: true });
    expect(wecom.messages.list()).toEqual([]);
    await send(wecom);
    expect(wecom.messages.list('user123')).toMatchObject([{ number: 3 }]);
  });

  it('are the newest 10 000, and fewer if they went to a million members', () => {
    const kept = outbox(() => 0);
    const send = (receivers: string[]) =>
      kept.add({ channel: 'app', msgtype: 'text', content: {}, receivers }, '');
    for (let count = 0; count < 10_001; count += 1) send([]);
    expect(kept.list()).toHaveLength(10_000);
    expect(kept.list()[0]?.number).toBe(2);
    const everybody = Array<string>(400_000).fill('x');
    for (let count = 0; count < 3; count += 1) send(everybody);
    expect(kept.list().map(({ number }) => number)).toEqual([10_003, 10_004]);
  });
});

function markdown(content: string) {
  return { msgtype: 'markdown', markdown: { content } };
}

function card(fields: Json) {
  const textcard = { title: '通知', description: '内容', url: 'https://example.com', ...fields };
  return { msgtype: 'textcard', textcard };
}

function news(count: number) {
  const articles = Array(count).fill({ title: '标题', url: 'https://example.com' });
  return { msgtype: 'news', news: { articles } };
}

function notice(fields: Json) {
  const miniprogram_notice = { appid: 'wx0a1b2c3d4e5f6a7b', title: '会议', ...fields };
  return { msgtype: 'miniprogram_notice', miniprogram_notice };
}

function template(fields: Json) {
  const text = {
    main_title: { title: '告警' },
    card_action: { type: 1, url: 'https://example.com' },
  };
  return {
    msgtype: 'template_card',
    template_card: { card_type: 'text_notice', ...text, ...fields },
  };
}

async function uploadImage(wecom: Emulator): Promise<string> {
  const form = new FormData();
  form.set('media', new Blob([Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1')]), 'picture.png');
  const response = await fetch(
    `${wecom.url}/cgi-bin/media/upload?access_token=${await wecom.token()}&type=image`,
    { method: 'POST', body: form },
  );
  return ((await response.json()) as { media_id: string }).media_id;
}
