import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../local/command.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { CLIENT } from './openid.ts';
import type { Person } from './people.ts';
import { signInWithState } from './signIns.ts';
import type { World } from './world.ts';

/** Permitted by a grant to their department. */
const STAFF = { department: 3, count: 40 } as const;
/** In a department without a grant. */
const OUTSIDERS = { department: 7, count: 4 } as const;
/** Joined at once, so that the pushes of a setup are no burst. */
const BATCH = 5;

/** Registers the client and the grant, and lets the members join. */
export async function setUpCompany(
  { people, emulator }: World,
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const grants = join(directory, 'grants.csv');
  const head = 'subject,permission,effect,until,note';
  writeFileSync(grants, `${head}\ndepartment:${STAFF.department},access,allow,,load\n`);
  await runCommand('permissions', ['import', grants, '--yes'], environment);
  const redirect = ['--redirect-uri', CLIENT.redirectUri];
  const client = ['add', CLIENT.id, '--name', 'Load', '--public', '--refresh', ...redirect];
  await runCommand('clients', client, environment);

  const members = [
    ...Array.from({ length: STAFF.count }, (_, at) => ({
      person: { userid: `person${at + 1}`, grant: 'department' as const, permittedFromMs: 0 },
      department: STAFF.department,
    })),
    ...Array.from({ length: OUTSIDERS.count }, (_, at) => ({
      person: { userid: `outsider${at + 1}`, grant: 'none' as const, permittedFromMs: 0 },
      department: OUTSIDERS.department,
    })),
  ];
  for (const [at, { person, department }] of members.entries()) {
    const { userid } = people.add(person);
    const member = { userid, name: `成员 ${at + 1}`, department: [department] };
    await emulator.call('POST', 'members', member);
    if (at % BATCH === 0) await emulator.call('GET', 'deliveries?settled');
  }
  await emulator.call('GET', 'deliveries?settled');
}

/** Sends the pushes of the app to the single instance; those of the contacts stay with the stack. */
export async function pushAppEventsTo({ emulator, single }: World): Promise<void> {
  const { token, encodingAESKey } = FIXTURE_KEYS.app;
  const url = `${single.url}/api/wecom/callback/app`;
  await emulator.call('PUT', 'callbacks/app', { url, token, encodingAESKey });
}

/** @returns the session of user123, whom the demonstration's grants make an administrator */
export async function administratorSession(world: World): Promise<string> {
  const person: Person = { userid: 'user123', grant: 'own', permittedFromMs: 0 };
  await signInWithState(world, world.stack, person);
  if (person.session === undefined) throw new Error('the administrator cannot sign in');
  return person.session;
}
