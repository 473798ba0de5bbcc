import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Emulator, emulator, type Json, MAIN_AGENT, OLD_AGENT } from './emulator.ts';

describe('menus', () => {
  const button = [
    { name: '帮助', type: 'click', key: 'help' },
    { name: '更多', sub_button: [{ name: '首页', type: 'view', url: 'https://example.com' }] },
  ];

  it('are created, read and deleted', async () => {
    const wecom = await emulator();
    const query = { access_token: await wecom.token(), agentid: MAIN_AGENT };
    expect(await wecom.get('menu/get', query)).toMatchObject({ errcode: 46003 });
    expect(await wecom.post('menu/create', query, { button })).toEqual({
      errcode: 0,
      errmsg: 'ok',
    });
    expect(await wecom.get('menu/get', query)).toEqual({ errcode: 0, errmsg: 'ok', button });
    expect(await wecom.get('menu/delete', query)).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(await wecom.get('menu/get', query)).toMatchObject({ errcode: 46003 });
    const other = { ...query, agentid: OLD_AGENT };
    expect(await wecom.get('menu/get', other)).toMatchObject({ errcode: 301002 });
  });

  const click = { name: '帮助', type: 'click', key: 'help' };
  const below = (sub_button: unknown) => [{ name: '更多', sub_button }];
  it.each([
    ['no button', [], 40016],
    ['four buttons', Array(4).fill(click), 40016],
    ['a button without a name', [{ ...click, name: '' }], 40018],
    ['a name of more than 16 bytes', [{ ...click, name: '一二三四五六' }], 40018],
    ['an unknown type', [{ ...click, type: 'toString' }], 40017],
    ['a button without a key', [{ ...click, key: undefined }], 40019],
    ['a page without an address', [{ name: '首页', type: 'view' }], 40020],
    ['six buttons below one', below(Array(6).fill(click)), 40023],
    ['no button below one', below([]), 40023],
    ['three levels', below([{ name: '更多', sub_button: [click] }]), 40022],
    ['an unknown type below', below([{ ...click, type: 'x' }]), 40024],
    ['a name of more than 40 bytes below', below([{ ...click, name: 'x'.repeat(41) }]), 40025],
    ['a button without a key below', below([{ ...click, key: '' }]), 40026],
    [
      'an address of 1 025 bytes',
      below([{ name: 'x', type: 'view', url: 'x'.repeat(1_025) }]),
      40027,
    ],
    [
      'a mini-program without a page',
      [{ name: 'x', type: 'view_miniprogram', appid: 'wx' }],
      40058,
    ],
  ])('refuse %s', async (_what, buttons, errcode) => {
    const wecom = await emulator();
    const query = { access_token: await wecom.token(), agentid: MAIN_AGENT };
    expect(await wecom.post('menu/create', query, { button: buttons })).toMatchObject({ errcode });
  });
});

describe('appchat', () => {
  /** Calls of the app that sees the root department. */
  async function chats(agentid = OLD_AGENT) {
    const wecom = await emulator();
    const access_token = await wecom.token(agentid);
    return {
      wecom,
      post: (name: string, body: Json) => wecom.post(`appchat/${name}`, { access_token }, body),
      get: (chatid: string) => wecom.get('appchat/get', { access_token, chatid }),
    };
  }
  const chat = { chatid: 'team', name: '小组', userlist: ['user123', 'lisi', 'WANGWU'] };

  it('creates a group, changes it and sends to its members', async () => {
    const { wecom, post, get } = await chats();
    expect(await post('create', chat)).toEqual({ errcode: 0, errmsg: 'ok', chatid: 'team' });
    const changes = { owner: 'lisi', del_user_list: ['user123'], add_user_list: ['zhouba'] };
    expect(await post('update', { chatid: 'team', name: '新组', ...changes })).toMatchObject({
      errcode: 0,
    });
    expect(await get('team')).toEqual({
      errcode: 0,
      errmsg: 'ok',
      chat_info: {
        chatid: 'team',
        name: '新组',
        owner: 'lisi',
        userlist: ['lisi', 'wangwu', 'zhouba'],
        chat_type: 0,
      },
    });
    const text = { msgtype: 'text', text: { content: '开会' } };
    expect(await post('send', { chatid: 'team', ...text })).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(wecom.messages.list('zhouba')).toMatchObject([
      { channel: 'chat', chatid: 'team', agentid: OLD_AGENT, content: { content: '开会' } },
    ]);
  });

  it('makes a chatid, and cuts a name after 50 characters', async () => {
    const { post, get } = await chats();
    const { chatid } = await post('create', { ...chat, chatid: undefined, name: '汉'.repeat(51) });
    expect(chatid).toMatch(/^[0-9a-zA-Z]{1,32}$/);
    expect(await get(String(chatid))).toMatchObject({ chat_info: { name: '汉'.repeat(50) } });
  });

  it.each([
    ['no members', 'create', { userlist: undefined }, 86204],
    ['one member', 'create', { chatid: 'other', userlist: ['user123'] }, 86006],
    ['a member who is not there', 'create', { userlist: ['user123', 'nobody'] }, 86216],
    ['an owner outside', 'create', { chatid: 'other', owner: 'zhouba' }, 86207],
    ['a chatid with a sign', 'create', { chatid: 'the-team' }, 86001],
    ['a chatid that is there', 'create', {}, 86215],
    ['no chatid', 'update', { chatid: '' }, 86201],
    ['an unknown chatid', 'update', { chatid: 'x' }, 86003],
    ['the owner leaving without another', 'update', { del_user_list: ['user123'] }, 86203],
    ['somebody leaving who is not in', 'update', { del_user_list: ['zhouba'] }, 86216],
    ['a card for members to answer', 'send', { msgtype: 'template_card' }, 40008],
  ])('refuses %s', async (_what, name, fields, errcode) => {
    const { post } = await chats();
    await post('create', chat);
    expect(await post(name, { ...chat, ...fields })).toMatchObject({ errcode });
  });

  it('is for apps that see the root department, each with its own groups', async () => {
    const { wecom, post } = await chats();
    await post('create', chat);
    const access_token = await wecom.token(MAIN_AGENT);
    const ask = () => wecom.get('appchat/get', { access_token, chatid: 'team' });
    expect(await ask()).toMatchObject({ errcode: 48002 });
    wecom.administrator.updateApp(MAIN_AGENT, { visible: { users: [], parties: [1], tags: [] } });
    expect(await ask()).toMatchObject({ errcode: 86008 });
  });
});

