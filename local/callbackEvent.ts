import { encrypt } from '../packages/emulator/source/callbacks/encryption.ts';
import { FIXTURE_KEYS } from '../packages/emulator/source/callbacks/fixtureKeys.ts';
import { signedQuery } from '../packages/emulator/source/callbacks/signedQuery.ts';
import { type XmlFields, xmlMessage } from '../packages/emulator/source/callbacks/xml.ts';
import { fixtureCompany } from '../packages/emulator/source/company.ts';

type Channel = 'app' | 'contacts';

/*
 * Callbacks as API Gateway events, for `serverless invoke local`. They are built when needed, because the
 * signature covers the time and expires after five minutes.
 */

/** WeCom's URL verification. */
export function verificationEvent(channel: Channel) {
  const echostr = encrypted(channel, '1616140317555161061');
  return gatewayEvent('GET', channel, signed(channel, echostr, { echostr }));
}

/** WeCom's push of an event. */
export function pushEvent(channel: Channel, fields: XmlFields) {
  const corpid = fixtureCompany().corpid;
  const { FromUserName, ...rest } = fields;
  const CreateTime = Math.floor(Date.now() / 1_000);
  const head = { ToUserName: corpid, FromUserName, CreateTime, MsgType: 'event' };
  const Encrypt = encrypted(channel, xmlMessage({ ...head, ...rest }));
  const body = xmlMessage({ ToUserName: corpid, AgentID: '', Encrypt });
  return { ...gatewayEvent('POST', channel, signed(channel, Encrypt)), body };
}

function encrypted(channel: Channel, message: string): string {
  return encrypt(FIXTURE_KEYS[channel].encodingAESKey, message, fixtureCompany().corpid);
}

function signed(channel: Channel, text: string, more?: Record<string, string>): string {
  return String(signedQuery(FIXTURE_KEYS[channel].token, text, Date.now(), more));
}

function gatewayEvent(method: 'GET' | 'POST', channel: Channel, rawQueryString: string) {
  const rawPath = `/api/wecom/callback/${channel}`;
  const routeKey = `${method} /api/wecom/callback/{channel}`;
  const userAgent = 'Mozilla/4.0';
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    headers: {
      host: 'abc123.execute-api.ap-southeast-1.amazonaws.com',
      'user-agent': userAgent,
      ...(method === 'POST' && { 'content-type': 'text/xml' }),
    },
    pathParameters: { channel },
    requestContext: {
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '101.226.103.9', userAgent },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey,
      stage: '$default',
    },
    isBase64Encoded: false,
  };
}
