import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../../lib/callback/envelope.ts';
import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { readEvent } from '../../../lib/callback/event.ts';
import { readXml } from '../../../lib/callback/xml.ts';
import { envelope, eventXml } from '../../harness/callbackRequest.ts';

const CORP_ID = 'ww0a1b2c3d4e5f6a7b';
const AGENT_ID = '1000002';

const read = (text: string) => readEvent(text, CORP_ID, AGENT_ID);
const event = (fields: Record<string, string | number>) => read(eventXml(CORP_ID, fields));
const change = (type: string, fields: Record<string, string | number>) =>
  event({ FromUserName: 'sys', Event: 'change_contact', ChangeType: type, ...fields });

describe('an event', () => {
  it.each(['subscribe', 'unsubscribe'])('%s names the member who sent it', (type) => {
    const fields = { FromUserName: 'ZhangSan', Event: type, EventKey: '', AgentID: 1000002 };
    expect(event(fields)).toEqual({ type, userid: 'ZhangSan' });
  });

  it('create_user is read in its full form', () => {
    const text = eventXml(CORP_ID, {
      FromUserName: 'sys',
      Event: 'change_contact',
      ChangeType: 'create_user',
      UserID: 'lisi',
      Name: '李四 & <b>]]',
      Department: '1,2,3',
      IsLeaderInDept: '1,0,0',
      Mobile: '13800138000',
      Status: 1,
    }).replace(
      '</xml>',
      '<ExtAttr><Item><Name><![CDATA[爱好]]></Name><Type>0</Type><Text><Value><![CDATA[旅游]]></Value></Text></Item><Item><Name><![CDATA[卡号]]></Name></Item></ExtAttr></xml>',
    );
    expect(read(text)).toEqual({ type: 'create_user', userid: 'lisi' });
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
  ])('%s with %o is read', (type, fields, about) => {
    expect(change(type, fields)).toEqual({ type, ...about });
  });

  it('of the contact book is read whatever AgentID it has, for it belongs to no app', () => {
    for (const AgentID of ['', '0', '2000002']) {
      expect(change('delete_user', { UserID: 'lisi', AgentID })).toEqual({
        type: 'delete_user',
        userid: 'lisi',
      });
    }
  });

  it.each([
    ['another event of the app', event({ FromUserName: 'a', Event: 'enter_agent' }), 'enter_agent'],
    ['a message', event({ MsgType: 'text', Content: 'subscribe' }), 'message text'],
    [
      'a message that calls itself an event',
      event({ MsgType: 'text', Event: 'subscribe' }),
      'message text',
    ],
    ['another change', change('create_chain', {}), 'change_contact create_chain'],
    ['a member without an id', change('delete_user', {}), 'change_contact delete_user'],
    ['a change of nobody', change('update_user', {}), 'change_contact update_user'],
    [
      "a linked corp's member",
      change('delete_user', { UserID: 'ww1/lisi' }),
      'change_contact delete_user',
    ],
    ['an id that is none', change('delete_party', { Id: '0x10' }), 'change_contact delete_party'],
    ['a tag that is none', change('update_tag', { TagId: -1 }), 'change_contact update_tag'],
    ['a subscriber without an id', event({ Event: 'subscribe' }), 'subscribe'],
    ['a name that is none', event({ Event: '<i>' }), 'without a name'],
    [
      'another app',
      event({ FromUserName: 'a', Event: 'subscribe', AgentID: '7' }),
      'for another app',
    ],
    [
      'another corp',
      read(eventXml('ww1', { FromUserName: 'a', Event: 'subscribe' })),
      'for another corp',
    ],
    ['JSON', read('{"Event":"subscribe"}'), 'not an event in XML'],
    ['nothing', read(''), 'not an event in XML'],
  ])('is unknown when it is %s', (_, found, what) => {
    expect(found).toEqual({ type: 'unknown', what });
  });

  it('is unknown when one of its fields comes twice', () => {
    const once = eventXml(CORP_ID, { Event: 'subscribe', FromUserName: 'a' });
    const twice = once.replace('</xml>', '<FromUserName>b</FromUserName></xml>');
    expect(read(once).type).toBe('subscribe');
    expect(read(twice).type).toBe('unknown');
  });

  it('is never an error, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(read(text).type).toBe('unknown');
        expect(read(eventXml(CORP_ID, { Event: text })).type).toBe('unknown');
      }),
    );
  });
});

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
    ['another root', '<html><A>1</A></html>'],
    ['two roots', '<xml><A>1</A></xml><xml><A>2</A></xml>'],
    ['text beside the root', '<xml><A>1</A></xml>x'],
    ['elements that cross', '<xml><A><B></A></B></xml>'],
    ['an element without an end', '<xml><A>1</xml>'],
    ['CDATA without an end', '<xml><A><![CDATA[1</A></xml>'],
    ['a tag in two pieces', '<xml><A<![CDATA[]]>>1</A></xml>'],
    ['deep nesting', `<xml>${'<a>'.repeat(7)}${'</a>'.repeat(7)}</xml>`],
    ['very deep nesting', `<xml>${'<a>'.repeat(9_000)}${'</a>'.repeat(9_000)}</xml>`],
    ['more tags than any message has', `<xml>${'<a/>'.repeat(2_000)}</xml>`],
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
