import { parseArgs } from 'node:util';
import {
  publishedKeys,
  readSessionKeys,
  type SessionKey,
  type SessionKeySet,
  signingKey,
} from '../lib/session/sessionKeys.ts';
import { awsRemedy } from './deployment/awsRemedy.ts';
import { missingStage, readStage } from './deployment/stageFile.ts';
import { type StageParameter, stageParameter } from './deployment/stageParameter.ts';
import {
  firstKey,
  newSessionKey,
  PUBLISHED_AHEAD_SECONDS,
  rotate,
} from './sessionKeys/rotation.ts';

const HELP = `The keys that sign sessions, kept in SSM. Their private parts are never shown.

  npm run keys -- list     which keys there are, and what each does now
  npm run keys -- create   the first key; where there is one already, nothing
  npm run keys -- rotate   a new key: published now, signing later. The old one goes when the last
                           session that it signed has ended. Run again before the new key signs,
                           this changes nothing. Creates the first key where there is none.
  npm run keys -- replace  after a leak: a new key at once, and every session ends (within five
                           minutes, for which running instances remember keys). Whoever else checks
                           sessions accepts the leaked key for as long as they remember it: API
                           Gateway's JWT authorizer for up to two hours. Needs --yes.

  --stage <stage>    default: local
  --region <region>  default: that of stages/<stage>.yml
  --ahead <minutes>  rotate: for how long the new key is published before it signs. Default ${PUBLISHED_AHEAD_SECONDS / 60},
                     because API Gateway remembers published keys for two hours.
  --json             list: for programs, with npm run -s

Exit codes: 0 done, or nothing to do; 1 failed; 2 not understood.`;

/** More would not fit into an advanced parameter (8 kB, a key takes 1.7). */
const MOST_KEYS = 4;

/** Of a stage whose file is not here, in seconds. */
const LONGEST_SESSION = 43_200;

class Misunderstood extends Error {}

async function run(): Promise<string> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: 'local' },
      region: { type: 'string' },
      ahead: { type: 'string', default: String(PUBLISHED_AHEAD_SECONDS / 60) },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [command = 'help', ...more] = positionals;
  if (values.help || command === 'help') return HELP;
  if (more.length > 0) throw new Misunderstood(`What is ${more.join(' ')}?`);
  const missing = missingStage(values.stage);
  if (missing) throw new Misunderstood(missing.en);
  if (!/^\d{1,5}$/.test(values.ahead)) throw new Misunderstood('--ahead is in whole minutes.');

  const parameter = stageParameter(values.stage, 'session-keys', values.region);
  const stored = await parameter.read();
  const keys = stored && readSessionKeys(stored.value, parameter.name);
  const now = Math.floor(Date.now() / 1_000);
  const write = async (next: SessionKeySet) => {
    if (next.keys.length > MOST_KEYS) throw new Error(tooMany(next));
    await parameter.write(JSON.stringify(next), stored?.version);
    return table(parameter, next, now);
  };

  switch (command) {
    case 'list':
      return values.json ? JSON.stringify(rows(keys, now), null, 2) : table(parameter, keys, now);
    case 'create':
      return keys ? table(parameter, keys, now) : write(firstKey(await newSessionKey(), now));
    case 'rotate': {
      const newKey = await newSessionKey();
      if (keys === undefined) return write(firstKey(newKey, now));
      const sessionSeconds = Number(readStage(values.stage)?.['sessionSeconds'] ?? LONGEST_SESSION);
      const next = rotate(keys, newKey, { now, ahead: Number(values.ahead) * 60, sessionSeconds });
      return next ? write(next) : `A rotation is under way.\n${table(parameter, keys, now)}`;
    }
    case 'replace':
      if (!values.yes) throw new Misunderstood('This ends every session: say --yes.');
      return write(firstKey(await newSessionKey(), now));
    default:
      throw new Misunderstood(`There is no ${command}.`);
  }
}

function rows(keys: SessionKeySet | undefined, now: number) {
  if (keys === undefined) return [];
  const signing = signingKey(keys, now)?.kid;
  return publishedKeys(keys, now).map((key) => ({
    kid: key.kid,
    does: key.kid === signing ? 'signs' : key.nbf > now ? 'will sign' : 'checks only',
    signsFrom: new Date(key.nbf * 1_000).toISOString(),
    ...(key.exp && { publishedUntil: new Date(key.exp * 1_000).toISOString() }),
  }));
}

function table(parameter: StageParameter, keys: SessionKeySet | undefined, now: number): string {
  const lines = rows(keys, now).map(({ kid, does, signsFrom, publishedUntil }) =>
    [
      `  ${kid}  ${does.padEnd(11)}`,
      does === 'will sign' ? `from ${signsFrom}` : '',
      publishedUntil ? `until ${publishedUntil}` : '',
    ]
      .filter((part) => part !== '')
      .join('  ')
      .trimEnd(),
  );
  return [parameter.name, ...(lines.length > 0 ? lines : ['  no keys: run create'])].join('\n');
}

function tooMany({ keys }: SessionKeySet): string {
  const first = Math.min(...keys.map((key: SessionKey) => key.exp ?? Number.POSITIVE_INFINITY));
  return `${MOST_KEYS} keys are still in use, which is as many as fit. Rotate again after ${new Date(first * 1_000).toISOString()}.`;
}

try {
  console.log(await run());
} catch (error) {
  const misunderstood =
    error instanceof Misunderstood ||
    String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  const unreachable = (error as { code?: unknown }).code === 'ECONNREFUSED';
  const remedy = awsRemedy(error);
  if (unreachable) console.error('The local stack does not run: npm start');
  else console.error(error instanceof Error ? error.message : String(error));
  if (remedy) console.error(remedy.en);
  if (misunderstood) console.error('Try: npm run keys -- --help');
  process.exitCode = misunderstood ? 2 : 1;
}
