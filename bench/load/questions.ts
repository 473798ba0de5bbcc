import type { Person } from './people.ts';
import { anyone, bearer, orRefused, type Target, type World } from './world.ts';

/** `verify`: one in four asks about oneself, the others about anyone, leavers included. */
export async function verify(world: World, target: Target): Promise<void> {
  const { random, people, administrator } = world;
  const own = anyone(world);
  if (random.below(4) === 0 && own.session !== undefined) {
    return verifyPerson(world, target, own, own.session);
  }
  // Leavers of the last minutes, and those before.
  const leavers = people.all.filter(({ leftMs }) => leftMs !== undefined);
  const isAboutLeaver = leavers.length > 0 && random.below(4) === 0;
  await verifyPerson(world, target, isAboutLeaver ? random.pick(leavers) : own, administrator);
}

/** @param session of the caller */
export async function verifyPerson(
  { record, people }: World,
  target: Target,
  person: Person,
  session: string,
): Promise<void> {
  const isOwn = session === person.session;
  const reply = await record.send(
    `${target.name} verify`,
    `${target.url}/api/wecom/verify/${person.userid}`,
    bearer(session),
    // A leaver's own session may end.
    isOwn ? orRefused(person, (status) => status === 200) : undefined,
  );
  if (reply?.status !== 200) return;
  const { authorized } = JSON.parse(reply.text).data as { authorized: boolean };
  people.judge(person, authorized, reply.fromMs, reply.untilMs, record);
}

/** The signatures of a page inside WeCom. */
export async function jssdk(world: World, target: Target): Promise<void> {
  const page = `${world.addresses.site}/?visit=${world.random.below(1_000)}`;
  const query = new URLSearchParams({ url: page });
  const url = `${target.url}/api/wecom/jssdk?${query}`;
  const reply = await world.record.send(`${target.name} jssdk`, url);
  if (reply?.status !== 200) return;
  const { config, agentConfig } = JSON.parse(reply.text).data;
  for (const { signature } of [config, agentConfig]) {
    if (!/^[0-9a-f]{40}$/.test(signature)) world.record.problem('a signature is no SHA-1');
  }
}

/** What the administrators' page reads. */
export async function administration(world: World): Promise<void> {
  const { userid } = anyone(world);
  const path = world.random.pick([
    'departments',
    'departments/3/members',
    `members/${userid}/permissions`,
    `grants?subject=user:${userid}`,
    'history',
  ]);
  await world.record.send(
    'stack api/admin',
    `${world.addresses.api}/api/admin/${path}`,
    bearer(world.administrator),
    // The member may have left meanwhile.
    (status) => status === 200 || (status === 404 && path.startsWith('members')),
  );
}