describe('webhook/send', () => {
  const key = 'e0000000-0000-4000-8000-000000000001';
  const send = (wecom: Emulator, body: Json, query: Record<string, string> = { key }) =>
    wecom.post('webhook/send', query, body);
  const picture = Buffer.from('picture');
  const image = {
    base64: picture.toString('base64'),
    md5: createHash('md5').update(picture).digest('hex'),
  };

  it('needs no token but the key', async () => {
    const wecom = await emulator();
    const text = { msgtype: 'text', text: { content: '部署完成', mentioned_list: ['@all'] } };
    expect(await send(wecom, text)).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(wecom.messages.list()).toMatchObject([
      { channel: 'webhook', webhook: '值班群', msgtype: 'text', content: text.text, receivers: [] },
    ]);
    for (const wrong of [{ key: 'x' }, {}]) {
      expect(await send(wecom, text, wrong as Record<string, string>)).toMatchObject({
        errcode: 93000,
        errmsg: expect.stringMatching(/^invalid webhook url, hint: /),
      });
    }
  });

  it.each([
    ['an unknown type', { msgtype: 'mpnews' }, 40008],
    ['no text', { msgtype: 'text', text: {} }, 44004],
    [
      'a markdown of 4 097 bytes',
      { msgtype: 'markdown', markdown: { content: 'x'.repeat(4_097) } },
      45002,
    ],
    ['an image with another md5', { msgtype: 'image', image: { ...image, md5: '0' } }, 301019],
    [
      'an article without an address',
      { msgtype: 'news', news: { articles: [{ title: 'x' }] } },
      41010,
    ],
    ['a file of the apps', { msgtype: 'file', file: { media_id: 'x' } }, 40007],
    [
      'a card for members to answer',
      { msgtype: 'template_card', template_card: { card_type: 'vote_interaction' } },
      42031,
    ],
  ])('refuses %s', async (_what, body, errcode) => {
    const wecom = await emulator();
    expect(await send(wecom, body)).toMatchObject({ errcode });
  });

  it('sends pictures, and files that were uploaded for it', async () => {
    const wecom = await emulator();
    expect(await send(wecom, { msgtype: 'image', image })).toMatchObject({ errcode: 0 });
    const form = new FormData();
    form.set('media', new Blob(['mytext']), 'wework.txt');
    const upload = async (body: BodyInit, with_key: string) => {
      const address = `${wecom.url}/cgi-bin/webhook/upload_media?key=${with_key}&type=file`;
      return (await (await fetch(address, { method: 'POST', body })).json()) as Json;
    };
    const { media_id } = await upload(form, key);
    expect(await send(wecom, { msgtype: 'file', file: { media_id } })).toMatchObject({
      errcode: 0,
    });
    expect(await upload('', 'x')).toMatchObject({ errcode: 44001 });
    expect(await upload(form, 'x')).toMatchObject({ errcode: 93000 });
    // An app has no part in it.
    const access_token = await wecom.token();
    expect(
      await wecom.get('media/get', { access_token, media_id: String(media_id) }),
    ).toMatchObject({ errcode: 40007 });
  });

  it('has no key in what the admin endpoint says of the company', async () => {
    const wecom = await emulator();
    const text = async (path: string) => (await fetch(`${wecom.url}/__admin/${path}`)).text();
    expect(await text('company')).toContain('值班群');
    expect(await text('company')).not.toContain(key);
    expect(await text('apps')).toContain(key);
  });
});
