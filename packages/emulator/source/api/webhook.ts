import { createHash } from 'node:crypto';
import type { Webhook } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { Call, Emulator, Endpoint } from './endpoint.ts';
import { stored, uploaded } from './media.ts';
import { articlesOf, checkMedia, checkUrl, cut, markdown } from './messageContent.ts';
import { object, text } from './parameters.ts';

type Fields = Readonly<Record<string, unknown>>;

/** POST webhook/send (document 99110): the key is the credential. Its limit a minute is not emulated. */
export const webhookSend: Endpoint = {
  path: 'webhook/send',
  document: 99110,
  method: 'POST',
  token: false,
  answer(emulator, { query, body }) {
    const webhook = webhookOf(emulator, query);
    const msgtype = text(body['msgtype']);
    if (!Object.hasOwn(CHECKS, msgtype)) throw new Refusal(40008);
    const given = object(body[msgtype]);
    const content = CHECKS[msgtype]?.(given, emulator, webhook) ?? given;
    const message = { channel: 'webhook' as const, webhook: webhook.name, msgtype, content };
    emulator.messages.add({ ...message, receivers: [] }, JSON.stringify(body));
    return {};
  },
};

/** POST webhook/upload_media (document 99110). The file is looked at before the key (probed). */
export const webhookUploadMedia: Endpoint = {
  path: 'webhook/upload_media',
  document: 99110,
  method: 'POST',
  token: false,
  answer(emulator, call: Call) {
    const file = uploaded(emulator, call);
    const { key } = webhookOf(emulator, call.query);
    const type = call.query.get('type');
    if (type !== 'file' && type !== 'voice') throw new Refusal(40005);
    return stored(emulator, type, file, key);
  },
};

const CHECKS: Readonly<
  Record<string, (content: Fields, emulator: Emulator, webhook: Webhook) => Fields>
> = {
  text(content) {
    if (text(content['content']) === '') throw new Refusal(44004);
    return { ...content, content: cut(text(content['content']), 2_048) };
  },
  markdown: (content) => markdown(content, 4_096),
  markdown_v2: (content) => markdown(content, 4_096),
  image(content) {
    const bytes = Buffer.from(text(content['base64']), 'base64');
    if (bytes.length === 0) throw new Refusal(44001);
    if (bytes.length > 2 * 1024 * 1024) throw new Refusal(40009);
    const md5 = createHash('md5').update(bytes).digest('hex');
    if (text(content['md5']).toLowerCase() !== md5) throw new Refusal(301019);
    return content;
  },
  news(content) {
    for (const article of articlesOf(content['articles'])) {
      if (text(article['title']) === '') throw new Refusal(41016);
      checkUrl(article['url']);
    }
    return content;
  },
  file: (content, emulator, webhook) => withMedia(content, emulator, webhook, 'file'),
  voice: (content, emulator, webhook) => withMedia(content, emulator, webhook, 'voice'),
  template_card(card) {
    const type = card['card_type'];
    if (type !== 'text_notice' && type !== 'news_notice') throw new Refusal(42031);
    return card;
  },
};

function withMedia(
  content: Fields,
  emulator: Emulator,
  { key }: Webhook,
  type: 'file' | 'voice',
): Fields {
  checkMedia(emulator, content['media_id'], type, key);
  return content;
}

function webhookOf({ company }: Emulator, query: URLSearchParams): Webhook {
  const key = query.get('key');
  const webhook = company.webhooks?.find((each) => each.key === key);
  if (webhook === undefined) throw new Refusal(93000);
  return webhook;
}
