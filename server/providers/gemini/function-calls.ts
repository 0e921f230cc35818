/** The function calls of an answer: whole ones, and those whose arguments come leaf by leaf (Vertex). */

import { GatewayError } from '../../model/errors.ts';
import { ToolInputKind } from '../../model/wire.ts';
import * as events from '../shared/events.ts';
import { asList, asObject, asText } from '../shared/json.ts';
import type { AnswerParts } from './answer-parts.ts';
import { makeCallId } from './call-ids.ts';
import { ArgumentsWriter } from './partial-args.ts';
import type { WireFunctionCall } from './wire.ts';

/** What a call comes with. */
export interface CallContext {
  readonly signature: string | undefined;
  readonly responseId: string;
}

interface OpenCall {
  readonly partIndex: number;
  readonly writer: ArgumentsWriter;
  signature: string | undefined;
  hasArguments: boolean;
}

/** All calls of one answer; one is open at a time, as the provider sends them one after the other. */
export class FunctionCalls {
  /** How many calls there are. */
  count = 0;
  readonly #parts: AnswerParts;
  #open: OpenCall | undefined;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  /**
   * Takes a call or a piece of one: a name begins it, and what does not continue ends it. The empty piece that closes a call
   * may be missing; then the next name, another part or the end of the answer closes it.
   * @throws GatewayError UPSTREAM_PROTOCOL for arguments that belong to no call
   */
  add(wire: WireFunctionCall, { signature, responseId }: CallContext): void {
    const name = asText(wire.name) ?? '';
    if (name !== '') this.#begin(name, asText(wire.id) || makeCallId(responseId, this.count));
    const call = this.#open;
    if (call === undefined) {
      if (wire.args === undefined && wire.partialArgs === undefined) return; // One closing piece too many.
      throw new GatewayError('UPSTREAM_PROTOCOL', 'A function call of the reply has no name.');
    }
    call.signature = signature ?? call.signature;
    this.#addArguments(call, wire);
    if (wire.willContinue !== true) this.close(false);
  }

  /** Ends the open call. @param isCut Whether the answer was cut within it: then its arguments stay as they are. */
  close(isCut: boolean): void {
    const call = this.#open;
    if (call === undefined) return;
    this.#open = undefined;
    const { partIndex, writer, signature, hasArguments } = call;
    const rest = hasArguments || isCut ? '' : writer.end();
    if (rest !== '') this.#parts.emit(events.toolCallDelta(partIndex, rest));
    this.#parts.emit(events.toolCallEnd(partIndex, this.#parts.stateOf(signature)));
  }

  #begin(name: string, id: string): void {
    this.close(false);
    const partIndex = this.#parts.nextIndex();
    this.#open = { partIndex, writer: new ArgumentsWriter(), signature: undefined, hasArguments: false };
    this.count += 1;
    this.#parts.emit(events.toolCallStart(partIndex, { id, name, kind: ToolInputKind.JSON }));
  }

  #addArguments(call: OpenCall, { args, partialArgs }: WireFunctionCall): void {
    if (asObject(args) !== undefined && !call.hasArguments) {
      call.hasArguments = true;
      this.#parts.emit(events.toolCallDelta(call.partIndex, JSON.stringify(args)));
    }
    if (call.hasArguments) return;
    const fragment = asList(partialArgs)
      .map((partial) => call.writer.write(asObject(partial) ?? {}))
      .join('');
    if (fragment !== '') this.#parts.emit(events.toolCallDelta(call.partIndex, fragment));
  }
}
