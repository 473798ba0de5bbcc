import { element, find, type Words, words } from './elements.ts';
import { type Company, deliveriesAfter, emulator, lastDelivery } from './emulator.ts';
import type { Steps } from './steps.ts';

/** How often verify is asked after a change until its answer is the expected one, and the time between. */
const MAX_ASKED = 8;
const ASK_AGAIN_MS = 300;

/** What `verify` answered, or why it did not. */
export interface Verdict {
  readonly authorized?: boolean;
  readonly problem?: string;
}

interface Parts {
  readonly steps: Steps;
  readonly verify: (userid: string, permission: string, send: typeof fetch) => Promise<Verdict>;
  /** Called after each change. */
  readonly onChanged: () => Promise<void>;
}

interface Change extends Words {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** The userid after it, if it is another one. */
  readonly userid?: string;
  /** What to know about it. */
  readonly hint?: Words;
}

const form = find<HTMLFormElement>('#check');
const verdict = find('#verdict');
const hint = find('#hint');
const buttons = find('#changes');
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

/** Who may do what, and what changes in the emulated company. */
export function createCompany({ steps, verify, onChanged }: Parts) {
  let members: Company['members'] = [];
  let hasEmulator = false;
  let isChanging = false;
  const userid = () => field('userid').value.trim();
  const permission = () => field('permission').value.trim();
  /** Also of those who have left meanwhile. */
  const names = new Map<string, string>();

  function drawButtons(): void {
    const id = userid();
    const found = members.find((each) => each.userid === id);
    const changes = hasEmulator && id !== '' ? changesOf(id, found?.status) : [];
    buttons.replaceChildren(
      ...changes.map((each) => {
        const button = element('button', { type: 'button', class: 'quiet small' }, ...words(each));
        button.addEventListener('click', () => void make(each));
        return button;
      }),
    );
    find('#company').hidden = changes.length === 0;
  }

  async function readMembers(): Promise<void> {
    ({ members } = await emulator<Company>('GET', 'company'));
    for (const each of members) names.set(each.userid, each.name);
    const options = members.map((each) =>
      element('option', { value: each.userid, label: `${each.name} ${each.userid}` }),
    );
    find('#members').replaceChildren(...options);
    drawButtons();
  }

  async function ask(): Promise<Verdict> {
    hint.replaceChildren();
    showPending();
    const answer = await verify(userid(), permission(), steps.fetch);
    showVerdict(answer);
    return answer;
  }

  function showPending(): void {
    verdict.className = '';
    verdict.replaceChildren(...words({ zh: '查询中…', en: 'Checking…' }));
  }

  function showVerdict({ authorized, problem }: Verdict, after?: number): void {
    verdict.className = authorized ? 'yes' : 'no';
    const who = `${names.get(userid()) ?? ''} ${userid()}`.trim();
    const what = permission();
    const text = authorized
      ? { zh: `✓ ${who} 有权限 ${what}`, en: `✓ ${who} has ${what}` }
      : { zh: `✗ ${who} 没有权限 ${what}`, en: `✗ ${who} does not have ${what}` };
    const failed = { zh: `✗ 无法查询：${problem}`, en: `✗ Not answered: ${problem}` };
    verdict.replaceChildren(...words(problem === undefined ? text : failed));
    if (after === undefined) return;
    const seconds = (after / 1_000).toFixed(1);
    const delay = { zh: `${seconds} 秒后生效`, en: `after ${seconds} s` };
    verdict.append(element('small', {}, ...words(delay)));
  }

  /** Changes the company, waits for WeCom's pushes, and asks verify until it knows. */
  async function make(change: Change): Promise<void> {
    if (isChanging) return;
    isChanging = true;
    const { method, path, body } = change;
    hint.replaceChildren();
    showPending();
    try {
      const earlier = await verify(userid(), permission(), fetch);
      const last = await lastDelivery();
      const began = performance.now();
      await emulator(method, path, body);
      steps.add({
        zh: `公司的变化：${change.zh} ${userid()}`,
        en: `In the company: ${change.en}, ${userid()}`,
        request: [`${method} /__admin/${path}`, body && JSON.stringify(body)]
          .filter(Boolean)
          .join('\n'),
      });
      if (change.userid) field('userid').value = change.userid;
      const pushed = await deliveriesAfter(last);
      const lines = pushed.map(
        (each) => `${each.channel}: ${each.event} ${each.subject} → ${each.state}`,
      );
      if (lines.length > 0) {
        steps.add({
          zh: '企业微信推送事件',
          en: 'WeCom pushes events to /api/wecom/callback/…',
          request: lines.join('\n'),
        });
      }
      await readMembers();
      // Grants move with the person: after a rename the new userid gets the old one's answer.
      const isRename = change.userid !== undefined;
      const changed = await whenAnswered((now) => (now === earlier.authorized) === isRename);
      const after = changed === undefined ? undefined : changed - began;
      const answer = await verify(userid(), permission(), steps.fetch);
      showVerdict(answer, after);
      if (change.hint && !answer.authorized) hint.replaceChildren(...words(change.hint));
      await onChanged();
    } catch (error) {
      verdict.className = 'no';
      verdict.replaceChildren(error instanceof Error ? error.message : String(error));
    }
    isChanging = false;
    // The button that was pressed is gone.
    buttons.querySelector('button')?.focus();
  }

  /** @returns when verify's answer was as expected, if it was in time */
  async function whenAnswered(
    isExpected: (authorized: boolean | undefined) => boolean,
  ): Promise<number | undefined> {
    for (let asked = 0; asked < MAX_ASKED; asked += 1) {
      if (asked > 0) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      const { authorized, problem } = await verify(userid(), permission(), fetch);
      if (problem === undefined && isExpected(authorized)) return performance.now();
    }
    return undefined;
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void ask();
  });
  field('userid').addEventListener('input', drawButtons);

  return {
    /** Offers what needs the emulator. @throws Error if it does not answer this page */
    async useEmulator(permissions: readonly string[]): Promise<void> {
      await readMembers();
      hasEmulator = true;
      drawButtons();
      const options = permissions.map((value) => element('option', { value }));
      find('#permissions').replaceChildren(...options);
    },
    /** Asks about this member. */
    show(id: string): Promise<Verdict> {
      field('userid').value = id;
      drawButtons();
      return ask();
    },
  };
}

