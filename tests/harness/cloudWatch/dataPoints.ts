/** One value of a metric, as CloudWatch stores it. */
export interface DataPoint {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

interface EmbeddedMetrics {
  readonly Timestamp: number;
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/** What CloudWatch counts of log lines in the embedded metric format. */
export function dataPointsOf(lines: readonly Record<string, unknown>[]): DataPoint[] {
  return lines.flatMap((line) => {
    const { Timestamp: at = 0, CloudWatchMetrics: all = [] } = (line['_aws'] ??
      {}) as Partial<EmbeddedMetrics>;
    return all.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) => {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
        return Metrics.map(({ Name: name }) => {
          return { namespace, name, dimensions, at, value: Number(line[name]) };
        });
      }),
    );
  });
}

/** A metric filter of a template. */
export interface MetricFilter {
  readonly FilterPattern: string;
  readonly MetricTransformations: readonly {
    readonly MetricNamespace: string;
    readonly MetricName: string;
    readonly MetricValue: string;
  }[];
}

/**
 * What a metric filter counts of an access log.
 *
 * @param lines each with the time at which it was written
 */
export function filteredPoints(
  filter: MetricFilter,
  lines: readonly { readonly at: number; readonly line: Record<string, unknown> }[],
): DataPoint[] {
  const isCounted = readPattern(filter.FilterPattern);
  return lines
    .filter(({ line }) => isCounted(line))
    .flatMap(({ at }) =>
      filter.MetricTransformations.map(({ MetricNamespace, MetricName, MetricValue }) => ({
        namespace: MetricNamespace,
        name: MetricName,
        dimensions: {},
        at,
        value: Number(MetricValue),
      })),
    );
}

/** Texts of fields, which are compared or begin so, joined by `&&`. */
function readPattern(pattern: string): (line: Record<string, unknown>) => boolean {
  const [, conditions = ''] = /^\{ (.+) \}$/.exec(pattern) ?? [];
  const all = conditions.split(' && ').map((condition) => {
    const [, field = '', operator, text, star] =
      /^\$\.(\w+) (=|!=) "([^"*]*)(\*?)"$/.exec(condition) ?? [];
    if (text === undefined) throw new Error(`A pattern that nobody reads: ${pattern}`);
    return (line: Record<string, unknown>) => {
      const value = String(line[field]);
      const isIt = star === '*' ? value.startsWith(text) : value === text;
      return isIt === (operator === '=');
    };
  });
  return (line) => all.every((isMet) => isMet(line));
}
