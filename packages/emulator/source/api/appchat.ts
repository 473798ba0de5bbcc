import { randomToken } from '../credentials/randomToken.ts';
import type { App } from '../directory/types.ts';
import type { AppChat } from '../messages/appChat.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { AppEndpoint, Call, Data, Emulator } from './endpoint.ts';
import { APP_TYPES, messageContent } from './messageContent.ts';
import { list, text } from './parameters.ts';
import { NEEDS_ROOT } from './rules.ts';

const MAX_CHATS = 10_000;
const MAX_MEMBERS = 2_000;

/** POST appchat/create (document 90245). Without an owner it is the first member, where WeCom draws one. */
export const appchatCreate = appchat('create', 90245, 'POST', (emulator, { body }, app) => {
  const { chats } = emulator;
  const userlist = membersOf(emulator, app, body['userlist']);
  const owner = body['owner'] === undefined ? userlist[0] : text(body['owner']);
  const chatid = body['chatid'] === undefined ? newChatid() : text(body['chatid']);
  if (!/^[0-9a-zA-Z]{1,32}$/.test(chatid)) throw new Refusal(86001);
  if (chats.has(chatid)) throw new Refusal(86215);
  keep(emulator, {
    agentid: app.agentid,
    chatid,
    name: nameOf(body),
    owner: owner ?? '',
    userlist,
  });
  const [oldest] = chats.keys();
  if (chats.size > MAX_CHATS && oldest !== undefined) chats.delete(oldest);
  return { chatid };
});

/** POST appchat/update (document 98913). */
export const appchatUpdate = appchat('update', 98913, 'POST', (emulator, { body }, app) => {
  const chat = ownChat(emulator, app, body['chatid']);
  const gone = list(body['del_user_list']).map(text);
  if (gone.some((userid) => !chat.userlist.includes(userid))) throw new Refusal(86216);
  const added = knownUsers(emulator, app, body['add_user_list'] ?? []);
  const stay = chat.userlist.filter((userid) => !gone.includes(userid));
  const userlist = [...new Set([...stay, ...added])];
  if (body['owner'] === undefined && gone.includes(chat.owner)) throw new Refusal(86203);
  const owner = body['owner'] === undefined ? chat.owner : text(body['owner']);
  const name = body['name'] === undefined ? chat.name : nameOf(body);
  keep(emulator, { ...chat, name, owner, userlist });
  return {};
});

/** GET appchat/get (document 98914). */
export const appchatGet = appchat('get', 98914, 'GET', (emulator, { query }, app) => {
  const { chatid, name, owner, userlist } = ownChat(emulator, app, query.get('chatid'));
  return { chat_info: { chatid, name, owner, userlist, chat_type: 0 } };
});

const CHAT_TYPES: ReadonlySet<string> = new Set(
  [...APP_TYPES].filter((type) => type !== 'miniprogram_notice' && type !== 'template_card'),
);

/** POST appchat/send (document 90248). */
export const appchatSend = appchat('send', 90248, 'POST', (emulator, { body }, app) => {
  const { agentid, chatid, userlist } = ownChat(emulator, app, body['chatid']);
  const { msgtype, content } = messageContent(emulator, app, body, CHAT_TYPES);
  const message = { channel: 'chat' as const, agentid, chatid, msgtype, content };
  emulator.messages.add({ ...message, receivers: userlist }, JSON.stringify(body));
  return {};
});

/** Only self-built apps whose visible range is the root department (document 90313, 48002). */
function appchat(
  name: string,
  document: number,
  method: AppEndpoint['method'],
  answer: (emulator: Emulator, call: Call, app: App) => Data,
): AppEndpoint {
  return {
    path: `appchat/${name}`,
    document,
    method,
    token: true,
    only: 'app',
    answer(emulator, call, app) {
      if (!app.visible.parties.includes(1)) throw new Refusal(48002, NEEDS_ROOT);
      return answer(emulator, call, app);
    },
  };
}

function ownChat({ chats }: Emulator, app: App, chatid: unknown): AppChat {
  if (text(chatid) === '') throw new Refusal(86201);
  const chat = chats.get(text(chatid));
  if (chat === undefined) throw new Refusal(86003);
  if (chat.agentid !== app.agentid) throw new Refusal(86008);
  return chat;
}

function keep({ chats }: Emulator, chat: AppChat): void {
  if (chat.userlist.length < 2 || chat.userlist.length > MAX_MEMBERS) throw new Refusal(86006);
  if (!chat.userlist.includes(chat.owner)) throw new Refusal(86207);
  chats.set(chat.chatid, chat);
}

function membersOf(emulator: Emulator, app: App, value: unknown): string[] {
  if (list(value).length === 0) throw new Refusal(86204);
  return knownUsers(emulator, app, value);
}

function knownUsers({ directory }: Emulator, app: App, value: unknown): string[] {
  const members = list(value).map((userid) => directory.member(text(userid)));
  const found = members.flatMap((member) =>
    member !== undefined && directory.isVisible(app, member) ? member.userid : [],
  );
  if (found.length < members.length) throw new Refusal(86216);
  return [...new Set(found)];
}

/** At most 50 characters: the rest is cut (document 90245). */
function nameOf(body: Readonly<Record<string, unknown>>): string {
  return [...text(body['name'])].slice(0, 50).join('');
}

function newChatid(): string {
  return randomToken(48)
    .replace(/[^0-9a-zA-Z]/g, '')
    .slice(0, 32);
}
