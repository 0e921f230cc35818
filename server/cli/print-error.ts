/** A failure for people: reason, message, what to do, call id. */
import { KanmonError } from '@kanmon/client';
import { CommanderError } from 'commander';
import { GatewayError } from '../model/errors.ts';
import { REASONS, type Reason } from '../model/reasons.ts';
import { ExitWith, UsageError } from './exit-codes.ts';
import { configHint, type Explanation, explainUnreachable, isConfigError } from './explain.ts';
import { writeJson, writeLine } from './output.ts';
import type { World } from './world.ts';

/** Says what went wrong on the standard error. Nothing where it was said already. */
export async function printError(thrown: unknown, { stderr, commandName }: World, json: boolean): Promise<void> {
  if (thrown instanceof ExitWith || thrown instanceof CommanderError) return; // Commander wrote its own.
  if (json) return writeJson(stderr, { error: toJson(thrown) });
  for (const line of thrown instanceof KanmonError ? linesOfCall(thrown, commandName) : linesOf(thrown, commandName)) {
    await writeLine(stderr, line);
  }
}

function linesOf(thrown: unknown, commandName: string): readonly string[] {
  if (isConfigError(thrown)) {
    const hint = configHint(thrown.message, commandName);
    return hint === undefined ? [thrown.message] : [thrown.message, hint];
  }
  if (thrown instanceof GatewayError) return [`kanmon: ${thrown.reason}: ${thrown.message}`, `  ${thrown.row.remedy}`];
  if (!(thrown instanceof Error)) return [`kanmon: ${String(thrown)}`];
  const isOurs = thrown instanceof UsageError; // Its message tells the cause already.
  const cause = !isOurs && thrown.cause instanceof Error ? [`  because: ${thrown.cause.message}`] : [];
  return [`kanmon: ${thrown.message}`, ...cause];
}

function linesOfCall(error: KanmonError, commandName: string): readonly string[] {
  const { reason, code, violations, quotaViolations, callId, attempts, callFailure } = error;
  const details = [
    ...violations.map(({ field, description }) => `  ${field}: ${description}`),
    ...quotaViolations.map(({ subject, description }) => `  ${subject}: ${description}`),
  ];
  const facts = [
    callId === '' ? undefined : `call ${callId}`,
    attempts > 1 ? `tried ${attempts} times` : undefined,
    callFailure?.outputDelivered ? 'a part of the answer was delivered' : undefined,
    error.retryAfterMs === undefined ? undefined : `worth another try in ${error.retryAfterMs} ms`,
  ].filter((fact) => fact !== undefined);
  const { what, remedy } = explain(error, commandName);
  return [
    `kanmon: ${reason === 'TRANSPORT' ? code : reason}: ${what}`,
    ...details,
    `  ${remedy}`,
    ...(facts.length > 0 ? [`  ${facts.join(' · ')}`] : []),
  ];
}

function explain({ help, reason, code, message }: KanmonError, commandName: string): Explanation {
  const what = message;
  if (help !== undefined)
    return { what, remedy: help.url === '' ? help.description : `${help.description} (${help.url})` };
  if (isReason(reason)) return { what, remedy: REASONS[reason].remedy };
  switch (code) {
    case 'UNAVAILABLE':
      return explainUnreachable(message, commandName);
    case 'UNIMPLEMENTED':
      return { what, remedy: 'What answers at the address is no Kanmon gateway, or an older one.' };
    default:
      return {
        what,
        remedy: "The message is gRPC's own: no gateway gave a reason. Check the address and what lies between.",
      };
  }
}

function isReason(reason: string): reason is Reason {
  return Object.hasOwn(REASONS, reason);
}

function toJson(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { message } = thrown;
  if (thrown instanceof GatewayError) return { reason: thrown.reason, message };
  if (!(thrown instanceof KanmonError)) return { message };
  const { reason, code, callId, attempts, retryAfterMs, pushbackMs, violations, quotaViolations, help, metadata } =
    thrown;
  const found = { reason, code, message, callId, attempts, retryAfterMs, pushbackMs };
  return { ...found, violations, quotaViolations, help, metadata };
}
