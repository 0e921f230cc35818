import { strictEqual } from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';

describe('GatewayError.ofCall', () => {
  const reason = new GatewayError('DEADLINE_EXCEEDED', 'the deadline passed');

  it('is what was thrown while the call runs', () => {
    const thrown = new GatewayError('UPSTREAM_5XX', 'broke');
    strictEqual(GatewayError.ofCall(new AbortController().signal, thrown), thrown);
    strictEqual(GatewayError.ofCall(new AbortController().signal, new Error('oops')).reason, 'INTERNAL');
  });

  it('is why the call was ended, whatever broke because of that', () => {
    const signal = AbortSignal.abort(reason);
    strictEqual(GatewayError.ofCall(signal, new GatewayError('UPSTREAM_RESET', 'broke')), reason);
    strictEqual(GatewayError.ofCall(signal, new Error('aborted')), reason);
  });

  it('is what was thrown because of that and says more', () => {
    const stalled = new GatewayError('UPSTREAM_STALLED', 'stopped', { cause: reason });
    strictEqual(GatewayError.ofCall(AbortSignal.abort(reason), stalled), stalled);
  });
});
