import type { ParseArgsOptionsConfig } from 'node:util';
import { InvalidInput } from '../../lib/administration/invalidInput.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import type { TimeSource } from '../../lib/clock.ts';
import { ConfigurationError, StoreUnavailable, type WecomAuthError } from '../../lib/errors.ts';
import { awsRemedy, startFirst } from '../deployment/awsRemedy.ts';
import { LOCAL_PORT } from '../deployment/localStack.ts';
import { languageOf, type Say } from '../language.ts';
import { EXIT, ExitError, misunderstood } from './exit.ts';
import { parseOptions } from './options.ts';
import { correctedClock, timeOfDynamoDb } from './serviceClock.ts';
import { localPort, openStage, type Stage } from './stage.ts';

/*
 * What the administrator's commands share: permissions, clients and sessions, which read and write the
 * permission table of a stage.
 */

/** What a command reads from and writes to. */
export interface CommandEnvironment {
  readonly environment: NodeJS.ProcessEnv;
  /** Writes to standard output, and ends the line. */
  readonly print: (text: string) => void;
  /** Writes to standard error, and ends the line. */
  readonly warn: (text: string) => void;
  /** This machine's clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The time of the stage, in milliseconds since the epoch; nothing if it cannot be read. */
  readonly serviceTime: (stage: Stage) => Promise<number | undefined>;
}

export const thisProcess: CommandEnvironment = {
  environment: process.env,
  print: (text) => process.stdout.write(`${text}\n`),
  warn: (text) => process.stderr.write(`${text}\n`),
  now: Date.now,
  serviceTime: timeOfDynamoDb,
};

/** The options that every command has. */
export interface CommonOptions {
  readonly stage: string;
  readonly region?: string | undefined;
  /** The permission table; default: the output of the stage's stack. */
  readonly table?: string | undefined;
  readonly json: boolean;
}

const COMMON_OPTIONS = {
  stage: { type: 'string', default: 'local' },
  region: { type: 'string' },
  table: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Parses the arguments of a command.
 *
 * @param options what the command takes besides the common options
 * @throws ExitError; see `parseOptions`
 */
export function parseArguments<Own extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  own: Own,
) {
  return parseOptions(argv, environment, { ...COMMON_OPTIONS, ...own });
}

/** What every subcommand works with. */
export interface CommonWork<Options extends CommonOptions> {
  readonly options: Options;
  readonly stage: Stage;
  readonly say: Say;
  readonly print: (text: string) => void;
  /** Writes to standard error, so that a program that reads the output does not get it. */
  readonly warn: (text: string) => void;
  /** When the command began, in milliseconds since the epoch. */
  readonly now: number;
  readonly clock: TimeSource;
  /** A command of the project for this stage, as the administrator types it. @param words such as `permissions -- list` */
  readonly commandLine: (words: string) => string;
}

/**
 * Runs one command: prints its help, or opens the stage and performs the request. An error that the
 * administrator can mend is printed as a sentence; any other error is thrown.
 *
 * @param name as in `npm run <name>`
 * @param readRequest throws ExitError or InvalidInput for arguments that are wrong
 * @param perform returns the exit code; throws ExitError, StoreUnavailable or ConfigurationError
 * @returns the exit code; see `EXIT`
 */
export async function runCommand<Options extends CommonOptions, Request extends { do: string }>(
  { name, help }: { readonly name: string; readonly help: Bilingual },
  { environment, print, warn, now, serviceTime }: CommandEnvironment,
  readRequest: () => { readonly request: Request; readonly options: Options } | 'help',
  perform: (request: Request, work: CommonWork<Options>) => Promise<number>,
): Promise<number> {
  const say = languageOf(environment);
  return reportingErrors(name, { say, warn }, async () => {
    const read = readRequest();
    if (read === 'help') {
      print(say(help));
      return EXIT.done;
    }
    const { request, options } = read;
    const stage = await openStage(options, environment);
    try {
      // By this machine's clock after the response: to sign in to AWS and to connect may take long.
      const clock = correctedClock(await serviceTime(stage), now, (text) => warn(say(text)));
      const commandLine = (words: string) => commandLineFor(options.stage, words, environment);
      const common = { options, stage, say, print, warn, now: clock.now(), clock, commandLine };
      return await perform(request, common);
    } catch (error) {
      const isOurs = error instanceof StoreUnavailable || error instanceof ConfigurationError;
      throw isOurs ? unavailable(error, name, options) : error;
    }
  });
}

/** @returns `npm run …` with the stage, or with the port of the stack on this machine */
function commandLineFor(stage: string, words: string, environment: NodeJS.ProcessEnv): string {
  if (stage !== 'local') return `npm run ${words} --stage ${stage}`;
  const port = localPort(environment);
  return `${port === LOCAL_PORT ? '' : `PORT=${port} `}npm run ${words}`;
}

/**
 * Runs a command, and prints an error that its caller can mend as a sentence. Any other error is thrown.
 *
 * @param name as in `npm run <name>`
 * @returns the exit code; see `EXIT`
 */
export async function reportingErrors(
  name: string,
  { say, warn }: { readonly say: Say; readonly warn: (text: string) => void },
  perform: () => Promise<number>,
): Promise<number> {
  try {
    return await perform();
  } catch (thrown) {
    const error = thrown instanceof InvalidInput ? misunderstood(thrown.text) : thrown;
    if (!(error instanceof ExitError)) throw error;
    warn(say(error.text));
    const usage = `npm run ${name} -- --help`;
    if (error.exitCode === EXIT.misunderstood) {
      warn(say({ zh: `用法：${usage}`, en: `Usage: ${usage}` }));
    }
    return error.exitCode;
  }
}

function unavailable(error: WecomAuthError, name: string, options: CommonOptions): ExitError {
  const { message, details } = error;
  const facts = [message, details['reason'], details['key'], details['advice']];
  const what = facts.filter((fact) => fact !== undefined).join(' · ');
  const isLocal = options.stage === 'local';
  const remedy = isLocal ? startFirst(name) : awsRemedy(String(details['reason']));
  return new ExitError(EXIT.failed, {
    zh: `无法使用权限表：${what}${remedy ? `。${remedy.zh}` : ''}`,
    en: `The permission table cannot be used: ${what}${remedy ? `. ${remedy.en}` : ''}`,
  });
}
