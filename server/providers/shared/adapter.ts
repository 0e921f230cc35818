/** Collects what an encoder could not send as the caller wrote it. */
import { type FieldViolation, GatewayError } from '../../model/errors.ts';
import type { Feature } from '../../model/target.ts';
import { type Adaptation, AdaptationAction } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';

/**
 * The collector of one encoding. `drop` and `rewrite` are for parameters that the target cannot honour: reported in ADAPT
 * mode, violations in STRICT mode. `report` is for what changes nothing that the caller asked for: never an error.
 * `settle` comes last.
 */
export class Adapter {
  /** Whom the encoding is for. */
  readonly target: Target;
  readonly #adaptations: Adaptation[] = [];
  readonly #violations: FieldViolation[] = [];

  constructor(target: Target) {
    this.target = target;
  }

  /** Notes that a field is left out. `why` is a sentence without its subject's path: what and why. */
  drop(field: string, why: string): void {
    this.#note(field, AdaptationAction.DROPPED, why);
  }

  /** Notes that another value, or another form of it, is sent. */
  rewrite(field: string, why: string): void {
    this.#note(field, AdaptationAction.REWRITTEN, why);
  }

  /** Notes something that is no error even in STRICT mode: what the provider demands, or what the caller ordered. */
  report(field: string, action: AdaptationAction, why: string): void {
    this.#adaptations.push({ field, action, detail: why });
  }

  /** Notes a violation whatever the mode is: without the field the request would mean something else. */
  refuse(field: string, why: string): void {
    this.#violations.push({ field, description: why });
  }

  /** Whether the target can honour a feature; if not, the field that asks for it is noted as dropped. */
  can(feature: Feature, field: string): boolean {
    if (!this.lacks(feature)) return true;
    this.drop(field, `${this.target.upstreamModel} at ${this.target.provider} does not take it.`);
    return false;
  }

  /** Whether the target lacks a feature; notes nothing. */
  lacks(feature: Feature): boolean {
    return this.target.capabilities.lacks.has(feature);
  }

  /**
   * Ends the collection.
   * @throws GatewayError PARAMETER_UNSUPPORTED with every violation.
   */
  settle(): readonly Adaptation[] {
    if (this.#violations.length === 0) return this.#adaptations;
    const fields = this.#violations.map(({ field, description }) => `${field}: ${description}`).join(' ');
    throw new GatewayError('PARAMETER_UNSUPPORTED', fields, { violations: this.#violations });
  }

  #note(field: string, action: AdaptationAction, why: string): void {
    if (this.target.adaptation === 'strict') this.refuse(field, why);
    else this.report(field, action, why);
  }
}
