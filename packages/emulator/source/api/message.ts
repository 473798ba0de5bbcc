import { randomToken } from '../credentials/randomToken.ts';
import type { App, Member } from '../directory/types.ts';
import { type Errcode, Refusal } from '../wire/errcodes.ts';
import { type AppEndpoint, DetailedRefusal, type Emulator } from './endpoint.ts';
import { APP_TYPES, INTERACTIVE_CARDS, messageContent } from './messageContent.ts';
import { checkAgentid, text, uint32 } from './parameters.ts';

const MAX_DUPLICATE_CHECK_SECONDS = 4 * 3_600;

/**
 * POST message/send (document 90236). Members outside the visible range, and unknown ones, are named in the
 * answer; 81013 if nobody is left. Its limits on messages a day and a minute are not emulated.
 */
export const messageSend: AppEndpoint = {
  path: 'message/send',
  document: 90236,
  method: 'POST',
  token: true,
  only: 'app',
  bareInvalidToken: true,
  answer(emulator, { body }, app) {
    checkAgentid(emulator, app, body['agentid']);
    const { receivers, invalid } = addressees(emulator, app, body);
    const { msgtype, content } = messageContent(emulator, app, body, APP_TYPES);
    if (receivers.length === 0) throw new DetailedRefusal(81013, invalid);
    const request = JSON.stringify(body);
    const isChecked = body['enable_duplicate_check'] === 1;
    const interval = uint32(body['duplicate_check_interval']) ?? 1_800;
    const seconds = Math.min(interval, MAX_DUPLICATE_CHECK_SECONDS);
    const repeated = isChecked
      ? emulator.messages.repeated(request, app.agentid, seconds)
      : undefined;
    const msgid = repeated?.msgid ?? randomToken(43);
    if (repeated === undefined) {
      const { agentid } = app;
      const message = { channel: 'app' as const, agentid, msgid, msgtype, content, receivers };
      emulator.messages.add(message, request);
    }
    const isInteractive = INTERACTIVE_CARDS.has(content['card_type']);
    return { ...invalid, msgid, ...(isInteractive && { response_code: randomToken(43) }) };
  },
};

/** POST message/recall (document 94867): the app's own message, within 24 hours. */
export const messageRecall: AppEndpoint = {
  path: 'message/recall',
  document: 94867,
  method: 'POST',
  token: true,
  only: 'app',
  bareInvalidToken: true,
  answer({ messages, clock }, { body }, app) {
    const msgid = text(body['msgid']);
    const message = messages.byMsgid(msgid);
    if (message === undefined || message.agentid !== app.agentid) throw new Refusal(40058);
    if (message.time + 86_400_000 <= clock()) throw new Refusal(42052);
    messages.recall(msgid);
    return {};
  },
};

/** Who gets the message, and what the answer names as invalid. userids are in lower case there. */
function addressees(
  emulator: Emulator,
  app: App,
  { touser, toparty, totag }: Readonly<Record<string, unknown>>,
): { receivers: string[]; invalid: Record<string, string> } {
  const { company, directory } = emulator;
  const isEverybody = touser === '@all';
  const users = isEverybody ? [] : parts(touser, 1_000, 40032);
  const parties = isEverybody ? [] : parts(toparty, 100, 82002);
  const tags = isEverybody ? [] : parts(totag, 100, 82003);
  if (!isEverybody && users.length + parties.length + tags.length === 0) throw new Refusal(82001);

  const found = new Set<Member>();
  const invalid: Record<'users' | 'parties' | 'tags', string[]> = {
    users: [],
    parties: [],
    tags: [],
  };
  const addVisible = (members: Iterable<Member>) => {
    for (const member of members) if (directory.isVisible(app, member)) found.add(member);
  };
  if (isEverybody) addVisible(company.members);
  for (const userid of users) {
    const member = directory.member(userid);
    if (member !== undefined && directory.isVisible(app, member)) found.add(member);
    else invalid.users.push(userid.toLowerCase());
  }
  for (const party of parties) {
    const id = uint32(party);
    if (id === undefined || !directory.visibleDepartments(app).has(id)) invalid.parties.push(party);
    else addVisible(directory.membersBelow(id));
  }
  for (const each of tags) {
    const tag = directory.tag(uint32(each) ?? -1);
    if (tag === undefined) invalid.tags.push(each);
    else {
      addVisible(tag.userlist.flatMap((userid) => directory.member(userid) ?? []));
      for (const id of tag.partylist) addVisible(directory.membersBelow(id));
    }
  }
  const receivers: string[] = [];
  const unlicensed: string[] = [];
  for (const member of found) {
    if (member.unlicensed) unlicensed.push(member.userid.toLowerCase());
    else receivers.push(member.userid);
  }
  const named = {
    invaliduser: invalid.users,
    invalidparty: invalid.parties,
    invalidtag: invalid.tags,
    unlicenseduser: unlicensed,
  };
  return {
    receivers,
    invalid: Object.fromEntries(
      Object.entries(named)
        .filter(([, items]) => items.length > 0)
        .map(([name, items]) => [name, items.join('|')]),
    ),
  };
}

/** `a|b`; spaces around are tolerated, as the document's own example has them. */
function parts(value: unknown, max: number, errcode: Errcode): string[] {
  const written = typeof value === 'number' ? String(value) : text(value);
  const found = written
    .split('|')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (found.length > max) throw new Refusal(errcode);
  return found;
}
