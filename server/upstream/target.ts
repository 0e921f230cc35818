/** The target of an attempt: what a dialect may know of the deployment and of the call. */
import { hash } from 'node:crypto';
import { AdaptationMode, ForeignStateMode } from '../model/wire.ts';
import type { Target } from '../providers/dialect.ts';
import type { Host } from '../providers/host.ts';
import type { Invocation } from './invocation.ts';

/** 128 bits: enough never to collide, and short enough for every provider's field. */
const HASH_CHARACTERS = 32;

/** Makes the target of an attempt. End user and session key are hashed with the team: nobody upstream sees them. */
export function targetOf(call: Invocation, host: Host): Target {
  const { deployment, options } = call;
  return {
    provider: deployment.provider.name,
    dialectId: deployment.dialectId,
    upstreamModel: deployment.upstreamModel,
    stateDomain: deployment.provider.stateDomain,
    capabilities: deployment.capabilities,
    quirks: host.quirks,
    allowances: deployment.allowances,
    defaultMaxOutputTokens: deployment.defaultMaxOutputTokens,
    adaptation: options.adaptation === AdaptationMode.STRICT ? 'strict' : 'adapt',
    onForeignState: foreignState(options.onForeignState),
    endUserHash: hashWithTeam(call.record.team, options.endUser),
    sessionKeyHash: hashWithTeam(call.record.team, options.sessionKey),
  };
}

function foreignState(mode: ForeignStateMode): Target['onForeignState'] {
  if (mode === ForeignStateMode.STRIP) return 'strip';
  return mode === ForeignStateMode.FAIL ? 'fail' : 'pin';
}

function hashWithTeam(team: string, key: string): string | undefined {
  // The lengths are fixed by JSON's quotes: no team and key can be mistaken for another team and key.
  return key === '' ? undefined : hash('sha256', JSON.stringify([team, key]), 'hex').slice(0, HASH_CHARACTERS);
}
