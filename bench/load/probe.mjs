import { Server } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import workerThreads, { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

/*
 * Loaded by `--import` into every measured process and its threads. The main thread connects to the load
 * generator (probes.ts) and answers each JSON line with one of the same `id`:
 *
 *   {"ask": "memory"}               collects garbage, and tells what is left
 *   {"ask": "dynamoDb", "fault": …} slows or fails the requests for the embedded DynamoDB, if it runs here
 *
 * Plain JavaScript: a thread of serverless-offline strips no types.
 */

/** serverless-offline runs each instance of a function in a thread. */
const threads = new BroadcastChannel('wecom-auth-load');
threads.unref();
/** Threads collect their garbage one after another on a busy machine. */
const THREADS_ANSWER_MS = 1_500;

function usedBytes() {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

if (isMainThread) {
  loadIntoThreads();
  answerGenerator();
} else {
  threads.onmessage = ({ data }) => {
    if (data.isQuestion) threads.postMessage({ threadId, usedBytes: usedBytes() });
  };
}

/** serverless-offline gives its threads an environment of their own, without NODE_OPTIONS. */
function loadIntoThreads() {
  workerThreads.Worker = class extends workerThreads.Worker {
    constructor(file, options = {}) {
      const { execArgv = process.execArgv } = options;
      super(file, { ...options, execArgv: [...execArgv, '--import', import.meta.filename] });
    }
  };
  syncBuiltinESMExports();
}

function answerGenerator() {
  const { LOAD_PROBE_SOCKET } = process.env;
  if (!LOAD_PROBE_SOCKET) return;
  const answers = [];
  threads.onmessage = ({ data }) => {
    if (!data.isQuestion) answers.push(data);
  };
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let dynamoDbFault = {};
  failDynamoDb(() => dynamoDbFault);

  const socket = connect(LOAD_PROBE_SOCKET);
  socket.unref();
  // The generator has ended.
  socket.on('error', () => {});
  const tell = (message) => socket.write(`${JSON.stringify(message)}\n`);
  tell({
    pid: process.pid,
    program: process.argv.slice(1, 3).findLast((each) => /\.[jt]s$/.test(each)) ?? '',
  });
  createInterface({ input: socket }).on('line', async (line) => {
    const { id, ask, fault } = JSON.parse(line);
    if (ask === 'dynamoDb') {
      dynamoDbFault = fault;
      return tell({ id });
    }
    const [p99Ms, maxMs] = [delay.percentile(99) / 1e6, delay.max / 1e6];
    const resources = process.getActiveResourcesInfo();
    answers.length = 0;
    threads.postMessage({ isQuestion: true });
    await new Promise((resolve) => setTimeout(resolve, THREADS_ANSWER_MS));
    tell({
      id,
      usedBytes: usedBytes(),
      residentBytes: process.memoryUsage.rss(),
      handles: resources.length,
      threads: [...answers],
      eventLoopDelay: { p99Ms, maxMs },
    });
    // Without the garbage collection above.
    delay.reset();
  });
}

/** Looks at the requests of every HTTP server of this process before their handlers. */
function failDynamoDb(faultNow) {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (...event) {
    const [name, request, response] = event;
    const isDynamoDb =
      name === 'request' && `${request.headers['x-amz-target']}`.startsWith('DynamoDB_');
    const { delayMs = 0, failure } = isDynamoDb ? faultNow() : {};
    if (failure === 'down') {
      request.socket.destroy();
      return true;
    }
    if (failure === 'throttled') {
      const type = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException';
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: type, message: 'Slow down' }));
      return true;
    }
    if (delayMs === 0) return Reflect.apply(emit, this, event);
    setTimeout(() => {
      if (!request.destroyed) Reflect.apply(emit, this, event);
    }, delayMs);
    return true;
  };
}
