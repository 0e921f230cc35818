/**
 * Checks signatures of AWS Signature Version 4 as AWS does: from the request that arrived, by the specification
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), without any of AWS's code.
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface ArrivedRequest {
  readonly method: string;
  /** Raw path, with nothing decoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a signature says, and whether it is right. */
export interface Verdict {
  readonly isRight: boolean;
  /** Access key, day, region, service. */
  readonly scope: readonly string[];
  readonly signedHeaders: readonly string[];
}

/** Verifies a request that somebody with this secret should have signed. */
export function verifySignature(request: ArrivedRequest, secretAccessKey: string): Verdict {
  const { authorization = '' } = request.headers;
  const match = /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  const [, credential = '', names = '', signature = ''] = match ?? [];
  const [accessKey = '', day = '', region = '', service = ''] = credential.split('/');
  const signedHeaders = names.split(';');
  const canonical = [
    request.method,
    request.path.split('/').map(encodeURIComponent).join('/'), // The raw path is encoded once more: %3A becomes %253A.
    '',
    ...signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const scope = [day, region, service, 'aws4_request'];
  const moment = request.headers['x-amz-date'] ?? '';
  const toSign = ['AWS4-HMAC-SHA256', moment, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const isRight = hmac(key, toSign).toString('hex') === signature;
  return { isRight, scope: [accessKey, day, region, service], signedHeaders };
}

/** A server that keeps what arrives and answers each request with this body. */
export async function openCapturingServer(reply: string) {
  const arrived: ArrivedRequest[] = [];
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const headers = incoming.headers as Record<string, string>; // None of those that come here is a list.
      arrived.push({ method: incoming.method ?? '', path: incoming.url ?? '', headers, body: Buffer.concat(pieces) });
      response.setHeader('content-type', 'application/json').end(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    arrived,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
