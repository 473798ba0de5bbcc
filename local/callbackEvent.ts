import { encrypt } from '../packages/emulator/source/callbacks/encryption.ts';
import { FIXTURE_KEYS } from '../packages/emulator/source/callbacks/fixtureKeys.ts';
import { signedQuery } from '../packages/emulator/source/callbacks/signedQuery.ts';
import { type XmlFields, xmlMessage } from '../packages/emulator/source/callbacks/xml.ts';
import { fixtureCompany } from '../packages/emulator/source/company.ts';
import { gatewayEvent } from './gatewayEvent.ts';

type Channel = 'app' | 'contacts';

/*
 * Callbacks as API Gateway events, for `serverless invoke local`. They are built when needed, because the
 * signature covers the time and expires after five minutes.
 */

/** WeCom's URL verification. */
export function verificationEvent(channel: Channel) {
  const echostr = encrypted(channel, '1616140317555161061');
  return callbackEvent('GET', channel, signed(channel, echostr, { echostr }));
}

/** WeCom's push of an event. */
export function pushEvent(channel: Channel, fields: XmlFields) {
  const corpid = fixtureCompany().corpid;
  const { FromUserName, ...rest } = fields;
  const CreateTime = Math.floor(Date.now() / 1_000);
  const head = { ToUserName: corpid, FromUserName, CreateTime, MsgType: 'event' };
  const Encrypt = encrypted(channel, xmlMessage({ ...head, ...rest }));
  const body = xmlMessage({ ToUserName: corpid, AgentID: '', Encrypt });
  return { ...callbackEvent('POST', channel, signed(channel, Encrypt)), body };
}

function encrypted(channel: Channel, message: string): string {
  return encrypt(FIXTURE_KEYS[channel].encodingAESKey, message, fixtureCompany().corpid);
}

function signed(channel: Channel, text: string, more?: Record<string, string>): string {
  return String(signedQuery(FIXTURE_KEYS[channel].token, text, Date.now(), more));
}

function callbackEvent(method: 'GET' | 'POST', channel: Channel, rawQueryString: string) {
  const event = gatewayEvent({
    method,
    rawPath: `/api/wecom/callback/${channel}`,
    route: '/api/wecom/callback/{channel}',
    rawQueryString,
    userAgent: 'Mozilla/4.0',
    sourceIp: '101.226.103.9',
    ...(method === 'POST' && { headers: { 'content-type': 'text/xml' } }),
  });
  return { ...event, pathParameters: { channel } };
}
