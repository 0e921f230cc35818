/**
 * Asks deployments until one answers: fallback to the next in the plan at once, then again those whose failure may pass,
 * after a wait. Nothing is repeated once an answer has begun, for then the promise has resolved.
 */
import type { Entered } from '../../config/snapshot.ts';
import type { AttemptRecord, Call, Rpc, RpcTypes } from '../../model/call.ts';
import type { Clock, Random } from '../../model/clock.ts';
import { GatewayError, type GatewayErrorDetails } from '../../model/errors.ts';
import { sleep } from '../../model/sleep.ts';
import type { Deployment } from '../../model/target.ts';
import { spentUsage } from '../../model/usage.ts';
import {
  type Attempted,
  type AttemptTrace,
  type Batched,
  extend,
  type Handler,
  type Interceptor,
  type Permitted,
  type Routed,
  type Traced,
} from '../chain.ts';
import { nextDelayMs } from './backoff.ts';
import { createRetryBudgets, type RetryBudgets } from './budget.ts';
import { type Cooldowns, createCooldowns } from './cooldowns.ts';
import { createRoute, type Route, retryClass, type Step } from './route.ts';
import { mostTelling } from './telling.ts';

/** What attempts needs. */
export interface AttemptsDeps {
  readonly clock: Clock;
  /** For the length of waits. */
  readonly random: Random;
}

type Needs = Entered & Traced & Permitted & Routed & Batched;
type AttemptingCall = Call & Needs;

/** What attempts remembers from call to call. */
interface Memory extends AttemptsDeps {
  readonly budgets: RetryBudgets;
  readonly cooldowns: Cooldowns;
}

/** Where one call stands. */
interface Progress {
  readonly route: Route;
  readonly errors: GatewayError[];
  lastDelayMs: number;
}

/**
 * Adds a deployment and an attempt, anew for each request to a provider.
 *
 * At most `retry.attempts` requests a call, pieces of a batch sharing the repetitions. A fallback to a deployment that the
 * call has not asked yet costs nothing else; asking one again takes from the model's retry budget and waits: decorrelated
 * jitter, or its Retry-After if that is longer. An attempt or a wait that does not fit into what is left of the deadline is
 * not begun. On abort the signal's reason is thrown at once.
 * @throws GatewayError the most telling of the attempts' errors, or DEADLINE_EXCEEDED if none could be begun.
 */
export function attempts(deps: AttemptsDeps): Interceptor<Attempted, Needs> {
  const { nowMs } = deps.clock;
  const memory = { ...deps, budgets: createRetryBudgets(nowMs), cooldowns: createCooldowns(nowMs) };
  return (next) => async (call) => {
    if (call.batch.index === 0) memory.budgets.countCall(call.model.name);
    const deployments = call.boundTo === undefined ? call.plan.deployments : [call.boundTo];
    const route = createRoute(deployments, memory.cooldowns, nowMs);
    const progress: Progress = { route, errors: [], lastDelayMs: 0 };
    for (;;) {
      const deployment = await nextDeployment(call, progress, memory);
      const answer = await attemptOnce(call, deployment, { next, progress, memory });
      if (answer !== undefined) return answer;
    }
  };
}

/** The deployment to ask now, after whatever wait it takes. */
async function nextDeployment(call: AttemptingCall, progress: Progress, memory: Memory): Promise<Deployment> {
  if (call.signal.aborted) throw giveUp(call, progress, memory);
  const isRetry = progress.errors.length > 0;
  const step = isRetry && call.retries.used + 1 >= call.model.retry.attempts ? undefined : progress.route.next();
  if (step === undefined) throw giveUp(call, progress, memory);
  const delayMs = delayOf(step, call, progress, memory);
  const leftMs = call.deadlineAtMs - memory.clock.nowMs() - delayMs;
  if (leftMs < call.snapshot.times.minDeadlineMs) throw giveUp(call, progress, memory);
  if (step.again && !memory.budgets.takeRetry(call.model.name, call.model.retry.budgetRatio)) {
    throw giveUp(call, progress, memory);
  }
  if (isRetry) call.retries.used += 1;
  if (delayMs > 0) await sleep(memory.clock, delayMs, call.signal);
  return step.deployment;
}

/** Nothing for a deployment that the call has not asked yet, unless it said itself when it wants to be asked. */
function delayOf(step: Step, call: AttemptingCall, progress: Progress, { clock, random }: Memory): number {
  const untilReadyMs = step.notBeforeMs === undefined ? 0 : step.notBeforeMs - clock.nowMs();
  if (!step.again) return Math.max(0, untilReadyMs);
  progress.lastDelayMs = nextDelayMs(call.model.retry, progress.lastDelayMs, random);
  return Math.max(progress.lastDelayMs, untilReadyMs);
}

