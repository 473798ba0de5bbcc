import { element, type Words, words } from './elements.ts';

/** One request of the page, or a redirect to it. */
export interface Step extends Words {
  /** The request, or the incoming redirect. */
  readonly request?: string;
  readonly answer?: string;
  readonly bad?: boolean;
}

/** What happened, the newest first, by sign-in. sessionStorage keeps it during redirects. */
export interface Steps {
  /** Begins a new group. */
  open(title: Words): void;
  /** The current group is the one of this state, which will come back from WeCom. */
  bind(state: string): void;
  /** Goes on with the group of this state. @returns whether there is one */
  resume(state: string): boolean;
  add(step: Step): void;
  /** `fetch` that adds a step for each call. */
  fetch: typeof fetch;
}

interface Group extends Words {
  readonly at: string;
  readonly states: string[];
  readonly steps: (Step & { readonly at: string })[];
}

const STORED = 'demo.steps';
const MAX_GROUPS = 8;
const MAX_STEPS = 30;

interface Purpose extends Words {
  /** The members to show of a long response; absent: all. */
  readonly shown?: readonly string[];
}

/** By the beginning of a request's path. */
const PURPOSES: readonly (Purpose & { readonly path: string })[] = [
  {
    path: '/api/wecom/authorize',
    zh: '开始登录：verifier 留在本标签页，只发送它的哈希',
    en: 'Begin: the verifier stays in this tab, only its hash is sent',
  },
  {
    path: '/api/wecom/verify/',
    zh: '查询权限',
    en: 'Ask whether the member has the permission',
  },
  {
    path: '/api/wecom/getUserInfo',
    zh: '用 code、state 和 verifier 换取成员信息和会话',
    en: 'Exchange code, state and verifier for the member and a session',
  },
  {
    path: '/api/wecom/jssdk',
    zh: '获取本页的 JS-SDK 签名',
    en: 'Get the signatures of this page for the JS-SDK',
  },
  {
    path: '/.well-known/openid-configuration',
    zh: '读取提供方的地址',
    en: 'Discovery: where the provider is and what it offers',
    shown: [
      'issuer',
      'authorization_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
      'end_session_endpoint',
      'jwks_uri',
    ],
  },
  {
    path: '/oauth2/token',
    zh: '用 code 和 verifier 换取令牌',
    en: 'Exchange code and verifier for an ID token and an access token',
  },
  {
    path: '/oauth2/userinfo',
    zh: '读取成员的声明',
    en: 'Userinfo: the access token gives the claims',
  },
];
const OTHER_PURPOSE: Purpose = { zh: '请求', en: 'A request' };

export function createSteps(list: HTMLElement, clear: HTMLElement): Steps {
  let groups: Group[] = JSON.parse(sessionStorage.getItem(STORED) ?? '[]');

  const draw = () => {
    sessionStorage.setItem(STORED, JSON.stringify(groups));
    list.replaceChildren(...groups.map((group, at) => groupElement(group, at === 0)));
    clear.hidden = groups.length === 0;
  };
  draw();
  clear.addEventListener('click', () => {
    groups = [];
    draw();
  });

  const open = ({ zh, en }: Words) => {
    groups = [{ zh, en, at: now(), states: [], steps: [] }, ...groups].slice(0, MAX_GROUPS);
    draw();
  };
  const add = (step: Step) => {
    if (groups.length === 0) open({ zh: '已登录', en: 'Signed in' });
    const [current, ...others] = groups;
    if (current === undefined) return;
    const steps = [{ ...step, at: now() }, ...current.steps].slice(0, MAX_STEPS);
    groups = [{ ...current, steps }, ...others];
    draw();
  };

  return {
    open,
    add,
    bind(state) {
      groups[0]?.states.push(state);
      draw();
    },
    resume(state) {
      const found = groups.find(({ states }) => states.includes(state));
      if (found === undefined) return false;
      groups = [found, ...groups.filter((each) => each !== found)];
      draw();
      return true;
    },
    async fetch(input, init) {
      const url = new URL(String(input), location.href);
      const purpose = PURPOSES.find(({ path }) => url.pathname.startsWith(path)) ?? OTHER_PURPOSE;
      const { zh, en, shown } = purpose;
      const request = requestText(url, init);
      const response = await fetch(input, init).catch((error: unknown) => {
        add({ zh, en, request, answer: String(error), bad: true });
        throw error;
      });
      const text = await response.clone().text();
      const answer = `${response.status} ${response.statusText}\n${prettyText(text, shown)}`;
      add({ zh, en, request, answer, bad: !response.ok });
      return response;
    },
  };
}

function requestText(url: URL, init: RequestInit = {}): string {
  const { method = 'GET', body } = init;
  const authorization = new Headers(init.headers).get('authorization');
  const lines = [
    address(method, url),
    authorization && `Authorization: ${shorten(authorization)}`,
    body instanceof URLSearchParams ? form(body) : body && prettyText(String(body)),
  ];
  return lines.filter(Boolean).join('\n');
}

/** The URL with each parameter decoded on its own line. */
export function address(method: string, url: URL): string {
  return [`${method} ${url.pathname}`, ...parameters(url.searchParams, '?')].join('\n');
}

function form(body: URLSearchParams): string {
  return parameters(body, ' ').join('\n');
}

function parameters(query: URLSearchParams, first: string): string[] {
  return [...query].map(
    ([name, value], at) => `  ${at === 0 ? first : '&'}${name}=${shorten(value)}`,
  );
}

function prettyText(text: string, shown?: readonly string[]): string {
  try {
    return pretty(JSON.parse(text), shown);
  } catch {
    return shorten(text);
  }
}

/** @param shown the members to show; absent: all */
export function pretty(body: unknown, shown?: readonly string[]): string {
  const whole = JSON.stringify(
    body,
    (name, value) => {
      if (shown && name !== '' && !shown.includes(name)) return undefined;
      return typeof value === 'string' ? shorten(value) : value;
    },
    2,
  );
  return shown ? whole.replace(/\n}$/, ',\n  …\n}') : whole;
}

/** Shortens codes, states, verifiers and tokens; they stay distinguishable. */
function shorten(text: string): string {
  return text.replace(/[\w.~+/=-]{30,}/g, (long) => `${long.slice(0, 10)}…(${long.length})`);
}

const now = () => new Date().toLocaleTimeString('zh-CN', { hour12: false });

/** On a narrow screen only the newest step is open. */
const isWide = () => matchMedia('(min-width: 60rem)').matches;

function groupElement(group: Group, isNewest: boolean): HTMLElement {
  const steps = group.steps.map((step, at) => stepElement(step, isWide() || at === 0));
  const list = element('ol', { class: 'steps', reversed: '' }, ...steps);
  const summary = element('summary', {}, ...words(group), element('time', {}, group.at));
  return element('details', { class: 'group', ...(isNewest && { open: '' }) }, summary, list);
}

function stepElement(
  { at, bad, request, answer, ...text }: Step & { at: string },
  isOpen: boolean,
): HTMLElement {
  const head = [element('b', {}, ...words(text)), element('time', {}, at)];
  const shown = [
    ...(request ? [element('pre', {}, request)] : []),
    ...(answer ? [element('pre', { class: 'answer' }, answer)] : []),
  ];
  const content =
    shown.length === 0
      ? element('p', {}, ...head)
      : element('details', isOpen ? { open: '' } : {}, element('summary', {}, ...head), ...shown);
  return element('li', bad ? { class: 'bad' } : {}, content);
}
