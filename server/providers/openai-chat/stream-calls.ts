/** The tool calls of a streamed answer: their fragments may interleave, and hosts disagree about how to tell them apart. */
import { type OpaqueState, ToolInputKind } from '../../model/wire.ts';
import * as events from '../shared/events.ts';
import { NO_STATE } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';
import type { StreamParts } from './stream-parts.ts';
import { makeCallId, NO_ARGUMENTS, type ToolCallFragment } from './tool-calls.ts';

interface OpenCall {
  /** Index on the wire; undefined: the host sends none (Mistral). */
  readonly wireIndex: number | undefined;
  readonly fragments: Fragments;
  kind: ToolInputKind;
  id: string;
  name: string;
  /** Place of the part; undefined until the call has a name. */
  partIndex: number | undefined;
  /** Input that came before the name. */
  held: string;
  hasInput: boolean;
  state: readonly OpaqueState[];
}

/** All calls of one answer. They stay open until the answer ends. */
export class StreamCalls {
  readonly #parts: StreamParts;
  readonly #calls: OpenCall[] = [];

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** How many calls there are. */
  get count(): number {
    return this.#calls.length;
  }

  /** Adds a fragment to its call, or begins one. */
  add(fragment: ToolCallFragment, wireIndex: number | undefined, context: CallContext): void {
    const call = this.#find(fragment, wireIndex) ?? this.#begin(wireIndex);
    call.id ||= fragment.id;
    call.name ||= fragment.name;
    if (fragment.kind === ToolInputKind.TEXT) call.kind = ToolInputKind.TEXT;
    if (context.state.length > 0) call.state = context.state;
    if (call.partIndex === undefined) {
      call.held += fragment.input;
      if (call.name !== '') this.#start(call, context.replyId);
    } else this.#addInput(call, call.partIndex, fragment.input);
  }

  /** Ends all calls. */
  close(replyId: string): void {
    for (const call of this.#calls) {
      const partIndex = call.partIndex ?? this.#start(call, replyId);
      const rest = call.fragments.rest();
      if (rest !== '') this.#parts.emit(events.toolCallDelta(partIndex, rest));
      else if (!call.hasInput && call.kind === ToolInputKind.JSON) {
        this.#parts.emit(events.toolCallDelta(partIndex, NO_ARGUMENTS));
      }
      this.#parts.emit(events.toolCallEnd(partIndex, call.state));
    }
    this.#calls.length = 0;
  }

  /** By index; where two calls share one (Gemini's compatible endpoint), or none is given, by id. */
  #find({ id, name }: ToolCallFragment, wireIndex: number | undefined): OpenCall | undefined {
    if (wireIndex === undefined && id === '') return name === '' ? this.#calls.at(-1) : undefined;
    const call = this.#calls.findLast((open) =>
      wireIndex === undefined ? open.id === id : open.wireIndex === wireIndex,
    );
    const isAnother = call !== undefined && name !== '' && id !== '' && call.id !== '' && call.id !== id;
    return isAnother ? undefined : call;
  }

  #begin(wireIndex: number | undefined): OpenCall {
    const call: OpenCall = {
      wireIndex,
      fragments: new Fragments(),
      kind: ToolInputKind.JSON,
      id: '',
      name: '',
      partIndex: undefined,
      held: '',
      hasInput: false,
      state: NO_STATE,
    };
    this.#calls.push(call);
    return call;
  }

  #start(call: OpenCall, replyId: string): number {
    const partIndex = this.#parts.nextIndex();
    call.partIndex = partIndex;
    call.id ||= makeCallId(replyId, this.#calls.indexOf(call));
    this.#parts.emit(events.toolCallStart(partIndex, call));
    this.#addInput(call, partIndex, call.held);
    return partIndex;
  }

  #addInput(call: OpenCall, partIndex: number, input: string): void {
    if (input === '') return;
    call.hasInput = true;
    const fragment = call.fragments.take(input);
    if (fragment !== '') this.#parts.emit(events.toolCallDelta(partIndex, fragment));
  }
}

/** What a fragment comes with. */
export interface CallContext {
  readonly replyId: string;
  /** State of the provider that sits on the call. */
  readonly state: readonly OpaqueState[];
}
