/** Calls what speaks OpenAI's HTTP: the proxies, and the mock itself. The bodies are those that Kanmon sends upstream. */
import { type Dispatcher, Pool } from 'undici';
import type { Caller, OpenStream } from './caller.ts';
import { EMBED_INPUT, modelOf, type Pace, PROMPT } from './mock-wire.ts';

const MAX_CONNECTIONS = 1024;

/** Opens a caller; it connects at the first call. */
export function createHttpCaller(port: number): Caller {
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connections: MAX_CONNECTIONS,
    bodyTimeout: 0,
    headersTimeout: 0,
  });
  const complete = JSON.stringify({ ...generationOf('burst'), stream: false });
  const embed = JSON.stringify({ model: 'mock-embed', input: [EMBED_INPUT], encoding_format: 'float' });
  return {
    complete: () => send(pool, '/v1/chat/completions', complete).ended,
    embed: () => send(pool, '/v1/embeddings', embed).ended,
    stream: (pace) => send(pool, '/v1/chat/completions', STREAM_BODIES[pace]),
    close: () => void pool.destroy(),
  };
}

function generationOf(pace: Pace) {
  return { model: modelOf(pace), messages: [{ role: 'user', content: PROMPT }], max_completion_tokens: 256 };
}

function streamBody(pace: Pace): string {
  return JSON.stringify({ ...generationOf(pace), stream: true, stream_options: { include_usage: true } });
}

const STREAM_BODIES: Readonly<Record<Pace, string>> = {
  burst: streamBody('burst'),
  every5: streamBody('every5'),
  every20: streamBody('every20'),
  silent: streamBody('silent'),
};

const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };

function send(pool: Pool, path: string, body: string): OpenStream {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let controller: Dispatcher.DispatchController | undefined;
  pool.dispatch(
    { method: 'POST', path, headers: HEADERS, body },
    {
      onRequestStart(started) {
        controller = started;
      },
      onResponseStart(_controller, status) {
        if (status !== 200) ended.reject(new Error(`${path} was answered with ${status}`));
      },
      onResponseData: () => begun.resolve(),
      onResponseEnd: () => ended.resolve(),
      onResponseError(_controller, error) {
        begun.reject(error);
        ended.reject(error);
      },
    },
  );
  begun.promise.catch(() => undefined); // Whoever waits for the end hears of it there.
  return { begun: begun.promise, ended: ended.promise, cancel: () => controller?.abort(new Error('given up')) };
}
