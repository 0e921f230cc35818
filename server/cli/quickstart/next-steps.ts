/** How to call a gateway that quickstart started, by other means than quickstart. Pure. */
import type { QuickstartFiles } from './files.ts';

/** Commands to copy, for a running gateway. */
export function nextSteps(address: string, files: QuickstartFiles, commandName: string): string {
  const { ca, cert, key, protosetPath, configPath } = files;
  return `
Call it by the CLI (it finds the address and the certificates in this directory):
  ${commandName} stream "Why is the sky blue?"
  ${commandName} models

Call it by grpcurl:
  grpcurl -protoset ${protosetPath} -cacert ${ca} -cert ${cert} -key ${key} \\
    -d '${grpcurlRequest()}' \\
    ${address} kanmon.v1.GatewayService/Complete

Use a real provider, after ending this one:
  OPENAI_API_KEY=… ${quickstartAgain(commandName)} --provider openai
  ANTHROPIC_API_KEY=… ${quickstartAgain(commandName)} --provider anthropic

The configuration is ${configPath}: change it, and the running gateway picks it up.
`;
}

function quickstartAgain(commandName: string): string {
  return commandName === 'kanmon' ? 'kanmon quickstart' : 'npm run quickstart --';
}

function grpcurlRequest(): string {
  const messages = [{ role: 'ROLE_USER', parts: [{ text: { text: 'Hello' } }] }];
  return JSON.stringify({ generation: { model: 'chat', messages } });
}
