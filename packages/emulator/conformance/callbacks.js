import { createDecipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * A receiver of callbacks, which verifies and decrypts as documents 90238 and 90968 describe.
 *
 * @param settings `callback` of the settings file
 * @returns what was received, `refuseNext` for one answer with 500, and `close`
 */
export async function startReceiver({ port, token, encodingAESKey }) {
  const received = [];
  let refuses = false;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const rawQuery = (request.url ?? '').split('?')[1] ?? '';
    const query = new URLSearchParams(rawQuery);
    const encrypted = query.get('echostr') ?? elementOf(body, 'Encrypt') ?? '';
    const signed = [token, query.get('timestamp'), query.get('nonce'), encrypted].sort().join('');
    const signature = createHash('sha1').update(signed).digest('hex');
    const entry = {
      time: Date.now(),
      method: request.method,
      rawQuery,
      query,
      body,
      isSigned: signature === query.get('msg_signature'),
      ...opened(encodingAESKey, encrypted),
    };
    // A public address also gets requests of others.
    if (entry.message === undefined) return response.writeHead(400).end();
    received.push(entry);
    response.writeHead(refuses ? 500 : 200).end(request.method === 'GET' ? entry.message : '');
    refuses = false;
  });
  server.listen(port);
  await once(server, 'listening');
  return {
    received,
    refuseNext() {
      refuses = true;
    },
    port: server.address().port,
    close: () => server.close(),
  };
}

/** The text of an element that occurs once. */
export function elementOf(xml, name) {
  const content = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];
  return content?.replace(/^<!\[CDATA\[(.*)\]\]>$/s, '$1');
}

/** @returns the parts of the plaintext; none if it cannot be decrypted */
function opened(encodingAESKey, encrypted) {
  try {
    return decrypted(encodingAESKey, encrypted);
  } catch {
    return {};
  }
}

function decrypted(encodingAESKey, encrypted) {
  const key = Buffer.from(`${encodingAESKey}=`, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(encrypted, 'base64'), decipher.final()]);
  const padding = plain.at(-1);
  const length = plain.readUInt32BE(16);
  return {
    padding,
    random: plain.subarray(0, 16),
    message: plain.subarray(20, 20 + length).toString('utf8'),
    receiveId: plain.subarray(20 + length, plain.length - padding).toString('utf8'),
  };
}
