import type { Credentials, NewClient, Provider } from './provider.ts';

/** A relying party: a real program that signs people in with the provider. */
export interface Program {
  readonly name: string;
  /** Its client, with paths instead of addresses. */
  readonly client: Pick<NewClient, 'isPublic' | 'refresh' | 'emailDomain'> & {
    readonly redirectPath: string;
    /** Where it receives logout tokens. */
    readonly backchannelLogoutPath?: string;
    /** Where the browser returns after a sign-out. */
    readonly postLogoutPath?: string;
  };
  /** The e-mail address that it shows, if not the company's. */
  readonly email?: (userid: string) => string;
  /** How it refuses a member without an e-mail address. Default: it signs the member in. */
  readonly withoutEmail?: Expected;
  /** It asks for a new sign-in if the provider's session is this old. Then this is the only case. */
  readonly signsInAgainAfterMs?: number;
  /** How it refuses a member without the permission. */
  readonly notPermitted: Expected;
  /** @returns why this machine cannot run it; undefined if it can */
  missing(): Promise<string | undefined>;
  /** Installs and builds it. @param directory its own, kept for later runs @returns its version */
  prepare(directory: string): Promise<string>;
  /** Starts it on this machine. */
  start(setup: Setup): Promise<Running>;
}

/** One trial of a program. */
export interface Case {
  readonly name: string;
  /** @returns the result in words @throws Error that says what is wrong */
  run(): Promise<string>;
}

/** The end of a refused sign-in. */
export interface Expected {
  readonly status: number;
  /** Matches the page or, with `inLog`, the program's output. */
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
  /** Checks its page after a sign-out. @throws Error if the page is another */
  signedOut?(text: string): void;
  /** How it learns that somebody was signed out elsewhere; absent if it does not. */
  readonly learnsBy?: 'logout token' | 'refresh';
  /** A logout token ends the person's sessions in all browsers, not only the one of its `sid`. */
  readonly endsEveryBrowser?: true;
  /** The claims that the page shows. */
  claims(page: EndPage): Claims | Promise<Claims>;
  /** The output so far. */
  log?(): string;
  close(): Promise<void>;
}

/** How a program leads to the provider. */
export interface Way {
  /** An address of the program. */
  readonly start: string;
  /** The button that leads to the provider; absent: `start` redirects there. */
  readonly button?: string;
}

/** How a browser signs in to it. */
export interface Application extends Way {
  /** An address with status 200 for signed-in people only. */
  readonly home?: string;
  /** A selector of its last page. Default: any page. */
  readonly done?: string;
  /** The last page is loaded again after this time, to cause a refresh. */
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
  readonly auth_time?: number;
}
