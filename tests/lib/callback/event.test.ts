import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { type CallbackEvent, readEvent } from '../../../lib/callback/event.ts';
import { readEnvelope, readXml } from '../../../lib/callback/xml.ts';
import { envelope, eventXml } from '../../harness/callbackRequest.ts';
import { approvalEvent, openApprovalEvent } from './approvals.ts';

const CORP_ID = 'ww0a1b2c3d4e5f6a7b';
const AGENT_ID = '1000002';
const NOW = Date.UTC(2026, 2, 2);
/** In seconds, as WeCom sends it. */
const CREATED = 1_772_000_000;

const read = (text: string) =>
  readEvent(text, { corpId: CORP_ID, agentId: AGENT_ID, now: NOW, sentAt: NOW });

/** What an event says, without its id and time. */
function contentOf(event: CallbackEvent): Record<string, unknown> {
  if (event.type === 'unknown') return { ...event };
  const { id, createdAt, clockLagSeconds, ...content } = event;
  return content;
}

type Fields = Record<string, string | number>;
const textOf = (fields: Fields) => eventXml(CORP_ID, { CreateTime: CREATED, ...fields });
const event = (fields: Fields) => contentOf(read(textOf(fields)));
const changeText = (type: string, fields: Fields) =>
  textOf({ FromUserName: 'sys', Event: 'change_contact', ChangeType: type, ...fields });
const change = (type: string, fields: Fields) => contentOf(read(changeText(type, fields)));

/** The text with more elements at its end. */
const append = (text: string, elements: string) => text.replace('</xml>', `${elements}</xml>`);

