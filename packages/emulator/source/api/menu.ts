import { type Errcode, Refusal } from '../wire/errcodes.ts';
import type { AppEndpoint } from './endpoint.ts';
import { bytesOf, checkAgentid, list, object, text } from './parameters.ts';

/** POST menu/create (document 90231). */
export const menuCreate: AppEndpoint = {
  path: 'menu/create',
  document: 90231,
  method: 'POST',
  token: true,
  only: 'app',
  answer(emulator, { query, body }, app) {
    checkAgentid(emulator, app, query.get('agentid'));
    const button = list(body['button']);
    if (button.length < 1 || button.length > 3) throw new Refusal(40016);
    for (const each of button.map(object)) {
      const { sub_button: below } = each;
      if (below === undefined) checkButton(each, TOP);
      else checkParent(each, list(below));
    }
    emulator.administratorFor(app).updateApp(app.agentid, { menu: { button: [...button] } });
    return {};
  },
};

/** GET menu/get (document 90232): as it was created. 46003 without one. */
export const menuGet: AppEndpoint = {
  path: 'menu/get',
  document: 90232,
  method: 'GET',
  token: true,
  only: 'app',
  answer(emulator, { query }, app) {
    checkAgentid(emulator, app, query.get('agentid'));
    if (app.menu === undefined) throw new Refusal(46003);
    return { ...app.menu };
  },
};

/** GET menu/delete (document 90233). */
export const menuDelete: AppEndpoint = {
  path: 'menu/delete',
  document: 90233,
  method: 'GET',
  token: true,
  only: 'app',
  answer(emulator, { query }, app) {
    checkAgentid(emulator, app, query.get('agentid'));
    emulator.administratorFor(app).updateApp(app.agentid, { menu: undefined });
    return {};
  },
};

/** What a button needs besides its name: a key, an address, or a page of a mini-program. */
const TYPES: Readonly<Record<string, 'key' | 'url' | 'page'>> = {
  click: 'key',
  view: 'url',
  scancode_push: 'key',
  scancode_waitmsg: 'key',
  pic_sysphoto: 'key',
  pic_photo_or_album: 'key',
  pic_weixin: 'key',
  location_select: 'key',
  view_miniprogram: 'page',
};

/** The most bytes of a name, and the errcodes, of the first and the second level. */
interface Level {
  maxName: number;
  name: Errcode;
  type: Errcode;
  key: Errcode;
  url: Errcode;
}

const TOP: Level = { maxName: 16, name: 40018, type: 40017, key: 40019, url: 40020 };
const SUB: Level = { maxName: 40, name: 40025, type: 40024, key: 40026, url: 40027 };

function checkParent(button: Readonly<Record<string, unknown>>, below: readonly unknown[]): void {
  checkName(button, TOP);
  if (below.length < 1 || below.length > 5) throw new Refusal(40023);
  for (const each of below.map(object)) {
    if (list(each['sub_button']).length > 0) throw new Refusal(40022);
    checkButton(each, SUB);
  }
}

function checkButton(button: Readonly<Record<string, unknown>>, level: Level): void {
  checkName(button, level);
  const type = text(button['type']);
  if (!Object.hasOwn(TYPES, type)) throw new Refusal(level.type);
  const needs = TYPES[type];
  if (needs === 'key' && !within(button['key'], 128)) throw new Refusal(level.key);
  if (needs === 'url' && !within(button['url'], 1_024)) throw new Refusal(level.url);
  if (needs === 'page' && !(within(button['appid'], 128) && within(button['pagepath'], 1_024))) {
    throw new Refusal(40058);
  }
}

function checkName(button: Readonly<Record<string, unknown>>, level: Level): void {
  if (!within(button['name'], level.maxName)) throw new Refusal(level.name);
}

function within(value: unknown, maxBytes: number): boolean {
  return text(value) !== '' && bytesOf(text(value)) <= maxBytes;
}
