/**
 * Names of models: `anthropic.claude-haiku-4-5-20251001-v1:0`, the same behind a region (`eu.`, `global.`), or an ARN that ends in
 * either. https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html and /inference-profiles-support.html, read
 * 2026-11-24.
 */

/** Who made a model, as far as its wire differs. */
export type Family = 'anthropic' | 'amazon' | 'cohere' | 'mistral' | 'openai' | 'other';

/** The family of a model; `other` where the name does not tell, as those of prompt routers and provisioned models. */
export function familyOf(upstreamModel: string): Family {
  const maker = MAKER.exec(upstreamModel)?.[1];
  return FAMILIES.find((family) => family === maker) ?? 'other';
}

/** The path of an operation. The colon of a version and the slashes of an ARN are escaped, as AWS's own SDKs do. */
export function pathOf(upstreamModel: string, operation: string): string {
  return `/model/${escapeLabel(upstreamModel)}/${operation}`;
}

const FAMILIES: readonly Family[] = ['anthropic', 'amazon', 'cohere', 'mistral', 'openai'];

const MAKER = /(?:^|[./])(anthropic|amazon|cohere|mistral|openai)\./;

/** RFC 3986's reserved characters too, which encodeURIComponent leaves. */
function escapeLabel(label: string): string {
  return encodeURIComponent(label.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
