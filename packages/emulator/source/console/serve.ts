import { explained } from '../admin/explained.ts';
import type { Directory } from '../directory/directory.ts';
import { Impossible } from '../directory/impossible.ts';
import { type Html, html, words } from '../pages/html.ts';
import { languageOf } from '../pages/language.ts';
import { renderPage } from '../pages/layout.ts';
import type { Wecom } from '../wecom.ts';
import { type Answer, emptyAnswer, htmlAnswer } from '../wire/answer.ts';
import type { Incoming } from '../wire/request.ts';
import { app, apps } from './apps.ts';
import { callbacks, verified } from './callbacks.ts';
import { calls } from './calls.ts';
import { faults } from './faults.ts';
import { member, members } from './members.ts';
import { messages } from './messages.ts';
import { overview } from './overview.ts';
import { signIn } from './signIn.ts';
import type { Undo } from './situations.ts';
import { switches } from './switches.ts';
import { tag, tags } from './tags.ts';
import { CONSOLE, type Section, type Shown, type View, withQuery } from './view.ts';

/** The pages in the order of the menu. Those without a name are about one thing of the page before. */
const SECTIONS: readonly (readonly [path: string, section: Section, zh?: string, en?: string])[] = [
  ['', overview, '概览', 'Overview'],
  ['/members', members, '成员', 'Members'],
  ['/members/*', member],
  ['/tags', tags, '标签', 'Tags'],
  ['/tags/*', tag],
  ['/apps', apps, '应用', 'Apps'],
  ['/apps/*', app],
  ['/sign-in', signIn, '登录失败', 'Failures'],
  ['/calls', calls, '调用', 'Calls'],
  ['/faults', faults, '故障', 'Faults'],
  ['/switches', switches, '开关', 'Switches'],
  ['/callbacks', callbacks, '回调', 'Callbacks'],
  ['/messages', messages, '消息', 'Messages'],
];

/** The address of the first page, by which the console was known before it had others. */
const HOME = '/__admin/';

/**
 * The console: pages for a person, in their browser's language and without scripts. Each change is a POST
 * to the page itself, which answers with the page again by GET.
 *
 * @returns a function that answers nothing for a path that is not the console's
 */
export function consoleServer(wecom: Wecom, directory: Directory) {
  const undo = new Map<string, Undo>();

  return async (incoming: Incoming): Promise<Answer | undefined> => {
    const isHome = incoming.path === HOME;
    if (!isHome && !incoming.path.startsWith(CONSOLE)) return undefined;
    if (incoming.path === CONSOLE) return htmlAnswer(302, '', { Location: HOME });
    const path = isHome ? '' : incoming.path.slice(CONSOLE.length);
    const found = sectionOf(path);
    const view = viewOf(wecom, directory, undo, incoming);
    if (found === undefined) return rendered(view, incoming, path, notFound(view));
    const { section, part } = found;
    if (incoming.method === 'GET') {
      return rendered(view, incoming, path, section.page(view, part) ?? notFound(view));
    }
    if (incoming.method !== 'POST') return emptyAnswer(405);
    const form = new URLSearchParams(incoming.body);
    const action = form.get('do') ?? '';
    try {
      // The only one that waits, for the receiver of callbacks.
      const isVerification = section === callbacks && action === 'verify';
      const result = isVerification
        ? await verified(view, form)
        : act(section, action, view, form, part);
      if (typeof result === 'object') return rendered(view, incoming, path, result);
      const back = `${incoming.path}${withQuery(view.query, {})}`;
      return htmlAnswer(303, '', { Location: withDone(result ?? back, incoming.path) });
    } catch (error) {
      const shown = section.page(view, part) ?? notFound(view);
      return rendered(view, incoming, path, { ...shown, status: 400 }, problemOf(view, error));
    }
  };
}

/** The reason in the page's language; most of those that a form prevents are in English alone. */
function problemOf({ say }: View, error: unknown): Html {
  return error instanceof Impossible
    ? html`${say(error.zh, error.message)}`
    : html`<span lang="en">${explained(error)}</span>`;
}

function act(section: Section, action: string, view: View, form: URLSearchParams, part: string) {
  const run = Object.hasOwn(section.actions, action) ? section.actions[action] : undefined;
  if (run === undefined) throw new Error(`this page cannot do "${action}"`);
  return run(view, form, part);
}

/** The address with the note that all went well. */
function withDone(address: string, from: string): string {
  const url = new URL(address, `http://localhost${from}`);
  url.searchParams.set('done', '1');
  return url.pathname + url.search;
}

function sectionOf(path: string): { section: Section; part: string } | undefined {
  const exact = SECTIONS.find(([pattern]) => pattern === path);
  if (exact !== undefined) return { section: exact[1], part: '' };
  const [, parent = '', part = ''] = /^(\/[\w-]+)\/([^/]+)$/.exec(path) ?? [];
  const below = SECTIONS.find(([pattern]) => pattern === `${parent}/*`);
  const decoded = decodedOf(part);
  return below === undefined || decoded === undefined
    ? undefined
    : { section: below[1], part: decoded };
}

function decodedOf(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function viewOf(
  wecom: Wecom,
  directory: Directory,
  undo: Map<string, Undo>,
  incoming: Incoming,
): View {
  const language = languageOf(incoming);
  const query = new URLSearchParams(incoming.query);
  query.delete('emulator_lang');
  return { wecom, directory, undo, query, say: (zh, en) => (language === 'zh' ? zh : en) };
}

function notFound({ say }: View): Shown {
  return {
    title: say('没有这一页', 'No such page'),
    status: 404,
    body: html`<section class="card"><h1>${say('没有这一页', 'No such page')}</h1><p><a href="${HOME}">${say('返回概览', 'Back to the overview')}</a></p></section>`,
  };
}

/** @param problem why a change was not made */
function rendered(
  view: View,
  incoming: Incoming,
  path: string,
  { title, body, status = 200 }: Shown,
  problem?: Html,
): Answer {
  const { say, query } = view;
  const page = {
    title: { zh: `${title} · 企业微信模拟器`, en: `${title} · WeCom emulator` },
    notice: words('企业微信模拟器，仅供开发', 'WeCom emulator, for development only'),
    isConsole: true,
    body: html`${menu(view, path)}
${problem !== undefined && html`<p role="alert" class="message bad">${say('未完成：', 'Not done: ')}${problem}</p>`}
${query.has('done') && problem === undefined && html`<p role="status" class="message">${say('已完成', 'Done')}</p>`}
${body}`,
  };
  return { ...renderPage(page, incoming), status };
}

function menu({ say }: View, path: string): Html {
  const items = SECTIONS.filter(([, , zh]) => zh !== undefined).map(([at, , zh = '', en = '']) => {
    const isCurrent = at === path || (at !== '' && path.startsWith(`${at}/`));
    return html`<a href="${at === '' ? HOME : `${CONSOLE}${at}`}"${isCurrent && html` aria-current="page"`}>${say(zh, en)}</a>`;
  });
  return html`<nav class="menu" aria-label="${say('控制台', 'Console')}">${items}</nav>`;
}