interface Once<Ctx> {
  readonly next: Handler<Ctx & Attempted>;
  readonly progress: Progress;
  readonly memory: Memory;
}

/** One request to a provider. Undefined: it failed in a way that lets the call go on. */
async function attemptOnce<R extends Rpc, Ctx extends Needs>(
  call: Call<R> & Ctx,
  deployment: Deployment,
  { next, progress, memory }: Once<Ctx>,
): Promise<RpcTypes[R]['answer'] | undefined> {
  const attempt = beginAttempt(call, deployment, memory.clock);
  const trace = call.traceAttempt?.(attempt, deployment);
  try {
    const answer = await next(extend(call, { deployment, attempt, traceHeaders: trace?.headers ?? call.traceHeaders }));
    succeed(call, answer, { attempt, trace, clock: memory.clock });
    return answer;
  } catch (thrown) {
    const error = GatewayError.ofCall(call.signal, about(deployment, thrown));
    endAttempt(attempt, error, memory.clock);
    trace?.end();
    progress.errors.push(error);
    if (call.signal.aborted || retryClass(error) === 'never') throw giveUp(call, progress, memory);
    memory.cooldowns.note(deployment.id, error);
    progress.route.failed(deployment, error);
    return undefined;
  }
}

function beginAttempt(
  { record }: AttemptingCall,
  { id, provider, prices }: Deployment,
  { nowMs }: Clock,
): AttemptRecord {
  const attempt: AttemptRecord = {
    deployment: id,
    provider: provider.name,
    prices,
    startedAtMs: nowMs(),
    endedAtMs: undefined,
    upstreamStatus: 0,
    error: undefined,
    usage: undefined,
    billedUsage: undefined,
  };
  record.admittedAtMs ??= attempt.startedAtMs;
  record.attempts.push(attempt);
  return attempt;
}

function endAttempt(attempt: AttemptRecord, error: GatewayError | undefined, { nowMs }: Clock): void {
  attempt.endedAtMs ??= nowMs();
  attempt.error = error;
  if (error?.details.upstream !== undefined) attempt.upstreamStatus ||= error.details.upstream.status;
}

interface Running {
  readonly attempt: AttemptRecord;
  readonly trace: AttemptTrace | undefined;
  readonly clock: Clock;
}

/** An answer has begun. A stream's attempt goes on until the call ends; upstream writes down its usage. */
function succeed(call: AttemptingCall, answer: RpcTypes[Rpc]['answer'], { attempt, trace, clock }: Running): void {
  const { record } = call;
  record.firstOutputAtMs ??= clock.nowMs();
  if ('upstreamModel' in answer) record.upstreamModel = answer.upstreamModel;
  if (answer.kind === 'stream') {
    call.onSettle((outcome) => {
      if (attempt.endedAtMs === undefined) endAttempt(attempt, outcome.error, clock); // Else upstream knows better.
      trace?.end();
    });
    return;
  }
  if ('usage' in answer) attempt.usage = answer.usage;
  if ('usage' in answer && call.batch.count === 1) record.usage = answer.usage;
  if (answer.kind === 'message') record.finishReason = answer.finishReason;
  endAttempt(attempt, undefined, clock);
  trace?.end();
}

function about({ provider }: Deployment, thrown: unknown): GatewayError {
  const error = GatewayError.from(thrown);
  const { upstream } = error.details;
  if (upstream === undefined || upstream.provider !== undefined) return error;
  return error.with({ upstream: { ...upstream, provider: provider.name } });
}

/** The error with which the call ends, and what was spent until then. */
function giveUp({ record, signal }: AttemptingCall, { errors }: Progress, { random }: Memory): GatewayError {
  record.usage = spentUsage(record.attempts);
  if (signal.aborted) return GatewayError.ofCall(signal, errors.at(-1) ?? signal.reason);
  const error = mostTelling(errors);
  if (error === undefined) {
    return new GatewayError(
      'DEADLINE_EXCEEDED',
      'too little of the deadline is left to ask a provider; give the call more time',
    );
  }
  return error.with({
    metadata: { ...error.details.metadata, attempts: String(record.attempts.length) },
    ...withJitter(error.details, random),
  });
}

/** Callers that were told the same moment would all come back in it. */
const WAIT_JITTER = 0.1;

function withJitter({ retryAfterMs }: GatewayErrorDetails, random: Random): Pick<GatewayErrorDetails, 'retryAfterMs'> {
  return retryAfterMs === undefined ? {} : { retryAfterMs: retryAfterMs * (1 + WAIT_JITTER * random()) };
}
