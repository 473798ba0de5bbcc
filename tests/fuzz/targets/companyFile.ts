import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCompany } from '../../../packages/emulator/source/companyFile.ts';
import { must, type Target } from '../target.ts';

/* The company file of the emulator, as JSON and as YAML: a company, or one sentence that names the file. */

const directory = mkdtempSync(join(tmpdir(), 'wecom-fuzz-'));

const COMPANY = {
  corpid: 'ww1',
  departments: [
    { id: 1, name: 'a', parentid: 0 },
    { id: 2, name: 'b', parentid: 1, department_leader: ['a'] },
  ],
  members: [{ userid: 'a', name: 'A', department: [2], direct_leader: [] }],
  tags: [{ tagid: 1, tagname: 't', userlist: ['a'], partylist: [2] }],
  apps: [{ agentid: 1, secret: 's', visible: { users: ['a'], parties: [1], tags: [1] } }],
};

export default {
  seeds: [
    JSON.stringify(COMPANY),
    JSON.stringify({ ...COMPANY, departments: [{ id: 1, name: 'a', parentid: 1 }] }),
    'corpid: ww1\nmembers:\n  - &a {userid: a, name: A, department: [1]}\napps:\n  - {agentid: 1, secret: s}\n',
    'a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n',
    'corpid: !!binary x\n',
  ],
  run(input) {
    for (const name of ['company.json', 'company.yaml']) {
      const file = join(directory, name);
      writeFileSync(file, input);
      try {
        const { corpid, departments, members } = readCompany(file);
        must(typeof corpid === 'string', 'a company without a corpid');
        must(departments.length > 0 && Array.isArray(members), 'a company without departments');
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith(`${file}: `)) throw error;
        const isDefect = /Cannot read prop|is not a function|is not iterable|call stack/;
        must(!isDefect.test(error.message), error.message.slice(0, 300));
      }
    }
  },
} satisfies Target;
