import { describe, expect, it } from 'vitest';
import { type Emulator, emulator, type Json, OLD_AGENT } from './emulator.ts';

const PNG = '\x89PNG\r\n\x1a\nrest';

/** Uploads a form as it is written here: characters are bytes. */
async function uploadForm(wecom: Emulator, path: string, form: string, query: Json): Promise<Json> {
  const parameters = new URLSearchParams(query as Record<string, string>);
  const response = await fetch(`${wecom.url}/cgi-bin/${path}?${parameters}`, {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/form-data; boundary="the boundary"' },
    body: Buffer.from(form, 'latin1'),
  });
  return (await response.json()) as Json;
}

function formOf(
  content: string,
  disposition = 'name="media"; filename="wework.txt"; filelength=6',
) {
  return [
    '--the boundary',
    `Content-Disposition: form-data; ${disposition}`,
    'Content-Type: text/plain',
    '',
    content,
    '--the boundary--',
    '',
  ].join('\r\n');
}

async function upload(wecom: Emulator, type: string, form: string): Promise<Json> {
  const access_token = await wecom.token();
  return await uploadForm(wecom, 'media/upload', form, { access_token, type });
}

describe('media/upload and media/get', () => {
  it('look for the file in a hundred parts with small heads, and no further', async () => {
    const wecom = await emulator();
    const parts = (count: number) => '--the boundary\r\n\r\nx\r\n'.repeat(count);
    for (const [form, errcode] of [
      [parts(99) + formOf('mytext'), 0],
      [parts(100) + formOf('mytext'), 44001],
      [formOf('mytext', `name="media"; filename="${'\\"'.repeat(1_000_000)}"`), 44001],
    ] as const) {
      expect(await upload(wecom, 'file', form)).toMatchObject({ errcode });
    }
  });

  it('give a name in Chinese back', async () => {
    const wecom = await emulator();
    const name = Buffer.from('报告.txt').toString('latin1');
    const form = formOf('mytext', `name="media"; filename="${name}"`);
    const { media_id } = await upload(wecom, 'file', form);
    const query = new URLSearchParams({
      access_token: await wecom.token(),
      media_id: String(media_id),
    });
    const response = await fetch(`${wecom.url}/cgi-bin/media/get?${query}`);
    expect([response.status, await response.text()]).toEqual([200, 'mytext']);
  });

  it('keep a file of any app for three days', async () => {
    const wecom = await emulator();
    const uploaded = await upload(wecom, 'file', formOf('mytext'));
    expect(uploaded).toEqual({
      errcode: 0,
      errmsg: 'ok',
      type: 'file',
      media_id: expect.any(String),
      created_at: String(wecom.now() / 1000),
    });
    const access_token = await wecom.token(OLD_AGENT);
    const media_id = String(uploaded['media_id']);
    const address = `${wecom.url}/cgi-bin/media/get?${new URLSearchParams({ access_token, media_id })}`;
    const response = await fetch(address);
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="wework.txt"');
    expect(await response.text()).toBe('mytext');
    wecom.pass(3 * 86_400);
    const later = { access_token: await wecom.token(OLD_AGENT) };
    expect(await wecom.get('media/get', { ...later, media_id })).toMatchObject({ errcode: 40007 });
    expect(await wecom.get('media/get', later)).toMatchObject({ errcode: 41006 });
  });

  it('give every byte back, and a Chinese name as UTF-8', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const form = new FormData();
    form.set('media', new Blob([bytes], { type: 'application/pdf' }), '月报 "一".pdf');
    const response = await fetch(
      `${wecom.url}/cgi-bin/media/upload?access_token=${access_token}&type=file`,
      { method: 'POST', body: form },
    );
    const { media_id } = (await response.json()) as { media_id: string };
    const back = await fetch(
      `${wecom.url}/cgi-bin/media/get?access_token=${access_token}&media_id=${media_id}`,
    );
    const disposition = Buffer.from(back.headers.get('content-disposition') ?? '', 'latin1');
    expect(disposition.toString('utf8')).toBe('attachment; filename="月报 _一_.pdf"');
    expect(back.headers.get('content-type')).toBe('application/pdf');
    expect(Buffer.from(await back.arrayBuffer())).toEqual(bytes);
  });

  // Older versions of Python's requests write Chinese names so (weworkapi_python#1).
  it('find no file whose name is in filename* alone, unless told to', async () => {
    const wecom = await emulator();
    const form = formOf('mytext', 'name="media"; filename*=utf-8\'\'%E6%9C%88%E6%8A%A5.txt');
    expect(await upload(wecom, 'file', form)).toMatchObject({
      errcode: 44001,
      errmsg: expect.stringMatching(/^empty media data, hint: /),
    });
    wecom.behaviour.extendedFileName = 'read';
    expect(await upload(wecom, 'file', form)).toMatchObject({ errcode: 0 });
  });

  it.each([
    ['an unknown type', 'toString', formOf('mytext'), 40005],
    ['no file', 'file', formOf('mytext', 'name="media"'), 44001],
    ['a form without its end', 'file', '--the boundary\r\n\r\n', 44001],
    ['nothing', 'file', '', 44001],
    ['an empty file', 'file', formOf(''), 44001],
    ['five bytes', 'file', formOf('12345'), 40006],
    ['an image that is none', 'image', formOf('mytext'), 40123],
    ['a voice that is no AMR', 'voice', formOf('mytext'), 40004],
    ['a video that is no MP4', 'video', formOf('mytext'), 40004],
    ['an image of more than 10 MB', 'image', formOf(PNG + 'x'.repeat(10 * 1024 * 1024)), 40009],
    ['a voice of more than 2 MB', 'voice', formOf(`#!AMR${'x'.repeat(2 * 1024 * 1024)}`), 301016],
    ['a file of more than 20 MB', 'file', formOf('x'.repeat(20 * 1024 * 1024 + 1)), 45001],
  ])('refuse %s', async (_what, type, form, errcode) => {
    const wecom = await emulator();
    expect(await upload(wecom, type, form)).toMatchObject({ errcode });
  });

  it.each([
    ['image', PNG],
    ['image', '\xff\xd8\xff\xe0rest'],
    ['voice', '#!AMR\nrest'],
    ['video', '\0\0\0\x18ftypmp42'],
  ])('take a real %s', async (type, content) => {
    const wecom = await emulator();
    expect(await upload(wecom, type, formOf(content))).toMatchObject({ errcode: 0, type });
  });
});

describe('media/uploadimg', () => {
  it('gives an address for an image of at most 2 MB', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const ask = (form: string) => uploadForm(wecom, 'media/uploadimg', form, { access_token });
    expect(await ask(formOf(PNG))).toEqual({
      errcode: 0,
      errmsg: 'ok',
      url: expect.stringMatching(/^https:\/\/wework\.qpic\.cn\/wwpic\//),
    });
    expect(await ask(formOf('mytext'))).toMatchObject({ errcode: 40123 });
    expect(await ask(formOf(PNG + 'x'.repeat(2 * 1024 * 1024)))).toMatchObject({ errcode: 40009 });
  });
});