describe('an event', () => {
  it.each(['subscribe', 'unsubscribe'])('%s names the member who sent it', (type) => {
    const fields = { FromUserName: 'ZhangSan', Event: type, EventKey: '', AgentID: 1000002 };
    expect(event(fields)).toEqual({ type, userid: 'ZhangSan' });
  });

  it('create_user is read in its full form', () => {
    const text = append(
      changeText('create_user', {
        UserID: 'lisi',
        Name: '李四 & <b>]]',
        Department: '1,2,3',
        IsLeaderInDept: '1,0,0',
        Mobile: '13800138000',
        Status: 1,
      }),
      '<ExtAttr><Item><Name><![CDATA[爱好]]></Name><Type>0</Type><Text><Value><![CDATA[旅游]]></Value></Text></Item><Item><Name><![CDATA[卡号]]></Name></Item></ExtAttr>',
    );
    expect(contentOf(read(text))).toEqual({ type: 'create_user', userid: 'lisi' });
  });

  it.each([
    ['create_user', { UserID: 'lisi', Department: '1,2' }, { userid: 'lisi' }],
    ['delete_user', { UserID: 'lisi' }, { userid: 'lisi' }],
    ['update_user', { UserID: 'lisi', Name: '李四' }, { userid: 'lisi' }],
    ['update_user', { UserID: 'a', NewUserID: 'b' }, { userid: 'a', newUserid: 'b' }],
    ['update_user', { UserID: 'a', NewUserId: 'b' }, { userid: 'a', newUserid: 'b' }],
    ['create_party', { Id: 2, Name: '张三', ParentId: 1, Order: 1 }, { departmentId: 2 }],
    ['update_party', { Id: 2, ParentId: 1 }, { departmentId: 2 }],
    ['delete_party', { Id: 4_294_967_295 }, { departmentId: 4_294_967_295 }],
    ['update_tag', { TagId: 1, AddUserItems: 'zhangsan,lisi' }, { tagId: 1 }],
  ])('%s with %o is read', (type, fields, content) => {
    expect(change(type, fields)).toEqual({ type, ...content });
  });

  it('of the contact book is read whatever its AgentID, because it belongs to no app', () => {
    for (const AgentID of ['', '0', '2000002']) {
      expect(change('delete_user', { UserID: 'lisi', AgentID })).toEqual({
        type: 'delete_user',
        userid: 'lisi',
      });
    }
  });

  it.each([
    [
      'another event of the app',
      textOf({ FromUserName: 'a', Event: 'enter_agent' }),
      'enter_agent',
    ],
    ['a message', textOf({ MsgType: 'text', Content: 'subscribe' }), 'message text'],
    [
      'a message that calls itself an event',
      textOf({ MsgType: 'text', Event: 'subscribe' }),
      'message text',
    ],
    [
      'a message that calls itself a change of the contact book',
      textOf({ MsgType: 'text', Event: 'change_contact', ChangeType: 'delete_user', UserID: 'a' }),
      'message text',
    ],
    ['another change', changeText('create_chain', {}), 'change_contact create_chain'],
    ['an event with an odd name', textOf({ Event: '<b>' }), 'without a name'],
    ['an event with a long name', textOf({ Event: 'e'.repeat(65) }), 'without a name'],
    [
      'another app',
      textOf({ FromUserName: 'a', Event: 'subscribe', AgentID: 1000003 }),
      'for another app',
    ],
    [
      'another corp',
      eventXml('ww1', { FromUserName: 'a', Event: 'subscribe' }),
      'for another corp',
    ],
  ])('is unknown if it is %s', (_, text, what) => {
    expect(read(text)).toEqual({ type: 'unknown', what });
  });

  it.each([
    ['JSON', '{"Event":"subscribe"}', 'message'],
    ['nothing', '', 'message'],
    ['an empty message', '<xml></xml>', 'message'],
    ['a message to nobody', '<xml><MsgType>event</MsgType></xml>', 'ToUserName'],
    ['two receivers', append(textOf({}), '<ToUserName>ww1</ToUserName>'), 'ToUserName'],
    ['no type', textOf({ MsgType: '' }), 'MsgType'],
    ['no event', textOf({}), 'Event'],
    ['two events', append(textOf({ Event: 'a' }), '<Event>b</Event>'), 'Event'],
    ['no change', textOf({ Event: 'change_contact' }), 'ChangeType'],
    [
      'two apps',
      append(textOf({ Event: 'subscribe', AgentID: 1 }), '<AgentID>1</AgentID>'),
      'AgentID',
    ],
    ['subscribe of nobody', textOf({ Event: 'subscribe' }), 'FromUserName'],
    ['delete_user of nobody', changeText('delete_user', {}), 'UserID'],
    ['delete_user of an empty userid', changeText('delete_user', { UserID: '' }), 'UserID'],
    ['update_user of nobody', changeText('update_user', { NewUserID: 'b' }), 'UserID'],
    ['a userid with spaces', changeText('delete_user', { UserID: ' lisi ' }), 'UserID'],
    ['a userid of 65 characters', changeText('create_user', { UserID: 'a'.repeat(65) }), 'UserID'],
    ["a linked corp's member", changeText('delete_user', { UserID: 'ww1/lisi' }), 'UserID'],
    ['a userid with a broken byte', changeText('delete_user', { UserID: 'li\ufffdsi' }), 'UserID'],
    [
      'a userid with a control character',
      changeText('delete_user', { UserID: 'li\bsi' }),
      'UserID',
    ],
    [
      'two userids',
      append(changeText('delete_user', { UserID: 'a' }), '<UserID>b</UserID>'),
      'UserID',
    ],
    [
      'a nested userid',
      append(changeText('delete_user', {}), '<UserID><UserID>b</UserID></UserID>'),
      'UserID',
    ],
    ...['', '0', '007', '-1', '1.5', '1e3', '0x10', '1 2', '4294967296', '99999999999'].flatMap(
      (id): [string, string, string][] => [
        [`the department "${id}"`, changeText('delete_party', { Id: id }), 'Id'],
        [`the tag "${id}"`, changeText('update_tag', { TagId: id }), 'TagId'],
      ],
    ),
  ])('is unreadable with %s', (_, text, unreadable) => {
    expect(read(text)).toMatchObject({ type: 'unknown', unreadable });
  });

  it('is named for the log if one of its fields is unreadable', () => {
    expect(change('delete_user', {})).toMatchObject({ what: 'change_contact delete_user' });
    expect(change('update_tag', {})).toMatchObject({ what: 'change_contact update_tag' });
    expect(event({ Event: 'unsubscribe' })).toMatchObject({ what: 'unsubscribe' });
  });

  it('is read even if a field that it does not need is invalid', () => {
    const text = changeText('delete_user', { UserID: 'lisi', Name: 'a\u0000\b\ufffd' });
    const odd = '<Id>a</Id><Id>b</Id><AgentID>1</AgentID><AgentID>2</AgentID><CreateTime/>';
    expect(contentOf(read(append(text, odd)))).toEqual({ type: 'delete_user', userid: 'lisi' });
  });

  it('is not a rename if the new userid differs only in case', () => {
    for (const NewUserID of ['lisi', 'LiSi', '']) {
      const content = { type: 'update_user', userid: 'lisi' };
      expect(change('update_user', { UserID: 'lisi', NewUserID })).toEqual(content);
    }
  });

  it('has the old userid if the new one is unreadable, and names the field', () => {
    const old = changeText('update_user', { UserID: 'a' });
    for (const text of [
      changeText('update_user', { UserID: 'a', NewUserID: 'b c' }),
      changeText('update_user', { UserID: 'a', NewUserId: '/' }),
      append(old, '<NewUserID>b</NewUserID><NewUserID>c</NewUserID>'),
    ]) {
      expect(contentOf(read(text))).toEqual({
        type: 'update_user',
        userid: 'a',
        unreadable: 'NewUserID',
      });
    }
  });
});

