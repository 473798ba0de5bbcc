import { parseArgs } from 'node:util';

/** The emulator's port unless `--port` or `PORT` is given. */
export const DEFAULT_PORT = '3500';

const string = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;
const many = { type: 'string', multiple: true } as const;

/** Every flag of every command. parseArgs throws a sentence for an unknown one. */
export function readFlags(args: string[]) {
  return parseArgs({
    // A negative errcode is a value, which parseArgs would take for a flag.
    args: args.map((arg) => (/^-\d+$/.test(arg) ? `errcode:${arg}` : arg)),
    allowPositionals: true,
    options: {
      help: { ...boolean, short: 'h' },
      port: string,
      host: string,
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
    },
  });
}

export type Flags = ReturnType<typeof readFlags>['values'];

/** @throws Error with a sentence for the user if the text is not a whole number */
export function wholeNumber(text: string, what: string): number {
  const value = Number(text.replace('errcode:', ''));
  if (text.trim() === '' || !Number.isSafeInteger(value)) {
    throw new Error(`${what} must be a whole number, not "${text}"`);
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
