/** A step of the sign-in, as shown in the right column. */
export interface Step {
  readonly zh: string;
  readonly en: string;
  /** The request, or the incoming redirect. */
  readonly request?: string;
  readonly answer?: string;
  readonly bad?: boolean;
}

/** The steps so far. sessionStorage keeps them during redirects. */
export interface Steps {
  add(step: Step): void;
  /** `fetch` that adds a step for each call. */
  fetch: typeof fetch;
}

const STORED = 'demo.steps';
const MAX_STEPS = 40;

interface Purpose {
  readonly zh: string;
  readonly en: string;
  /** The members to show of a long response; absent: all. */
  readonly shown?: readonly string[];
}

/** By the beginning of a request's path. */
const PURPOSES: readonly (Purpose & { readonly path: string })[] = [
  {
    path: '/api/wecom/verify/',
    zh: '查询权限',
    en: 'the session identifies the caller',
  },
  {
    path: '/api/wecom/getUserInfo',
    zh: '换取成员信息',
    en: 'exchanges code, state and verifier for the member and a session',
  },
  {
    path: '/.well-known/openid-configuration',
    zh: '读取提供方的地址',
    en: 'discovery: where the provider is and what it offers',
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
    zh: '换取令牌',
    en: 'exchanges code and verifier for an ID token and an access token',
  },
  {
    path: '/oauth2/userinfo',
    zh: '读取成员的声明',
    en: 'userinfo: the access token gives the claims',
  },
];
const OTHER_PURPOSE: Purpose = { zh: '请求', en: 'a request' };

export function createSteps(list: HTMLElement, clear: HTMLElement): Steps {
  let steps: (Step & { at: string })[] = JSON.parse(sessionStorage.getItem(STORED) ?? '[]');
  const keep = () => sessionStorage.setItem(STORED, JSON.stringify(steps));

  for (const step of steps) list.append(item(step));
  clear.addEventListener('click', () => {
    steps = [];
    keep();
    list.replaceChildren();
  });

  const add = (step: Step) => {
    const dated = { ...step, at: new Date().toLocaleTimeString('zh-CN', { hour12: false }) };
    steps = [...steps, dated].slice(-MAX_STEPS);
    keep();
    list.append(item(dated));
    while (list.children.length > MAX_STEPS) list.firstElementChild?.remove();
  };

  return {
    add,
    async fetch(input, init) {
      const url = new URL(String(input), location.href);
      const method = init?.method ?? 'GET';
      const authorization = new Headers(init?.headers).get('authorization');
      const body = init?.body;
      const request = [
        address(method, url),
        authorization && `Authorization: ${shorten(authorization)}`,
        body instanceof URLSearchParams ? form(body) : body && pretty(JSON.parse(String(body))),
      ];
      const response = await fetch(input, init);
      const answer: unknown = await response.clone().json();
      const purpose = PURPOSES.find(({ path }) => url.pathname.startsWith(path)) ?? OTHER_PURPOSE;
      const { zh, en, shown } = purpose;
      add({
        zh,
        en,
        request: request.filter(Boolean).join('\n'),
        answer: `${response.status} ${response.statusText}\n${pretty(answer, shown)}`,
        bad: !response.ok,
      });
      return response;
    },
  };
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

function item({ at, zh, en, request, answer, bad }: Step & { at: string }): HTMLElement {
  const li = document.createElement('li');
  if (bad) li.className = 'bad';
  const head = document.createElement('p');
  head.className = 'step';
  head.append(element('time', at), element('b', zh), english(en));
  li.append(head);
  if (request) li.append(element('pre', request));
  if (answer) {
    const block = element('pre', answer);
    block.className = 'answer';
    li.append(block);
  }
  return li;
}

export function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

export function english(text: string): HTMLElement {
  const made = element('span', text);
  made.className = 'en';
  made.lang = 'en';
  return made;
}
