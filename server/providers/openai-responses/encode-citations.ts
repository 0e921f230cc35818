/** Citations of texts that go back. */
import { AdaptationAction, type TextPart } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { type JsonObject, parseCallerObject } from '../shared/json.ts';

/**
 * The annotations of a text of the model, as it made them. Only a text that comes with the target's own state is known to
 * be its own.
 * @throws GatewayError INVALID_REQUEST
 */
export function encodeAnnotations(
  part: TextPart,
  isOwn: boolean,
  field: string,
  adapter: Adapter,
): readonly JsonObject[] {
  if (isOwn) {
    return part.citations.map(({ rawJson }, index) =>
      parseCallerObject(rawJson, `${field}.citations[${index}].raw_json`),
    );
  }
  reportCitations(part, field, adapter);
  return [];
}

/** Notes that citations are left out; nothing of what was said is lost, so that this is no error under STRICT. */
export function reportCitations({ citations }: TextPart, field: string, adapter: Adapter): void {
  if (citations.length === 0) return;
  const why = 'Responses take back only the citations of their own messages.';
  adapter.report(`${field}.citations`, AdaptationAction.DROPPED, why);
}
