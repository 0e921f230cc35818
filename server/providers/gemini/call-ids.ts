/** Ids of function calls: Vertex gives none, and neither of the two needs one. */

/** An id for a call that has none: follows from the reply's id and the call's place, so that it is the same each time. */
export function makeCallId(responseId: string, index: number): string {
  return `${PREFIX}${responseId.replaceAll(/[^\w-]/g, '').slice(0, MAX_RESPONSE_ID)}_${index}`;
}

/**
 * Whether an id was made by the gateway. Such ids are not sent: the provider matches results with calls by name and order
 * then, as it does with its own calls that have no ids.
 */
export function isMadeId(id: string): boolean {
  return MADE_ID.test(id);
}

const PREFIX = 'gemini_call_';

const MAX_RESPONSE_ID = 40;

const MADE_ID = new RegExp(`^${PREFIX}[\\w-]*_\\d+$`);
