import assert from 'node:assert/strict';
import { UsageError } from '../../../server/cli/exit-codes.ts';
import { configHint, explainListenError, explainUnreachable } from '../../../server/cli/explain.ts';

/** As grpc-js 1.14 words it under the client's round_robin. */
function wrapped(last: string): string {
  const nothing = 'No connection established. Last error: ';
  return `round_robin: ${nothing}${nothing}${last}. Resolution note: `;
}

describe('cli/explain', () => {
  describe('a gateway that is not reached', () => {
    const rows: readonly (readonly [last: string, what: RegExp, remedy: RegExp])[] = [
      ['Error: connect ECONNREFUSED 127.0.0.1:1', /^connect ECONNREFUSED 127\.0\.0\.1:1$/, /kanmon quickstart/],
      ['Error: self-signed certificate in certificate chain', /^self-signed/, /--ca/],
      ["Error: Hostname/IP does not match certificate's altnames: Host: a", /^Hostname/, /--server-name/],
      ['Failed to connect (2026-11-24T07:11:56.998Z)', /ended the connection/, /--cert and --key/],
      ['something new', /^something new$/, /--ca, --cert and --key/],
    ];
    for (const [last, what, remedy] of rows) {
      it(last, () => {
        const explanation = explainUnreachable(wrapped(last), 'kanmon');
        assert.match(explanation.what, what);
        assert.match(explanation.remedy, remedy);
      });
    }

    it('leaves a message alone that is not wrapped', () => {
      const { what } = explainUnreachable('Name resolution failed for target dns:nowhere.invalid:1', 'kanmon');
      assert.equal(what, 'Name resolution failed for target dns:nowhere.invalid:1');
    });
  });

  describe('an address that cannot be listened on', () => {
    const rows: readonly (readonly [text: string, message: RegExp])[] = [
      ['listen EADDRINUSE: address already in use 127.0.0.1:7445', /^127\.0\.0\.1:7445 is in use: .*use --port$/],
      [
        'No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 127.0.0.1:7443]',
        /^127\.0\.0\.1:7443 is in use/,
      ],
      ['listen EACCES: permission denied 0.0.0.0:80', /may not listen on 0\.0\.0\.0:80: use --port$/],
      ['listen EADDRNOTAVAIL: address not available 10.9.9.9:1', /no address 10\.9\.9\.9:1/],
    ];
    for (const [text, message] of rows) {
      it(text, () => {
        const explained = explainListenError(new Error(text), 'use --port');
        assert.ok(explained instanceof UsageError);
        assert.match(explained.message, message);
      });
    }

    it('leaves every other error as it is', () => {
      const error = new Error('something else');
      assert.equal(explainListenError(error, ''), error);
    });
  });

  it('tells newcomers how to come by certificates, and nobody else', () => {
    const missing = 'kanmon.yaml: listen.grpc.tls.cert: cannot read tls/server.pem: there is no such file';
    assert.match(configHint(missing, 'kanmon') ?? '', /kanmon certs --dir tls/);
    assert.equal(configHint('kanmon.yaml: providers: is missing', 'kanmon'), undefined);
  });
});
