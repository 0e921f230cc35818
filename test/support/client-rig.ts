/** Clients of scripted gateways, for one suite of tests. */
import assert from 'node:assert/strict';
import { type ClientOptions, createClient, type KanmonClient, KanmonError, userText } from '@kanmon/client';
import { type Script, type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts';

/** A request for a generation. */
export const REQUEST = { generation: { model: 'chat', messages: [userText('Hello')] } };

/** What one test opens, to be closed after it. */
export class ClientRig {
  readonly #toClose: (() => void)[] = [];

  /** A client of a gateway of its own. Its retries do not wait, unless the gateway says so. */
  async connect(script: Script, options: Partial<ClientOptions> = {}): Promise<KanmonClient> {
    return this.open({ ...(await this.start(script)), ...options });
  }

  /** A gateway, as what a client of it needs to know. */
  async start(script: Script): Promise<Pick<ClientOptions, 'address'> & Pick<ScriptedGateway, 'ca' | 'cert' | 'key'>> {
    const gateway = await startScriptedGateway(script);
    this.atEnd(() => gateway.close());
    const { address, ca, cert, key } = gateway;
    return { address, ca, cert, key };
  }

  open(options: ClientOptions): KanmonClient {
    const client = createClient({ retry: { baseDelayMs: 1, maxDelayMs: 2 }, ...options });
    this.atEnd(() => client.close());
    return client;
  }

  atEnd(close: () => void): void {
    this.#toClose.unshift(close);
  }

  close(): void {
    for (const close of this.#toClose.splice(0)) close();
  }
}

/** The error by which a call fails; it has to. */
export async function failure(call: Promise<unknown>): Promise<KanmonError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof KanmonError, String(error));
    return error;
  }
  return assert.fail('the call did not fail');
}

/** Never answers; tells when the caller has gone. */
export function untilAborted(signal: AbortSignal, tell: () => void): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      tell();
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    });
  });
}
