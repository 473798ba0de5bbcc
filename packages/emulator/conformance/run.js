import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startReceiver } from './callbacks.js';
import { CALLBACKS } from './checks/callbacks.js';
import { CONTACTS } from './checks/contacts.js';
import { GETTOKEN } from './checks/gettoken.js';
import { SIGN_IN } from './checks/signIn.js';
import { WIRE } from './checks/wire.js';
import { FACTS } from './facts.js';
import { createHttp } from './http.js';
import { authorizeAddress, emulatedPeople, promptedPeople } from './people.js';

const CHECKS = [...WIRE, ...GETTOKEN, ...SIGN_IN, ...CONTACTS, ...CALLBACKS];

const HELP = `Usage: node run.js [settings.json] [--people prompt|emulator] [--bans] [--changes] [--wait]
                   [--only <word>] [--zh] [--json] [--list]

Sends what WeCom's documents describe, and checks what comes back. The settings are described in README.md;
without a file, those of the emulator's own company are used.

  --people prompt    also checks that need somebody to scan or to save a setting: it asks you
  --people emulator  the same by the forms and the admin API of the emulator
  --bans             also checks with wrong secrets: WeCom blocks the address for an hour
  --changes          also checks that change something or disturb a member
  --wait             also checks that wait for up to half an hour
  --only <word>      only checks with the word in their name
  --zh               in Chinese
  --json             results as JSON, with the requests of each check, without values
  --list             the facts and their checks, without a request

The exit code is 1 if a check failed. An observation passes with any answer: WeCom's is not known.`;

const { values, positionals } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    people: { type: 'string' },
    bans: { type: 'boolean' },
    changes: { type: 'boolean' },
    wait: { type: 'boolean' },
    only: { type: 'string', default: '' },
    zh: { type: 'boolean' },
    json: { type: 'boolean' },
    list: { type: 'boolean' },
  },
  allowPositionals: true,
});
const language = values.zh ? 'zh' : 'en';
if (values.help || ![undefined, 'prompt', 'emulator'].includes(values.people)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}
if (values.list) {
  console.log(factTable());
  process.exit(0);
}

const settings = JSON.parse(
  readFileSync(positionals[0] ?? new URL('settings.example.json', import.meta.url), 'utf8'),
);
const http = createHttp(settings);
const people =
  values.people === 'prompt' ? promptedPeople(settings) : emulatedPeople(settings, http);
let receiving;
const world = {
  settings,
  http,
  people,
  wait: (seconds) => sleep(seconds * 1_000),
  authorizeAddress: (request) => authorizeAddress(settings, request),
  /** Started by the first check that needs it. `url` is for the administrator. */
  async receiver() {
    receiving ??= await startReceiver(settings.callback);
    const url = settings.callback.url.replace(':0/', `:${receiving.port}/`);
    return { ...receiving, url };
  },
};

const results = [];
// A ban comes last, because nothing works after it.
const ordered = [...CHECKS].sort((one, other) => (one.last ? 1 : 0) - (other.last ? 1 : 0));
for (const check of ordered.filter(({ id }) => id.includes(values.only))) {
  http.forget();
  results.push({ ...described(check), ...(await resultOf(check)), sent: http.sent() });
}
people.close();
receiving?.close();

const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
if (values.json) {
  console.log(JSON.stringify(results));
} else {
  console.log(resultTable());
  console.log(
    `${count('passed') + count('observed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`,
  );
}
process.exitCode = count('failed') > 0 ? 1 : 0;

function described({ id, facts, documents, observes = false, ...texts }) {
  return { id, facts, documents, observes, text: texts[language] };
}

async function resultOf(check) {
  const lacking = (check.needs ?? []).find((need) => !isThere(need));
  if (lacking !== undefined) return { outcome: 'skipped', detail: lackingText(lacking) };
  try {
    const observed = await check.run(world);
    return check.observes
      ? { outcome: 'observed', detail: String(observed) }
      : { outcome: 'passed', detail: '' };
  } catch (error) {
    const { message } = error.cause ?? error;
    return { outcome: 'failed', detail: `${http.sent().at(-1) ?? ''}: ${message.split('\n')[0]}` };
  }
}

/** @param need a flag, `https`, or the name of a setting */
function isThere(need) {
  if (need.startsWith('--')) return Boolean(values[need.slice(2)]);
  if (need === 'https') return settings.api.startsWith('https:');
  return settings[need] !== undefined && settings[need] !== null;
}

function lackingText(need) {
  if (need.startsWith('--')) return language === 'zh' ? `需要 ${need}` : `needs ${need}`;
  if (need === 'https')
    return language === 'zh' ? 'api 不是 https 地址' : 'api is no https address';
  return language === 'zh' ? `设置中没有 ${need}` : `the settings have no ${need}`;
}

function resultTable() {
  const words = {
    en: { passed: 'passed', failed: 'FAILED', observed: 'observed', skipped: 'skipped' },
    zh: { passed: '通过', failed: '失败', observed: '观察', skipped: '跳过' },
  }[language];
  const head =
    language === 'zh' ? ['检查', '内容', '文档', '结果'] : ['check', 'what', 'document', 'result'];
  return markdown(
    head,
    results.map(({ id, text, documents, outcome, detail }) => [
      `\`${id}\``,
      text,
      documents.join(', '),
      detail ? `${words[outcome]}: ${detail}` : words[outcome],
    ]),
  );
}

/** Every fact, with its checks and the reason why there is none. */
function factTable() {
  const head =
    language === 'zh'
      ? ['事实', '检查', '没有检查的部分']
      : ['fact', 'checks', 'not checked, and why'];
  return markdown(
    head,
    FACTS.map(({ number, why, ...texts }) => [
      texts[language],
      CHECKS.filter(({ facts }) => facts.includes(number))
        .map(({ id, observes }) => `\`${id}\`${observes ? ' *' : ''}`)
        .join(', '),
      why?.[language] ?? '',
    ]),
  );
}

function markdown(head, rows) {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
