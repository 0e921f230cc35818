/** The model that has answered, as replies, logs and traces may name it. */
import type { Deployment } from '../model/target.ts';
import { redact } from './sign/redact.ts';

/**
 * As the provider names it; as the deployment does where it names none, or says something that is no name: the name goes
 * into logs and traces, where nothing of a prompt or a key may stand. Pure.
 */
export function modelName(said: string, { provider, upstreamModel }: Deployment): string {
  return NAME.test(said) ? redact(said, provider) : upstreamModel;
}

/** One word. The longest in use are paths of files and resource names, well below 256 characters. */
const NAME = /^[!-~]{1,256}$/;