const NEW_SUFFIX = '.new';

/** @param status of the member; undefined: not in the company */
function changesOf(userid: string, status: number | undefined): Change[] {
  const path = `members/${encodeURIComponent(userid)}`;
  if (status === undefined) {
    // The command needs the port of this stack.
    const reinstate = `PORT=${location.port} npm run permissions -- reinstate user:${userid}`;
    return [
      {
        zh: '重新入职',
        en: 'Rejoin',
        method: 'POST',
        path: `${path}/rejoin`,
        hint: {
          zh: `刚离职的账号约一分钟后才重新接受。授权属于人，离职时停用的个人授权须由管理员恢复：${reinstate}`,
          en: `An account that just left is accepted again after about a minute. Grants belong to the person: an administrator gives the suspended ones back with ${reinstate}`,
        },
      },
    ];
  }
  const renamed = userid.endsWith(NEW_SUFFIX)
    ? userid.slice(0, -NEW_SUFFIX.length)
    : userid + NEW_SUFFIX;
  return [
    { zh: '离职', en: 'Leave', method: 'DELETE', path },
    status === 1
      ? { zh: '禁用', en: 'Disable', method: 'PATCH', path, body: { status: 2 } }
      : { zh: '启用', en: 'Enable', method: 'PATCH', path, body: { status: 1 } },
    {
      zh: `改账号为 ${renamed}`,
      en: `Rename to ${renamed}`,
      method: 'POST',
      path: `${path}/rename`,
      body: { userid: renamed },
      userid: renamed,
    },
  ];
}
