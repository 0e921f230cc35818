/** Tunnels through an HTTP proxy: CONNECT, whatever the target speaks, so that a proxy never sees a request. */
import { type ClientRequest, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import { GatewayError } from '../model/errors.ts';

/** Called once: with a socket that leads to the target, or with what went wrong. */
export type TunnelCallback = (error: unknown, socket: Socket | undefined) => void;

/** Opens a tunnel. Returns how to give it up. The URL's user and password are sent to the proxy. */
export function openTunnel(
  proxyUrl: string,
  target: { readonly host: string; readonly port: number },
  callback: TunnelCallback,
): () => void {
  const request = connectThrough(new URL(proxyUrl), target);
  request.once('connect', (response, socket: Socket, head: Buffer) => {
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300 && head.length === 0) {
      callback(undefined, socket);
      return;
    }
    socket.destroy();
    callback(
      refusal(head.length > 0 ? 'sent bytes before the target did' : `answered ${status} to CONNECT`),
      undefined,
    );
  });
  request.once('response', (response) => {
    // Node takes a reply to CONNECT for an ordinary one where it is not allowed to be one.
    response.destroy();
    callback(refusal(`answered ${response.statusCode ?? 0} to CONNECT`), undefined);
  });
  request.once('error', (error) => callback(error, undefined));
  request.end();
  return () => request.destroy();
}

function connectThrough(proxy: URL, target: { readonly host: string; readonly port: number }): ClientRequest {
  const authority = target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
  const isTls = proxy.protocol === 'https:';
  const options: RequestOptions = {
    method: 'CONNECT',
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (isTls ? 443 : 80) : Number(proxy.port),
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
  };
  return isTls ? requestTls(options) : requestPlain(options);
}

function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function refusal(what: string): GatewayError {
  return new GatewayError('UPSTREAM_CONNECT', `the proxy ${what}`);
}
