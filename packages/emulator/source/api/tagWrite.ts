import type { App, Company, Tag } from '../directory/types.ts';
import { type Errcode, Refusal } from '../wire/errcodes.ts';
import { tagWrite } from './contactWrite.ts';
import type { Data, Emulator } from './endpoint.ts';
import { lengthOf, text, uint32 } from './parameters.ts';

const MAX_TAGS = 3_000;
/** Members and departments of a tag. */
const MAX_NODES = 30_000;

/** POST tag/create (document 90210): the tag belongs to the app that created it. */
export const tagCreate = tagWrite(
  'tag/create',
  90210,
  'POST',
  ({ company, directory }, { body }, { agentid }, administrator) => {
    const tagname = nameOf(company, body['tagname']);
    const highest = company.tags.reduce((max, tag) => Math.max(max, tag.tagid), 0);
    const tagid = body['tagid'] === undefined ? highest + 1 : uint32(body['tagid']);
    if (tagid === undefined || directory.tag(tagid) !== undefined) throw new Refusal(40068);
    if (company.tags.length >= MAX_TAGS) throw new Refusal(40126);
    administrator.createTag({ tagid, tagname, userlist: [], partylist: [], creator: agentid });
    return { errmsg: 'created', tagid };
  },
);

/** POST tag/update (document 90211). */
export const tagUpdate = tagWrite(
  'tag/update',
  90211,
  'POST',
  (emulator, { body }, app, administrator) => {
    const tag = writableTag(emulator, app, body['tagid']);
    administrator.renameTag(tag.tagid, nameOf(emulator.company, body['tagname'], tag));
    return { errmsg: 'updated' };
  },
);

/** GET tag/delete (document 90212). */
export const tagDelete = tagWrite(
  'tag/delete',
  90212,
  'GET',
  (emulator, { query }, app, administrator) => {
    administrator.deleteTag(writableTag(emulator, app, query.get('tagid')).tagid);
    return { errmsg: 'deleted' };
  },
);

/** POST tag/addtagusers (document 90214): 40070 if every member and department named is invalid. */
export const tagAddtagusers = tagWrite(
  'tag/addtagusers',
  90214,
  'POST',
  (emulator, { body }, app, administrator) => {
    const tag = writableTag(emulator, app, body['tagid']);
    const { users, parties, invalid } = named(emulator, app, body, 40070);
    const added = tag.userlist.length + tag.partylist.length + users.length + parties.length;
    if (added > MAX_NODES) throw new Refusal(81003);
    administrator.tag(tag.tagid, { addUsers: users, addParties: parties });
    return invalid;
  },
);

/** POST tag/deltagusers (document 90215): 40031 if every member and department named is invalid. */
export const tagDeltagusers = tagWrite(
  'tag/deltagusers',
  90215,
  'POST',
  (emulator, { body }, app, administrator) => {
    const tag = writableTag(emulator, app, body['tagid']);
    const { users, parties, invalid } = named(emulator, app, body, 40031);
    administrator.tag(tag.tagid, { delUsers: users, delParties: parties });
    return { errmsg: 'deleted', ...invalid };
  },
);

/**
 * An app may change the tags it created; the contacts-sync secret those of the administrator as well
 * (document 90313, 81011).
 */
function writableTag({ directory, behaviour }: Emulator, app: App, value: unknown): Tag {
  if (value === undefined || value === null || value === '') throw new Refusal(41017);
  const tag = directory.tag(uint32(value) ?? -1);
  if (tag === undefined) throw new Refusal(40068);
  const isAdministrators = tag.creator === undefined && app.kind === 'contacts-sync';
  if (tag.creator !== app.agentid && !isAdministrators) {
    throw new Refusal(behaviour.foreignTagErrcode);
  }
  return tag;
}

function nameOf({ tags }: Company, value: unknown, self?: Tag): string {
  if (value === undefined) throw new Refusal(41018);
  const name = text(value);
  if (name === '' || lengthOf(name) > 32) throw new Refusal(40072);
  if (tags.some((tag) => tag !== self && tag.tagname === name)) throw new Refusal(40071);
  return name;
}

/** What `userlist` and `partylist` name and the app may see; the rest is in the answer. */
function named(
  { directory }: Emulator,
  app: App,
  { userlist = [], partylist = [] }: Readonly<Record<string, unknown>>,
  noneErrcode: Errcode,
): { users: string[]; parties: number[]; invalid: Data } {
  if (!Array.isArray(userlist) || !Array.isArray(partylist)) throw new Refusal(40035);
  if (userlist.length + partylist.length === 0) throw new Refusal(40035);
  if (userlist.length > 1_000 || partylist.length > 100) throw new Refusal(40035);
  const users: string[] = [];
  const invalidlist: string[] = [];
  for (const each of userlist) {
    const member = directory.member(text(each));
    if (member !== undefined && directory.isVisible(app, member)) users.push(member.userid);
    else invalidlist.push(String(each));
  }
  const seen = directory.visibleDepartments(app);
  const parties = partylist.map((each) => uint32(each) ?? -1).filter((id) => seen.has(id));
  const invalidparty = partylist.filter((each) => !seen.has(uint32(each) ?? -1));
  const invalid = {
    ...(invalidlist.length > 0 && { invalidlist: invalidlist.join('|') }),
    ...(invalidparty.length > 0 && { invalidparty }),
  };
  if (users.length + parties.length === 0) throw new Refusal(noneErrcode);
  return { users, parties, invalid };
}
