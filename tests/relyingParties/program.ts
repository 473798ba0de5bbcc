import type { Credentials, NewClient, Provider } from './provider.ts';

/** A relying party: a program of others that signs people in with the provider. */
export interface Program {
  readonly name: string;
  /** Its client; the addresses are made of the paths. */
  readonly client: Pick<NewClient, 'isPublic' | 'refresh' | 'emailDomain'> & {
    readonly redirectPath: string;
    /** Where it takes logout tokens. */
    readonly backchannelLogoutPath?: string;
    /** Where a browser comes after a sign-out. */
    readonly postLogoutPath?: string;
  };
  /** The address that it shows of a member, if that is not the company's. */
  readonly email?: (userid: string) => string;
  /** What it does with a member who has no e-mail address. Default: it signs them in. */
  readonly withoutEmail?: Expected;
  /**
   * It wants a sign-in at WeCom although the provider has a session, once that is so old. This alone is
   * tried then.
   */
  readonly signsInAgainAfterMs?: number;
  /** What its last page says of a member without the permission. */
  readonly notPermitted: Expected;
  /** @returns what the machine lacks to run it; absent: nothing */
  missing(): Promise<string | undefined>;
  /** Installs and builds it. @param directory its own, which stays @returns its version */
  prepare(directory: string): Promise<string>;
  /** Starts it on this machine. */
  start(setup: Setup): Promise<Running>;
}

/** Something that a program is put through. */
export interface Case {
  readonly name: string;
  /** @returns what was seen @throws Error that says what is wrong */
  run(): Promise<string>;
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
  /** Empty if it has none. */
  readonly postLogoutUri: string;
  /** The program listens on 127.0.0.1 at this port. */
  readonly port: number;
  /** Where it was prepared. */
  readonly directory: string;
}

export interface Running {
  readonly application: Application;
  /** Ends its session and the provider's; absent: it cannot. */
  readonly signOut?: Way;
  /** Reads its page after a sign-out. @throws Error if it says something else */
  signedOut?(text: string): void;
  /** Whether it noticed that somebody was signed out elsewhere; absent: it does not notice. */
  readonly ending?: Ending;
  /** The claims that the page shows. */
  claims(page: EndPage): Claims | Promise<Claims>;
  /** What it has printed. */
  log?(): string;
  close(): Promise<void>;
}

/** A way from a program to the provider. */
export interface Way {
  /** An address of the program. */
  readonly start: string;
  /** Its button that goes to the provider; absent: it goes by itself. */
  readonly button?: string;
}

/** How a browser signs in to it. */
export interface Application extends Way {
  /** An address that answers 200 to whoever is signed in, and to nobody else. */
  readonly home?: string;
  /** What its last page has. Default: anything. */
  readonly done?: string;
  /** The last page is loaded once more after this time, for what happens in between. */
  readonly reloadAfterMs?: number;
}

export interface Ending {
  /** Whether a request for `home` shows it. @param printed what the program has printed since */
  seen(status: number, printed: string): boolean;
  /** What ends then, as in “refused”. */
  readonly name: string;
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
  readonly auth_time?: number;
}
