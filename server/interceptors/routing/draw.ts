/** Draws that can be repeated: chance made of a hash, so that Explain tells the truth and a simulation runs twice alike. */
import type { Deployment } from '../../model/target.ts';

/**
 * Orders the deployments of one priority: each place is drawn among those that are left, by their weights. A deployment's
 * lot depends on the key and on itself alone, so one that comes or goes changes nobody else's (weighted rendezvous hashing:
 * -ln(u) / weight is exponentially distributed and the least of them is first with the weight's share of probability;
 * Efraimidis and Spirakis 2006). Weight 0 comes last.
 * @param key What the draw hangs on, for instance the snapshot's digest, the call's id and the purpose.
 */
export function drawOrder(deployments: readonly Deployment[], key: string): readonly Deployment[] {
  if (deployments.length < 2) return deployments;
  const seed = digest(START, key);
  const lots = deployments.map((deployment) => ({ deployment, lot: lotOf(deployment, seed) }));
  return lots.sort((a, b) => a.lot - b.lot).map(({ deployment }) => deployment);
}

function lotOf({ id, weight }: Deployment, seed: Lanes): number {
  return weight > 0 ? -Math.log(toUniform(digest(seed, id))) / weight : Number.MAX_VALUE;
}

/**
 * FNV-1a in two lanes, each mixed in the end as MurmurHash3 is. It need only be even, not hard to guess: nobody gains by an
 * unlikely deployment, so the cost of a cryptographic hash would buy nothing.
 */
interface Lanes {
  readonly low: number;
  readonly high: number;
}

const START: Lanes = { low: 0x811c9dc5, high: 0x9747b28c };

function digest(from: Lanes, text: string): Lanes {
  let { low, high } = from;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return { low, high };
}

/** A number above 0 and at most 1. */
function toUniform({ low, high }: Lanes): number {
  return (mix(high ^ low) * 2 ** 20 + (mix(low) >>> 12) + 1) / 2 ** 52;
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
