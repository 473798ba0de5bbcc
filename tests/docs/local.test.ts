import { execFileSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe.each(['docs/local.md', 'docs/zh-CN/local.md'])('%s', (document) => {
  const text = readFileSync(document, 'utf8');

  it('names every sample event', () => {
    const missing = readdirSync('events').filter((event) => !text.includes(`\`${event}\``));
    expect(missing).toEqual([]);
  });

  it('names every variable that the local stage reads, or npm start sets for it', () => {
    const stage = readFileSync('stages/local.yml', 'utf8');
    const read = [...stage.matchAll(/\$\{env:(\w+)/g)].map(([, name = '']) => name);
    const set = readFileSync('local/services.ts', 'utf8');
    const settings = readFileSync('local/settings.ts', 'utf8');
    const byUser = [...settings.matchAll(/environment\['(\w+)'\]/g)].map(([, name = '']) => name);
    const wanted = [...read.filter((name) => !set.includes(`${name}: `)), ...byUser];
    expect(wanted.length).toBeGreaterThan(5);
    expect([...new Set(wanted)].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('agrees with the help of npm start', () => {
    const LC_ALL = document.includes('zh-CN') ? 'zh_CN.UTF-8' : 'C';
    const help = execFileSync(process.execPath, ['local/start.ts', '--help'], {
      env: { ...process.env, LC_ALL },
      encoding: 'utf8',
    });
    const names = [...text.matchAll(/^\| ((?:`[A-Z_]+`(?:, |、)?)+) \|/gm)]
      .flatMap(([, cell = '']) => cell.match(/[A-Z_]+/g) ?? [])
      .filter((name) => !['LC_ALL', 'LANG'].includes(name));
    expect(names.filter((name) => !help.includes(name))).toEqual([]);
    expect(help).toContain(document);
  });
});

it('the sample events are those of functions that exist', () => {
  const functions = globSync('functions/*.ts').map((file) => file.replace(/.*\/|\.ts$/g, ''));
  for (const event of readdirSync('events')) {
    expect(functions).toContain(event.split(/[-.]/)[0]);
  }
});