describe('the id of an event', () => {
  it('is the SHA-256 of its text', () => {
    const text = changeText('delete_user', { UserID: 'lisi' });
    expect(read(text)).toMatchObject({ id: createHash('sha256').update(text).digest('hex') });
    expect(read(append(text, '<A/>'))).not.toMatchObject({
      id: createHash('sha256').update(text).digest('hex'),
    });
  });
});

describe('the time of an event', () => {
  const timeOf = (CreateTime: string | number) => {
    const found = read(changeText('delete_user', { UserID: 'a', CreateTime }));
    return found.type !== 'unknown' && found.createdAt;
  };

  it.each([
    ['in seconds', CREATED],
    ['as old as WeCom', Date.UTC(2016, 0) / 1_000],
    ['five minutes ahead', NOW / 1_000 + 300],
  ])('is CreateTime in milliseconds if that is %s', (_, seconds) => {
    expect(timeOf(seconds)).toBe(seconds * 1_000);
    expect(timeOf(String(seconds))).toBe(seconds * 1_000);
  });

  it.each([
    ['empty', ''],
    ['zero', 0],
    ['older than WeCom', Date.UTC(2016, 0) / 1_000 - 1],
    ['more than five minutes ahead', NOW / 1_000 + 301],
    ['in milliseconds', NOW],
    ['negative', -1],
    ['not whole', '1772000000.5'],
    ['not a number', 'now'],
    ['longer than any number', '9'.repeat(400)],
  ])('is the time of receipt if CreateTime is %s', (_, value) => {
    expect(timeOf(value)).toBe(NOW);
  });

  it('is the time of receipt if CreateTime is missing or repeated', () => {
    const text = changeText('delete_user', { UserID: 'a' });
    const missing = text.replace(/<CreateTime>\d+<\/CreateTime>/, '');
    expect(missing).not.toBe(text);
    expect(read(missing)).toMatchObject({ createdAt: NOW });
    const twice = append(text, `<CreateTime>${CREATED}</CreateTime>`);
    expect(read(twice)).toMatchObject({ createdAt: NOW });
  });
});

