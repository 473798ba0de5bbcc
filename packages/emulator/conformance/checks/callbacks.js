import { elementOf } from '../callbacks.js';
import { assert } from './expect.js';

export const CALLBACKS = [
  {
    id: 'url-verification',
    facts: [9],
    documents: [90238, 90968],
    needs: ['--people', 'callback'],
    en: 'URL verification sends a signed echostr, percent-encoded, that is a decimal number',
    zh: 'URL 验证发送带签名、百分号编码的 echostr，明文为十进制数字',
    async run({ people, settings, receiver }) {
      const { received, url } = await receiver();
      await people.saveCallback({ ...settings.callback, url });
      const request = received.find(({ method }) => method === 'GET');
      assert.ok(request, 'nothing came');
      assert.ok(request.isSigned, 'the signature is wrong');
      assert.match(request.message, /^\d+$/);
      assert.equal(request.receiveId, settings.corpid);
      assert.match(request.query.get('timestamp') ?? '', /^\d{10}$/);
      assert.doesNotMatch(request.rawQuery.split('echostr=')[1] ?? '', /[+/]/);
    },
  },
  {
    id: 'push',
    facts: [9],
    documents: [90238, 90968],
    needs: ['--people', 'callback'],
    en: 'A push is signed XML; its plaintext begins with ToUserName, FromUserName, CreateTime and MsgType',
    zh: '推送为带签名的 XML，明文依次以 ToUserName、FromUserName、CreateTime、MsgType 开头',
    async run({ people, settings, receiver }) {
      const { received } = await receiver();
      await people.causeEvent();
      const push = received.find(({ method }) => method === 'POST');
      assert.ok(push, 'nothing came');
      assert.ok(push.isSigned, 'the signature is wrong');
      assert.ok(push.padding >= 1 && push.padding <= 32, `the padding is ${push.padding}`);
      assert.equal(push.receiveId, settings.corpid);
      assert.equal(elementOf(push.body, 'ToUserName'), settings.corpid);
      assert.equal(elementOf(push.body, 'AgentID'), String(settings.app.agentid));
      const names = [...push.message.matchAll(/<(\w+)>/g)].map(([, name]) => name);
      assert.deepEqual(names.slice(1, 5), ['ToUserName', 'FromUserName', 'CreateTime', 'MsgType']);
    },
  },
  {
    id: 'push-retry',
    facts: [9],
    documents: [90238],
    needs: ['--people', 'callback'],
    observes: true,
    en: 'A push that was answered with 500: when it comes again, and whether it is the same ciphertext',
    zh: '推送得到 500 之后：多久重试，密文是否相同',
    async run({ people, receiver }) {
      const { received, refuseNext } = await receiver();
      const before = received.length;
      refuseNext();
      await people.causeEvent();
      const [first, second] = received.slice(before);
      assert.ok(first, 'nothing came');
      if (second === undefined) return 'it had not come again';
      const seconds = Math.round((second.time - first.time) / 1_000);
      const isSame = first.rawQuery === second.rawQuery && first.body === second.body;
      return `again after ${seconds} s, ${isSame ? 'the same' : 'another'} envelope`;
    },
  },
];
