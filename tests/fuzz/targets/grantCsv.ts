import { CsvProblem, readCsv, writeCsv } from '../../../lib/administration/csv.ts';
import { readGrantCsv } from '../../../lib/administration/grantCsv.ts';
import { InvalidInput } from '../../../lib/administration/invalidInput.ts';
import { must, refusedBy, type Target } from '../target.ts';

/* A file of grants: read as rows or refused with its line; what is written is read as the same. */

export default {
  seeds: [
    'subject,permission,effect,until,note\nuser:a,p,allow,2030-01-31,"a ""b"""\n',
    '\ufeffsubject,permission\r\ndepartment:2,p\r\neveryone,p\r\n',
    'subject,permission,note\ntag:7,p,"two\nlines"\n',
    "subject,permission,note\nuser:a,p,'=1+1\n",
    '> wecom-auth@0.1.0 permissions\n> node\n\nsubject,permission\nuser:a,*\n',
  ],
  run(input) {
    const text = input.toString();
    const rows = readCsv(text);
    if (rows instanceof CsvProblem) {
      must(
        rows.line >= 1 && rows.line <= text.split(/\r\n|\r|\n/).length,
        'a line that is not there',
      );
    } else if (rows.length > 0) {
      const fields = rows.map((row) => [...row.fields]);
      const again = readCsv(writeCsv(fields));
      must(!(again instanceof CsvProblem), 'what was written cannot be read');
      const read = again instanceof CsvProblem ? [] : again.map((row) => [...row.fields]);
      must(JSON.stringify(read) === JSON.stringify(fields), 'what was written is read as another');
    }
    refusedBy([InvalidInput], () => readGrantCsv(text, 1.8e12));
  },
} satisfies Target;
