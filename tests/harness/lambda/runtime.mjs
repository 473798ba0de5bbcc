/*
 * Runs a handler as Lambda's runtime does, and measures it.
 *
 *   node runtime.mjs <url> [trace]   a message is a list of events, handled one after the other
 *
 * Plain JavaScript, so that a new process strips no types, and without `import`, so that the cost of the
 * handler's imports counts for the handler.
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

/** CPU since the start of the process. */
function usedCpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
const now = () => performance.timeOrigin + performance.now();

const { handler } = await import(url);
const initialisedAt = now();
const initCpuMs = usedCpuMs();
let requests = 0;

process.on('message', async (events) => {
  const durationsMs = [];
  const answers = [];
  const cpuBeforeMs = usedCpuMs();
  for (const event of events) {
    requests += 1;
    const end = Date.now() + 15_000;
    const context = {
      awsRequestId: `${process.pid}-${requests}`,
      getRemainingTimeInMillis: () => end - Date.now(),
    };
    const start = performance.now();
    const { statusCode, headers, body } = await handler(event, context);
    durationsMs.push(performance.now() - start);
    answers.push({ statusCode, headers, body });
  }
  const answeredAt = now();
  const cpuSinceStartMs = usedCpuMs();
  process.send({
    answers,
    durationsMs,
    answeredAt,
    cpuMs: cpuSinceStartMs - cpuBeforeMs,
    initialisedAt,
    initCpuMs,
    cpuSinceStartMs,
    peakKilobytes: process.resourceUsage().maxRSS,
    loaded,
  });
});
