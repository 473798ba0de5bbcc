/*
 * What Lambda's own runtime does with a handler, and a stopwatch.
 *
 *   node runtime.mjs <url> [trace]   a message is a list of events, handled one after the other
 *
 * Plain JavaScript, so that a new process has no types to strip, and without an `import`, so that
 * what the handler's own imports cost is not paid here for it.
 */
const [, , url, trace] = process.argv;
const loaded = [];
if (trace) {
  process.getBuiltinModule('node:module').registerHooks({
    load(module, context, nextLoad) {
      loaded.push(module);
      return nextLoad(module, context);
    },
  });
}

/** Milliseconds of CPU since the process began. */
function usedCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
const now = () => performance.timeOrigin + performance.now();

const { handler } = await import(url);
const initialisedAt = now();
const initCpu = usedCpu();
let requests = 0;

process.on('message', async (events) => {
  const durations = [];
  const answers = [];
  const cpuBefore = usedCpu();
  for (const event of events) {
    requests += 1;
    const end = Date.now() + 15_000;
    const context = {
      awsRequestId: `${process.pid}-${requests}`,
      getRemainingTimeInMillis: () => end - Date.now(),
    };
    const start = performance.now();
    const { statusCode, body } = await handler(event, context);
    durations.push(performance.now() - start);
    answers.push({ statusCode, body });
  }
  const answeredAt = now();
  const totalCpu = usedCpu();
  process.send({
    answers,
    durations,
    answeredAt,
    cpu: totalCpu - cpuBefore,
    initialisedAt,
    initCpu,
    totalCpu,
    peakKilobytes: process.resourceUsage().maxRSS,
    loaded,
  });
});
