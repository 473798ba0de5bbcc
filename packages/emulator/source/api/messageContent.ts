import type { App } from '../directory/types.ts';
import type { MediaType } from '../messages/media.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { Emulator } from './endpoint.ts';
import { bytesOf, lengthOf, list, object, text } from './parameters.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (content: Fields, emulator: Emulator, app: App) => Fields;

/**
 * The object of a message that its msgtype names, checked (document 90236).
 *
 * @param types those that the endpoint takes
 * @returns the object as members see it: a text that is too long is cut
 */
export function messageContent(
  emulator: Emulator,
  app: App,
  body: Fields,
  types: ReadonlySet<string>,
): { msgtype: string; content: Fields } {
  const msgtype = text(body['msgtype']);
  const check = types.has(msgtype) ? CHECKS[msgtype] : undefined;
  if (check === undefined) throw new Refusal(40008);
  if (msgtype === 'news' && body['safe'] === 1) throw new Refusal(40074);
  return { msgtype, content: check(object(body[msgtype]), emulator, app) };
}

/** The types of message/send. */
export const APP_TYPES: ReadonlySet<string> = new Set([
  'text',
  'image',
  'voice',
  'video',
  'file',
  'textcard',
  'news',
  'mpnews',
  'markdown',
  'miniprogram_notice',
  'template_card',
]);

/** Cards that members answer; only these have a response_code (document 90236). */
export const INTERACTIVE_CARDS: ReadonlySet<unknown> = new Set([
  'button_interaction',
  'vote_interaction',
  'multiple_interaction',
]);

const MAX_TEXT_BYTES = 2_048;
const MAX_ARTICLES = 8;
const MAX_ARTICLE_BYTES = 666 * 1024;

const CHECKS: Readonly<Record<string, Check>> = {
  text(content) {
    if (text(content['content']) === '') throw new Refusal(44004);
    return { ...content, content: cut(text(content['content']), MAX_TEXT_BYTES) };
  },
  markdown: (content) => markdown(content, MAX_TEXT_BYTES),
  image: media('image'),
  voice: media('voice'),
  video: media('video'),
  file: media('file'),
  textcard(content) {
    if (text(content['title']) === '') throw new Refusal(41016);
    if (text(content['description']) === '') throw new Refusal(40063);
    checkUrl(content['url']);
    return content;
  },
  news(content) {
    const { articles } = content;
    for (const article of articlesOf(articles)) {
      const isMiniprogram = text(article['appid']) !== '' && text(article['pagepath']) !== '';
      if (text(article['title']) === '') throw new Refusal(41016);
      if (!isMiniprogram) checkUrl(article['url']);
    }
    return content;
  },
  mpnews(content, emulator) {
    for (const article of articlesOf(content['articles'])) {
      if (text(article['title']) === '') throw new Refusal(41016);
      checkMedia(emulator, article['thumb_media_id'], 'image');
      if (bytesOf(text(article['author'])) > 64) throw new Refusal(45032);
      if (text(article['content']) === '') throw new Refusal(40063);
      if (bytesOf(text(article['content'])) > MAX_ARTICLE_BYTES) throw new Refusal(45002);
    }
    return content;
  },
  miniprogram_notice(content, _emulator, app) {
    // 48002: only an app with a mini-program (document 90313).
    if (app.miniprogram_appid === undefined) throw new Refusal(48002);
    if (text(content['appid']) === '') throw new Refusal(90200);
    if (content['appid'] !== app.miniprogram_appid) throw new Refusal(90206);
    if (text(content['title']) === '') throw new Refusal(41016);
    const items = list(content['content_item']);
    if (items.length > 10) throw new Refusal(90201);
    for (const item of items.map(object)) {
      if (!within(text(item['key']), 10)) throw new Refusal(90202);
      if (!within(text(item['value']), 30)) throw new Refusal(90203);
    }
    return content;
  },
  template_card(card) {
    const type = text(card['card_type']);
    if (!Object.hasOwn(CARDS, type)) throw new Refusal(42031);
    if (list(card['horizontal_content_list']).length > 6) throw new Refusal(42035);
    if (list(card['jump_list']).length > 3) throw new Refusal(42042);
    CARDS[type]?.(card);
    return card;
  },
};

/** What each type of card must have (document 90236); the errcodes are those of document 90313. */
const CARDS: Readonly<Record<string, (card: Fields) => void>> = {
  text_notice: checkCardAction,
  news_notice: checkCardAction,
  button_interaction(card) {
    const buttons = list(card['button_list']).map(object);
    if (buttons.length === 0) throw new Refusal(42038);
    for (const button of buttons) {
      if (text(button['text']) === '') throw new Refusal(42038);
      if (button['type'] !== 1 && text(button['key']) === '') throw new Refusal(42039);
    }
  },
  vote_interaction(card) {
    const checkbox = object(card['checkbox']);
    if (text(checkbox['question_key']) === '') throw new Refusal(42043);
    const options = list(checkbox['option_list']).map(object);
    if (options.length === 0 || options.length > 20) throw new Refusal(42037);
    for (const option of options) {
      if (text(option['id']) === '') throw new Refusal(42040);
      if (text(option['text']) === '') throw new Refusal(42041);
    }
    checkSubmitButton(card);
  },
  multiple_interaction(card) {
    const selections = list(card['select_list']).map(object);
    if (selections.length === 0 || selections.length > 3) throw new Refusal(42047);
    for (const selection of selections) {
      if (text(selection['question_key']) === '') throw new Refusal(42043);
    }
    checkSubmitButton(card);
  },
};

function checkCardAction(card: Fields): void {
  const { type, url, appid } = object(card['card_action']);
  if (type !== 1 && type !== 2) throw new Refusal(42045);
  if (type === 1 && text(url) === '') throw new Refusal(42028);
  if (type === 2 && text(appid) === '') throw new Refusal(42030);
}

function checkSubmitButton(card: Fields): void {
  const button = object(card['submit_button']);
  if (text(button['text']) === '') throw new Refusal(42049);
  if (text(button['key']) === '') throw new Refusal(42046);
}

export function markdown(content: Fields, maxBytes: number): Fields {
  if (text(content['content']) === '') throw new Refusal(44004);
  if (bytesOf(text(content['content'])) > maxBytes) throw new Refusal(45002);
  return content;
}

function media(type: MediaType): Check {
  return (content, emulator) => {
    checkMedia(emulator, content['media_id'], type);
    return content;
  };
}

/** 40007 also for a file of another type than the message's (document 90313). */
export function checkMedia(
  { media: store }: Emulator,
  mediaId: unknown,
  type: MediaType,
  webhook?: string,
): void {
  if (text(mediaId) === '') throw new Refusal(41006);
  const found = store.find(text(mediaId));
  if (found?.type !== type || found.webhook !== webhook) throw new Refusal(40007);
}

export function articlesOf(value: unknown): readonly Fields[] {
  const articles = list(value).map(object);
  if (articles.length === 0) throw new Refusal(40063);
  if (articles.length > MAX_ARTICLES) throw new Refusal(45008);
  return articles;
}

export function checkUrl(url: unknown): void {
  if (text(url) === '') throw new Refusal(41010);
  if (!/^https?:\/\//i.test(text(url))) throw new Refusal(45034);
}

/** The first so many bytes, without half a character. */
export function cut(value: string, maxBytes: number): string {
  if (bytesOf(value) <= maxBytes) return value;
  return Buffer.from(value)
    .subarray(0, maxBytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}

function within(value: string, max: number): boolean {
  return value !== '' && lengthOf(value) <= max;
}
