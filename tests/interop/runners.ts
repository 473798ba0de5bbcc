import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result as DeploymentCheck } from '../deployment/results.ts';
import type { ExampleResult } from '../examples/results.ts';
import type { Result as RelyingPartyCase } from '../relyingParties/trial.ts';
import type { Row as ClientRow } from '../wecomClients/table.ts';
import { failedRow, missingText, openWorkFolder, type Part, type Row } from './part.ts';
import { pinnedVersion, runLong } from './tools.ts';

/**
 * Runs a command of this repository that writes its results by `--json`.
 *
 * @param toRows the rows of the results
 * @returns them, with a failed row if the command failed and no row says why
 * @throws Error if it wrote nothing
 */
export async function rowsOf<Results>(
  runner: string,
  toRows: (results: Results) => Row[],
): Promise<Row[]> {
  const file = join(openWorkFolder(), 'results.json');
  const exitCode = await runLong(process.execPath, [runner, '--json', file]);
  if (!existsSync(file)) throw new Error(`${runner} ended with ${exitCode}, without results`);
  const rows = toRows(JSON.parse(readFileSync(file, 'utf8')) as Results);
  const isExplained = rows.some(({ failures }) => failures.length > 0);
  if (exitCode === 0 || isExplained) return rows;
  return [...rows, failedRow(runner, '', `it ended with ${exitCode}, and names no failure`)];
}

export const wecomClients: Part = {
  name: 'wecom-clients',
  title: { en: 'WeCom clients', zh: '企业微信客户端' },
  did: {
    en: 'call the emulator as if it were WeCom: `npm run wecom-clients`',
    zh: '把模拟器当作企业微信来调用：`npm run wecom-clients`',
  },
  async run() {
    return rowsOf<readonly ClientRow[]>('tests/wecomClients/run.ts', (clients) =>
      clients.map(({ name, version, cells, faults, problems, skipped }) => ({
        ...{ name, version, failures: problems },
        held: Object.values(cells).filter(({ state }) => state === 'works').length,
        remarks: [...new Set(Object.values(faults))],
        ...(skipped && { skipped }),
      })),
    );
  },
};

export const relyingParties: Part = {
  name: 'relying-parties',
  title: { en: 'Relying parties', zh: '接入的程序' },
  did: {
    en: 'sign members in and out by OpenID Connect, in Chromium: `npm run relying-parties`',
    zh: '在 Chromium 中通过 OpenID Connect 登录和退出成员：`npm run relying-parties`',
  },
  async run() {
    return rowsOf<readonly RelyingPartyCase[]>('tests/relyingParties/run.ts', (cases) => {
      const names = [...new Set(cases.map(({ program }) => program))];
      return names.map((name) => {
        const own = cases.filter(({ program }) => program === name);
        return rowOf(
          { name, version: own[0]?.version ?? '' },
          own.map((each) => ({ ...each, what: each.case })),
        );
      });
    });
  },
};

export const deployment: Part = {
  name: 'deployment',
  title: { en: 'Stand-in for AWS', zh: 'AWS 的替身' },
  did: {
    en: 'a stage is deployed, changed, moved and removed, and a member signed in by AWS’s runtime for Lambda: `npm run deploy:stand-in`',
    zh: '部署、修改、迁移和删除一个环境，并在 AWS 的 Lambda 运行时中登录成员：`npm run deploy:stand-in`',
  },
  async run() {
    const version = pinnedVersion('../deployment/requirements.txt', /^moto==(.+)$/m);
    return rowsOf<readonly DeploymentCheck[]>('tests/deployment/run.ts', (checks) => {
      const named = checks.map((each) => ({ ...each, what: `${each.step}: ${each.what}` }));
      return [rowOf({ name: 'moto', version }, named)];
    });
  },
};

export const examples: Part = {
  name: 'examples',
  title: { en: 'Examples', zh: '示例程序' },
  did: {
    en: 'the programs of `docs/examples/` are installed, built and tried: `npm run examples`',
    zh: '安装、构建并试运行 `docs/examples/` 中的程序：`npm run examples`',
  },
  async run() {
    return rowsOf<readonly ExampleResult[]>('tests/examples/run.ts', (results) =>
      results.map(({ name, passed, failures, skipped }) => {
        const reason = skipped.map((each) => each.replace(/^skipped: /, '')).join('; ');
        const isSkipped = passed === 0 && failures.length === 0 && reason !== '';
        const remark = reason === '' ? [] : [missingText(reason)];
        return {
          ...{ name: `docs/examples/${name}`, version: '', held: passed, failures },
          ...(isSkipped ? { skipped: missingText(reason) } : { remarks: remark }),
        };
      }),
    );
  },
};

interface Check {
  readonly what: string;
  readonly outcome: 'passed' | 'held' | 'failed' | 'skipped';
  readonly detail: string;
}

function rowOf(program: Pick<Row, 'name' | 'version'>, checks: readonly Check[]): Row {
  const of = (...outcomes: Check['outcome'][]) =>
    checks.filter(({ outcome }) => outcomes.includes(outcome));
  const skipped = of('skipped').map(({ detail }) => missingText(detail));
  const [reason] = skipped;
  return {
    ...program,
    held: of('held', 'passed').length,
    failures: of('failed').map(({ what, detail }) => `${what}: ${detail}`),
    ...(reason && skipped.length === checks.length ? { skipped: reason } : { remarks: skipped }),
  };
}