describe('whatever the text, an event', () => {
  const NAMES = [
    ...['ToUserName', 'FromUserName', 'CreateTime', 'MsgType', 'Event', 'ChangeType', 'AgentID'],
    ...['UserID', 'NewUserID', 'NewUserId', 'Id', 'TagId', 'Name', 'xml', 'a', '__proto__'],
  ];
  const VALUES = [
    ...[CORP_ID, AGENT_ID, 'event', 'change_contact', 'subscribe', 'unsubscribe', 'create_user'],
    ...['update_user', 'delete_user', 'update_party', 'update_tag', '1', '0', 'lisi', 'ZhangSan'],
    ...['', ' ', '\u0000', '\b', '\ufffd', '&lt;', '&#108;isi', ']]', '<![CDATA['],
  ];
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 70 }) },
  );
  const content = fc.oneof(
    value,
    value.map((text) => `<![CDATA[${text}]]>`),
  );
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc
      .tuple(
        fc.constantFrom(...NAMES),
        fc.oneof(
          { maxDepth: 8, depthSize: 'small' },
          { weight: 5, arbitrary: content },
          {
            weight: 1,
            arbitrary: fc.array(tie('element'), { maxLength: 3 }).map((all) => all.join('')),
          },
        ),
      )
      .map(([name, inner]) => `<${name}>${inner}</${name}>`),
  }));
  /** Elements that make an event, so that many of the texts are one. */
  const likely = fc.constantFrom(
    `<ToUserName>${CORP_ID}</ToUserName><MsgType>event</MsgType><Event>change_contact</Event>`,
    `<ToUserName>${CORP_ID}</ToUserName><MsgType>event</MsgType>`,
    '',
  );
  const kind = fc.constantFrom(
    ...['create_user', 'update_user', 'delete_user'].map(
      (type) => `<ChangeType>${type}</ChangeType>`,
    ),
    '',
  );
  const userid = fc.constantFrom('<UserID>lisi</UserID>', '');
  const message = fc
    .tuple(likely, kind, userid, fc.array(element, { maxLength: 6 }))
    .map((parts) => `<xml>${parts.flat().join('')}</xml>`);

  /** A field may be written in several pieces, with CDATA or without. */
  const joined = (text: string) => text.replace(/<!\[CDATA\[|\]\]>/g, '');

  it('is read without an error, and names no member that the text does not name', () => {
    let named = 0;
    fc.assert(
      fc.property(message, (text) => {
        const found = read(text);
        if (!('userid' in found)) return;
        named += 1;
        const userids = 'newUserid' in found ? [found.userid, found.newUserid] : [found.userid];
        for (const userid of userids) expect(joined(text)).toContain(userid);
      }),
      { numRuns: 5_000 },
    );
    expect(named).toBeGreaterThan(100);
  });

  it('is read without an error from a mutated text', () => {
    const text = changeText('update_user', { UserID: 'lisi', NewUserID: 'wangwu' });
    fc.assert(
      fc.property(
        fc.nat({ max: text.length }),
        fc.nat({ max: 20 }),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (at, length, inserted) => {
          const mutated = text.slice(0, at) + inserted + text.slice(at + length);
          const found = read(mutated);
          if ('userid' in found) expect(joined(mutated)).toContain(found.userid);
        },
      ),
      { numRuns: 2_000, examples: [[text.indexOf('</UserID>'), 0, '@']] },
    );
  });

  it('is never read from a text that is not XML', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(read(text).type).toBe('unknown');
        expect(read(eventXml(CORP_ID, { Event: text })).type).toBe('unknown');
      }),
    );
  });
});

describe('the approval messages that WeCom documents', () => {
  it.each([
    ['sys_approval_change', approvalEvent],
    ['open_approval_change', openApprovalEvent],
  ])('are read, and ignored by name: %s', (name, approval) => {
    for (const approvers of [1, 200]) {
      const text = approval(CORP_ID, AGENT_ID, approvers);
      expect(contentOf(read(text))).toEqual({ type: 'unknown', what: name });
    }
  });
});

/** So many levels of elements, the root included. */
const levels = (count: number) =>
  `<xml>${'<a>'.repeat(count - 1)}x${'</a>'.repeat(count - 1)}</xml>`;

