import type { Credentials, NewClient, Provider } from './provider.ts';

/** A relying party: a program of others that signs people in with the provider. */
export interface Program {
  readonly name: string;
  /** Its client; the redirect URI is made of the path. */
  readonly client: Omit<NewClient, 'id' | 'redirectUri'> & { readonly redirectPath: string };
  /** The address that it shows of a member, if that is not the company's. */
  readonly email?: (userid: string) => string;
  /** What it does with a member who has no e-mail address. Default: it signs them in. */
  readonly withoutEmail?: Expected;
  /** What its last page says of a member without the permission. */
  readonly notPermitted: Expected;
  /** @returns what the machine lacks to run it; absent: nothing */
  missing(): Promise<string | undefined>;
  /** Installs and builds it. @param directory its own, which stays @returns its version */
  prepare(directory: string): Promise<string>;
  /** Starts it on this machine. */
  start(setup: Setup): Promise<Running>;
}

/** The end of a refused sign-in. */
export interface Expected {
  readonly status: number;
  /** What the page says; if `inLog`, what the program prints. */
  readonly text: RegExp;
  readonly inLog?: true;
}

export interface Setup {
  readonly provider: Provider;
  readonly credentials: Credentials;
  readonly redirectUri: string;
  /** The program listens on 127.0.0.1 at this port. */
  readonly port: number;
  /** Where it was prepared. */
  readonly directory: string;
}

export interface Running {
  readonly application: Application;
  /** The claims that the page shows. */
  claims(page: EndPage): Claims | Promise<Claims>;
  /** What it has printed. */
  log?(): string;
  close(): Promise<void>;
}

/** How a browser signs in to it. */
export interface Application {
  /** An address of the program that begins a sign-in. */
  readonly start: string;
  /** Its button that goes to the provider; absent: it goes by itself. */
  readonly button?: string;
  /** What its last page has. Default: anything. */
  readonly done?: string;
  /** The last page is loaded once more after this time, for what happens in between. */
  readonly reloadAfterMs?: number;
}

/** The page at which a sign-in ends. */
export interface EndPage {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

/** Each is absent if the program does not show it. */
export interface Claims {
  readonly sub?: string;
  readonly name?: string;
  readonly preferred_username?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly groups?: readonly string[];
}
