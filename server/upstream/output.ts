/** What counts as output: contract.md, "Commit point". */
import type { StreamEvent } from '../model/wire.ts';

/** Whether an answer has certainly begun with this event. */
export function isOutput({ event }: StreamEvent): boolean {
  switch (event?.$case) {
    case 'textDelta':
    case 'reasoningDelta':
    case 'refusalDelta':
      return event.value.text !== '';
    case 'toolCallDelta':
      return event.value.fragment !== '';
    case 'toolCallStart':
      return event.value.name !== '';
    case 'part':
    case 'finished':
      return true;
    default:
      return false;
  }
}
