import { parseArgs } from 'node:util';
import { UserError } from './language.ts';
import { PROGRAM } from './program.ts';

/** The emulator's port unless `--port` or `PORT`, the port of `npm start`, is given. */
const DEFAULT_PORT = 3500;

/** The port of a flag or, without one, that of `npm start`'s emulator. */
export function portOf(flag: string | undefined, environment: NodeJS.ProcessEnv): number {
  if (flag !== undefined) return wholeNumber(flag, '--port');
  const stack = environment['PORT'];
  return stack ? wholeNumber(stack, 'PORT') + 500 : DEFAULT_PORT;
}

const string = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;
const many = { type: 'string', multiple: true } as const;

const FLAGS = {
  help: { ...boolean, short: 'h' },
  port: string,
  host: string,
  'admin-host': many,
  company: string,
  keep: string,
  https: boolean,
  'https-port': string,
  'ca-folder': string,
  set: many,
  'app-callback': string,
  'app-token': string,
  'app-key': string,
  'contacts-callback': string,
  'contacts-token': string,
  'contacts-key': string,
  at: string,
  on: string,
  times: string,
  ms: string,
  status: string,
  bytes: string,
  after: boolean,
  field: string,
  value: string,
  codes: string,
  count: string,
  scope: string,
  agent: string,
  origin: string,
  visitor: string,
  department: string,
  name: string,
  userid: string,
  add: many,
  remove: many,
  'add-department': many,
  'remove-department': many,
  parent: string,
  'create-time': string,
  members: string,
  depth: string,
  users: string,
  departments: string,
  tags: string,
  enable: boolean,
  disable: boolean,
  'trusted-ips': string,
  'any-ip': boolean,
  reversed: boolean,
  'non-canonical': boolean,
} as const;

/** Settings of npm itself, which an `.npmrc` may have. */
const ALSO_SETTINGS_OF_NPM = ['scope', 'depth'];

/**
 * Parses every flag of every command.
 *
 * @throws Error with a sentence for an unknown flag, and for one that npm took for itself: without ` -- `
 *   npm leaves it in the environment, as `npm_config_status`
 */
export function readFlags(args: string[], environment: NodeJS.ProcessEnv) {
  const taken = Object.keys(FLAGS).find(
    (name) =>
      !ALSO_SETTINGS_OF_NPM.includes(name) &&
      environment[`npm_config_${name.replaceAll('-', '_')}`],
  );
  if (taken !== undefined) {
    const line = `${PROGRAM} ${[...args, `--${taken} …`].join(' ')}`;
    throw new UserError({
      en: `npm did not pass --${taken} on. Write -- before the command: ${line}`,
      zh: `npm 没有传递 --${taken}。请在命令之前加上 --：${line}`,
    });
  }
  return parseArgs({
    // A negative errcode is a value, which parseArgs would take for a flag.
    args: args.map((arg) => (/^-\d+$/.test(arg) ? `errcode:${arg}` : arg)),
    allowPositionals: true,
    options: FLAGS,
  });
}

export type Flags = ReturnType<typeof readFlags>['values'];

/** @throws Error with a sentence for the user if the text is not a whole number */
export function wholeNumber(text: string, what: string): number {
  const value = Number(text.replace('errcode:', ''));
  if (text.trim() === '' || !Number.isSafeInteger(value)) {
    throw new UserError({
      en: `${what} must be a whole number, not "${text}"`,
      zh: `${what} 必须是整数，而不是“${text}”`,
    });
  }
  return value;
}

/** `a,b,c`; nothing for an empty text. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function numbers(text: string, what: string): number[] {
  return listed(text).map((part) => wholeNumber(part, what));
}
