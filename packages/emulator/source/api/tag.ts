import { Refusal } from '../wire/errcodes.ts';
import { contactEndpoint } from './contactEndpoint.ts';

/** GET tag/list (document 90216): self-built apps and contacts-sync see all tags. */
export const tagList = contactEndpoint({
  path: 'tag/list',
  document: 90216,
  empty: { taglist: [] },
  answer: ({ company }) => ({
    taglist: company.tags.map(({ tagid, tagname }) => ({ tagid, tagname })),
  }),
});

/** GET tag/get (document 90213): only members and departments inside the visible range. */
export const tagGet = contactEndpoint({
  path: 'tag/get',
  document: 90213,
  empty: { userlist: [], partylist: [] },
  answer({ directory }, { query }, app) {
    const asked = query.get('tagid') ?? '';
    if (asked === '') throw new Refusal(41017);
    const tag = /^\d{1,10}$/.test(asked) ? directory.tag(Number(asked)) : undefined;
    if (tag === undefined) throw new Refusal(40068);
    const seen = directory.visibleDepartments(app);
    const userlist = tag.userlist
      .map((userid) => directory.member(userid))
      .filter((member) => member !== undefined)
      .filter((member) => directory.isVisible(app, member))
      .map(({ userid, name }) => ({ userid, name }));
    return {
      tagname: tag.tagname,
      userlist,
      partylist: tag.partylist.filter((id) => seen.has(id)),
    };
  },
});