describe('the XML of callbacks', () => {
  it.each([
    ['elements in lines', '<xml>\n <A><![CDATA[x]]></A>\n <B>2</B>\n</xml>\n', { A: 'x', B: '2' }],
    ['a declaration', '<?xml version="1.0" encoding="UTF-8"?>\n<xml><A>1</A></xml>', { A: '1' }],
    ['empty elements', '<xml><A></A><B/><C><![CDATA[]]></C></xml>', { A: '', B: '', C: '' }],
    [
      'markup inside CDATA',
      '<xml><A><![CDATA[<!DOCTYPE a>&lt;<b c="d">]]></A></xml>',
      { A: '<!DOCTYPE a>&lt;<b c="d">' },
    ],
    ['CDATA in two pieces', '<xml><A><![CDATA[a]]]]><![CDATA[>b]]></A></xml>', { A: 'a]]>b' }],
    ['entities as they are written', '<xml><A>&amp;&#65;</A></xml>', { A: '&amp;&#65;' }],
    ['seven levels', levels(7), { a: { a: { a: { a: { a: { a: 'x' } } } } } }],
    ['4 000 tags', `<xml>${'<a/>'.repeat(3_998)}</xml>`, { a: Array(3_998).fill('') }],
    ['control characters', '<xml><A>a\b\u0000</A></xml>', { A: 'a\b\u0000' }],
    ['white space before the end of a tag', '<xml ><A >1</A\n><B /></xml>', { A: '1', B: '' }],
    ['numbers as texts', '<xml><A>007</A><B>1e400</B></xml>', { A: '007', B: '1e400' }],
  ])('has %s', (_, text, fields) => {
    expect(readXml(text)).toEqual(fields);
  });

  const bomb = Array.from({ length: 20 }, (_, at) => `<!ENTITY e${at + 1} "&e${at};&e${at};">`);
  it.each([
    ['a DTD', '<!DOCTYPE xml><xml><A>1</A></xml>'],
    ['an external DTD', '<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml><A>1</A></xml>'],
    [
      'an external entity',
      '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><A>&e;</A></xml>',
    ],
    ['an entity bomb', `<!DOCTYPE xml [<!ENTITY e0 "x">${bomb.join('')}]><xml><A>&e20;</A></xml>`],
    [
      'a DTD behind a comment that holds CDATA',
      '<!-- <![CDATA[ --><!DOCTYPE xml><!-- ]]> --><xml><A>1</A></xml>',
    ],
    [
      'a DTD behind an attribute that holds CDATA',
      '<xml a="<![CDATA["><!DOCTYPE xml><A b="]]>">1</A></xml>',
    ],
    [
      'a DTD behind a declaration that holds CDATA',
      '<?xml a="<![CDATA["?><!DOCTYPE xml><xml><A>]]></A></xml>',
    ],
    ['an attribute', '<xml><A b="c">1</A></xml>'],
    ['a namespace', '<w:xml xmlns:w="u"><w:A>1</w:A></w:xml>'],
    ['a comment', '<xml><!-- --><A>1</A></xml>'],
    ['a processing instruction', '<xml><?php ?><A>1</A></xml>'],
    ['a declaration in the middle', '<xml><A>1</A><?xml version="1.0"?></xml>'],
    ['two declarations', '<?xml version="1.0"?><?xml version="1.0"?><xml><A>1</A></xml>'],
    ['text before the declaration', 'x<?xml version="1.0"?><xml><A>1</A></xml>'],
    ['a name with another character', '<xml><A:b>1</A:b></xml>'],
    ['another root', '<html><A>1</A></html>'],
    ['two roots', '<xml><A>1</A></xml><xml><A>2</A></xml>'],
    ['text beside the root', '<xml><A>1</A></xml>x'],
    ['elements that cross', '<xml><A><B></A></B></xml>'],
    ['an element without an end', '<xml><A>1</xml>'],
    ['CDATA without an end', '<xml><A><![CDATA[1</A></xml>'],
    ['a tag in two pieces', '<xml><A<![CDATA[]]>>1</A></xml>'],
    ['an eighth level', `<xml>${'<a>'.repeat(7)}${'</a>'.repeat(7)}</xml>`],
    ['very deep nesting', `<xml>${'<a>'.repeat(9_000)}${'</a>'.repeat(9_000)}</xml>`],
    ['more tags than any message has', `<xml>${'<a/>'.repeat(3_999)}</xml>`],
    ['a prototype', '<xml><__proto__>1</__proto__></xml>'],
    ['text without an element', '<xml>text</xml>'],
    ['a byte order mark alone', '\ufeff'],
  ])('is refused with %s', (_, text) => {
    expect(readXml(text)).toBeUndefined();
    expect(({} as Record<string, unknown>)['A']).toBeUndefined();
  });
});

describe('the envelope of a push', () => {
  it.each([
    [
      'in any order',
      '<xml><AgentID>1</AgentID><Encrypt>abc</Encrypt><ToUserName>x</ToUserName></xml>',
    ],
    [
      'without an AgentID',
      '<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[abc]]></Encrypt></xml>',
    ],
    ['with an empty AgentID', envelope({ encrypted: 'abc' }, CORP_ID)],
    ['with white space around the ciphertext', '<xml><Encrypt>\n<![CDATA[abc]]>\n</Encrypt></xml>'],
  ])('is read %s', (_, body) => {
    expect(readEnvelope(body)).toBe('abc');
  });

  it.each([
    ['nothing', ''],
    ['JSON', '{"Encrypt":"abc"}'],
    ['no ciphertext', '<xml><ToUserName>x</ToUserName></xml>'],
    ['an empty one', '<xml><Encrypt></Encrypt></xml>'],
    ['two', '<xml><Encrypt>abc</Encrypt><Encrypt>abc</Encrypt></xml>'],
    ['a nested one', '<xml><Encrypt><Encrypt>abc</Encrypt></Encrypt></xml>'],
    ['one in another spelling', '<xml><encrypt>abc</encrypt></xml>'],
  ])('is refused with %s', (_, body) => {
    expect(() => readEnvelope(body)).toThrow(CallbackRefused);
  });
});
