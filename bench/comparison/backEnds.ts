import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from '../../tests/harness/bundles/bundle.ts';
import { build } from '../../tests/relyingParties/processes.ts';
import {
  CLIENTS,
  prepare,
  versionOf as versionOfClient,
} from '../../tests/wecomClients/clients.ts';
import type { Text } from '../../tests/wecomClients/table.ts';
import { revision, versionOf } from '../measure/report.ts';
import type { PlannedBackEnd } from './plan.ts';

const KEPT_IN = resolve('.local/comparison');
const SOURCES = join(import.meta.dirname, 'backEnds');

interface BackEnd {
  readonly name: Text;
  readonly version: string;
  /** @returns why this machine cannot run it; undefined if it can */
  missing?(): string | undefined;
  /** Installs it. @returns how it is started */
  plan(): Promise<Omit<PlannedBackEnd, 'name' | 'version'>>;
}

const same = (name: string): Text => ({ en: name, zh: name });
const ours = async () => {
  const files: string[] = [];
  for (const name of ['getUserInfo', 'authorize']) {
    files.push((await bundle(`functions/${name}.ts`, join(KEPT_IN, 'functions', name))).file);
  }
  return {
    command: process.execPath,
    parameters: [join(SOURCES, 'wecomAuth.ts'), ...files],
    directory: resolve('.'),
    needsAws: true,
    isLibrary: false,
  };
};
const tutorial = { needsAws: false, isLibrary: false, hasState: false };
const library = { ...tutorial, isLibrary: true };

const logto = clientNamed('@logto/connector-wecom');
const wxJava = clientNamed('WxJava (weixin-java-cp)');

/** The back ends that are compared. */
export const BACK_ENDS: readonly BackEnd[] = [
  {
    name: same('wecom-auth'),
    version: revision(),
    plan: async () => ({ id: 'ours', ...(await ours()), hasState: false }),
  },
  {
    name: { en: 'wecom-auth, with a state', zh: 'wecom-auth，带 state' },
    version: revision(),
    plan: async () => ({ id: 'oursWithState', ...(await ours()), hasState: true }),
  },
  {
    name: { en: 'Express tutorial', zh: 'Express 教程' },
    version: `express ${versionOf('express')}, axios ${versionOf('axios')}`,
    async plan() {
      const { file } = await bundle(
        'bench/comparison/backEnds/express.mjs',
        join(KEPT_IN, 'express'),
      );
      const parameters = [file];
      const directory = resolve('.');
      return { id: 'express', command: process.execPath, parameters, directory, ...tutorial };
    },
  },
  {
    name: same(logto.name),
    version: versionOfClient(logto),
    missing: logto.kit.missing,
    async plan() {
      const directory = await prepare(logto.kit);
      cpSync(join(SOURCES, 'logto.mjs'), join(directory, 'signIn.mjs'));
      const parameters = ['signIn.mjs'];
      return { id: 'logto', command: process.execPath, parameters, directory, ...library };
    },
  },
  {
    name: same('WxJava'),
    version: `weixin-java-cp ${versionOfClient(wxJava)}, Java ${javaVersion()}`,
    missing: wxJava.kit.missing,
    async plan() {
      const directory = await prepare(wxJava.kit);
      const classes = join(KEPT_IN, 'wxJava');
      mkdirSync(classes, { recursive: true });
      const source = join(SOURCES, 'WxJava.java');
      await build('javac', ['-cp', join(directory, 'lib/*'), '-d', classes, source]);
      // Without it, the JDK's server delays each response to a kept connection.
      const options = ['-Dsun.net.httpserver.nodelay=true', '-cp', `${classes}:lib/*`];
      const parameters = [...options, 'WxJava'];
      return { id: 'wxJava', command: 'java', parameters, directory, ...library };
    },
  },
];

/** Such as 17.0.15. */
function javaVersion(): string {
  if (wxJava.kit.missing()) return 'not installed';
  const text = execFileSync('java', ['--version'], { encoding: 'utf8' });
  return /\d+(\.\d+)*/.exec(text)?.[0] ?? 'unknown';
}

function clientNamed(name: string) {
  const client = CLIENTS.find((each) => each.name === name);
  if (client === undefined) throw new Error(`tests/wecomClients has no ${name}`);
  return client;
}
