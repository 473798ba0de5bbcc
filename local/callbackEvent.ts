import { randomInt } from 'node:crypto';
import { encrypt } from './wecom/callbacks/encryption.ts';
import { FIXTURE_KEYS } from './wecom/callbacks/fixtureKeys.ts';
import { signature } from './wecom/callbacks/signature.ts';
import { type XmlFields, xmlMessage } from './wecom/callbacks/xml.ts';
import { fixtureCompany } from './wecom/company.ts';

type Channel = 'app' | 'contacts';

/*
 * Callbacks as API Gateway hands them to the function, for `serverless invoke local`. A file of JSON
 * would not do: a callback is signed together with its time, and refused five minutes later.
 */

/** WeCom asks whether the URL is ours. */
export function verificationEvent(channel: Channel) {
  const { query, encrypted } = sealed(channel, '1616140317555161061');
  return gatewayEvent('GET', channel, `${query}&echostr=${encodeURIComponent(encrypted)}`);
}

/** WeCom tells of an event. */
export function pushEvent(channel: Channel, fields: XmlFields) {
  const corpid = fixtureCompany().corpid;
  const common = { ToUserName: corpid, CreateTime: seconds(), MsgType: 'event' };
  const { query, encrypted } = sealed(channel, xmlMessage({ ...common, ...fields }));
  const body = xmlMessage({ ToUserName: corpid, AgentID: '', Encrypt: encrypted });
  return { ...gatewayEvent('POST', channel, query), body };
}

function sealed(channel: Channel, message: string) {
  const { token, encodingAESKey } = FIXTURE_KEYS[channel];
  const encrypted = encrypt(encodingAESKey, message, fixtureCompany().corpid);
  const timestamp = String(seconds());
  const nonce = String(randomInt(1_000_000_000, 2_000_000_000));
  const msg_signature = signature(token, timestamp, nonce, encrypted);
  return { encrypted, query: String(new URLSearchParams({ msg_signature, timestamp, nonce })) };
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
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
