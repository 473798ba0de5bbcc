import Table from 'cli-table3';

/** Draws a table as wide as its texts. A Chinese character takes two columns. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // No colours, because the output may be a file.
  const drawn = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** Shortens an ARN to its last part. */
export function showWho(by: string): string {
  return by.startsWith('arn:') ? by.slice(by.lastIndexOf(':') + 1) : by;
}
