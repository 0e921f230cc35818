/** Folds the events of a stream into what the unary call would have answered. */
import { closePart, type OpenPart, type OpenParts, openPart } from './fold-parts.ts';
import {
  type ChatMessage,
  type CompleteResponse,
  Role,
  type StreamEvent,
  type StreamFinished,
  type StreamStarted,
  type TextDelta,
} from './gen/index.ts';

/**
 * The fold of one stream. Push every event in order; `message` may be asked at any time and gives what has come so far.
 * Events of a kind that this version does not know are passed over.
 */
export class StreamFold {
  readonly #parts = new Map<number, OpenPart>();
  #started: StreamStarted | undefined;
  #finished: StreamFinished | undefined;

  /** Takes the events of one batch. @throws Error as `push` does. */
  pushAll(events: readonly StreamEvent[]): void {
    for (const event of events) this.push(event);
  }

  /** Takes one event. @throws Error if it names a part that is not open as its kind, or opens one a second time. */
  push({ event }: StreamEvent): void {
    switch (event?.$case) {
      case 'textDelta':
        this.#addText(event.value);
        return;
      case 'refusalDelta':
        this.#part(event.value.partIndex, 'refusal').text += event.value.text;
        return;
      case 'reasoningDelta':
        this.#part(event.value.partIndex, 'reasoning').text += event.value.text;
        return;
      case 'toolCallDelta':
        this.#part(event.value.partIndex, 'toolCall').text += event.value.fragment;
        return;
      case 'started':
        this.#started = event.value;
        return;
      case 'finished':
        this.#finished = event.value;
        return;
      default:
        this.#pushRare(event);
    }
  }

  /** Who answers; undefined while the stream has not begun. */
  started(): StreamStarted | undefined {
    return this.#started;
  }

  /** How the answer ended; undefined while it has not. */
  finished(): StreamFinished | undefined {
    return this.#finished;
  }

  /** The answer so far, its parts by index. Costs as much as the answer is long. */
  message(): ChatMessage {
    const inOrder = [...this.#parts].sort(([a], [b]) => a - b);
    return { role: Role.ASSISTANT, parts: inOrder.map(([, part]) => closePart(part)) };
  }

  /** The unary twin of the whole stream. @throws Error if the stream has not begun or not finished. */
  toResponse(): CompleteResponse {
    const started = this.#started;
    const finished = this.#finished;
    if (started === undefined) throw new Error('the stream has no started event: it has not begun');
    if (finished === undefined) throw new Error('the stream has no finished event: it was cut short');
    return {
      callId: started.callId,
      model: started.model,
      upstreamModel: started.upstreamModel,
      provider: started.provider,
      createTime: started.createTime,
      message: this.message(),
      finishReason: finished.finishReason,
      usage: finished.usage,
      cost: finished.cost,
      cacheStatus: finished.cacheStatus,
      adaptations: finished.adaptations,
      receipt: finished.receipt,
    };
  }

  /** What comes a few times in a stream, apart from the path of the deltas. */
  #pushRare(event: StreamEvent['event']): void {
    switch (event?.$case) {
      case 'citation':
        if (event.value.citation !== undefined) {
          this.#part(event.value.partIndex, 'text').citations.push(event.value.citation);
        }
        break;
      case 'partData':
        this.#part(event.value.partIndex, 'whole').pieces.push(event.value.data);
        break;
      case 'textEnd':
        this.#part(event.value.partIndex, 'text').state = event.value.opaqueState;
        break;
      case 'refusalEnd':
        this.#part(event.value.partIndex, 'refusal').state = event.value.opaqueState;
        break;
      case 'reasoningEnd':
        this.#part(event.value.partIndex, 'reasoning').state = event.value.opaqueState;
        break;
      case 'toolCallEnd':
        this.#part(event.value.partIndex, 'toolCall').state = event.value.opaqueState;
        break;
      case 'textStart':
      case 'refusalStart':
      case 'reasoningStart':
      case 'toolCallStart':
      case 'part':
        this.#open(event.value.partIndex, openPart(event));
        break;
      default: // A newer server's.
    }
  }

  #addText({ partIndex, text, logprobs }: TextDelta): void {
    const part = this.#part(partIndex, 'text');
    part.text += text;
    for (const logprob of logprobs) part.logprobs.push(logprob);
  }

  #open(index: number, part: OpenPart): void {
    if (this.#parts.has(index)) throw new Error(`part ${index} begins a second time`);
    this.#parts.set(index, part);
  }

  #part<K extends OpenPart['kind']>(index: number, kind: K): OpenParts[K] {
    const part = this.#parts.get(index);
    if (part?.kind !== kind)
      throw new Error(`part ${index} is ${part?.kind ?? 'not open'}, but the event is for ${kind}`);
    return part as OpenParts[K]; // OpenParts maps each kind to the member that carries it.
  }
}
