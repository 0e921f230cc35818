/**
 * What each row of the catalogue has to send, written down by hand from the page that the row names: whole URL, credentials,
 * headers, body. A row without an expectation here fails test/e2e/hosts.test.ts.
 */

/** How a request shows who sends it. `signature`: AWS's; otherwise the header, and what stands before the key in it. */
export type Auth = 'bearer' | 'signature' | 'token' | 'x-api-key' | 'api-key' | 'x-goog-api-key';

/** One row's expectation. */
export interface ExpectedHost {
  readonly url: string;
  /** Of streams, where it is another one. */
  readonly streamUrl?: string;
  readonly auth: Auth;
  /** Headers beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of the whole request. */
  readonly body: unknown;
  /** Members of the body that a stream has more. */
  readonly streamBody?: Readonly<Record<string, unknown>>;
  /** Keys of the provider's configuration that the row needs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Embeds instead of generating. */
  readonly embeds?: true;
}

/** The upstream model of every call. */
export const MODEL = 'maker/model-1:v1';

const IN_PATH = 'maker%2Fmodel-1%3Av1';
const MAX = 99;
const USAGE = { stream: true, stream_options: { include_usage: true } };
const MESSAGES = [{ role: 'user', content: 'Hi' }];
const CLAUDE = { max_tokens: MAX, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] };
const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: MAX } };

const VERTEX = { project: 'my-project', region: 'europe-west4' };
const LOCATION = 'https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4';
const BEDROCK = 'https://bedrock-runtime.eu-west-1.amazonaws.com';

/** By id of the row. */
export const EXPECTED_HOSTS: Readonly<Record<string, ExpectedHost>> = {
  openai: chat('https://api.openai.com/v1', 'max_completion_tokens'),
  'openai-responses': responses('https://api.openai.com/v1'),
  'openai-compatible': { ...chat('http://127.0.0.1:9/v1'), settings: { baseUrl: 'http://127.0.0.1:9/v1' } },
  'openresponses-compatible': { ...responses('http://127.0.0.1:9/v1'), settings: { baseUrl: 'http://127.0.0.1:9/v1' } },
  azure: azure(chat('https://acme.openai.azure.com/openai/v1', 'max_completion_tokens')),
  'azure-deployments': azure({
    ...chat('', 'max_completion_tokens'),
    url: `https://acme.openai.azure.com/openai/deployments/${IN_PATH}/chat/completions?api-version=2024-10-21`,
  }),
  'azure-responses': azure(responses('https://acme.openai.azure.com/openai/v1')),
  foundry: azure(chat('https://acme.services.ai.azure.com/openai/v1', 'max_completion_tokens')),
  'foundry-anthropic': {
    ...claude('https://acme.services.ai.azure.com/anthropic/v1/messages'),
    settings: { resource: 'acme' },
  },
  anthropic: claude('https://api.anthropic.com/v1/messages'),
  'bedrock-anthropic': {
    url: `${BEDROCK}/model/${IN_PATH}/invoke`,
    streamUrl: `${BEDROCK}/model/${IN_PATH}/invoke-with-response-stream`,
    auth: 'signature',
    body: { anthropic_version: 'bedrock-2023-05-31', ...CLAUDE },
    settings: { region: 'eu-west-1' },
  },
  'vertex-anthropic': {
    url: `${LOCATION}/publishers/anthropic/models/${IN_PATH}:rawPredict`,
    streamUrl: `${LOCATION}/publishers/anthropic/models/${IN_PATH}:streamRawPredict`,
    auth: 'token',
    body: { anthropic_version: 'vertex-2023-10-16', ...CLAUDE },
    streamBody: { stream: true },
    settings: VERTEX,
  },
  gemini: gemini('https://generativelanguage.googleapis.com/v1beta', 'x-goog-api-key'),
  vertex: { ...gemini(LOCATION, 'token'), settings: VERTEX },
  'vertex-express': gemini('https://aiplatform.googleapis.com/v1', 'x-goog-api-key'),
  bedrock: {
    url: `${BEDROCK}/model/${IN_PATH}/converse`,
    streamUrl: `${BEDROCK}/model/${IN_PATH}/converse-stream`,
    auth: 'signature',
    body: { messages: [{ role: 'user', content: [{ text: 'Hi' }] }], inferenceConfig: { maxTokens: MAX } },
    settings: { region: 'eu-west-1' },
  },
  cohere: {
    url: 'https://api.cohere.com/v2/chat',
    auth: 'bearer',
    body: { model: MODEL, messages: MESSAGES, max_tokens: MAX },
    streamBody: { stream: true },
  },
  mistral: { ...chat('https://api.mistral.ai/v1'), streamBody: { stream: true } },
  voyage: {
    url: 'https://api.voyageai.com/v1/embeddings',
    auth: 'bearer',
    body: { model: MODEL, input: ['Hi'], truncation: false },
    embeds: true,
  },
  jina: { ...vectors('https://api.jina.ai/v1'), body: { model: MODEL, input: ['Hi'] } },
  groq: chat('https://api.groq.com/openai/v1', 'max_completion_tokens'),
  xai: chat('https://api.x.ai/v1', 'max_completion_tokens'),
  'xai-responses': responses('https://api.x.ai/v1'),
  deepseek: chat('https://api.deepseek.com'),
  perplexity: { ...chat('https://api.perplexity.ai'), streamBody: { stream: true } },
  openrouter: chat('https://openrouter.ai/api/v1'),
  together: chat('https://api.together.xyz/v1'),
  fireworks: chat('https://api.fireworks.ai/inference/v1'),
  cerebras: chat('https://api.cerebras.ai/v1', 'max_completion_tokens'),
  sambanova: chat('https://api.sambanova.ai/v1'),
  'nvidia-nim': chat('https://integrate.api.nvidia.com/v1'),
  moonshot: chat('https://api.moonshot.ai/v1', 'max_completion_tokens'),
  alibaba: chat('https://dashscope-intl.aliyuncs.com/compatible-mode/v1'),
  zai: { ...chat('https://api.z.ai/api/paas/v4'), streamBody: { stream: true } },
  minimax: chat('https://api.minimax.io/v1', 'max_completion_tokens'),
  hyperbolic: chat('https://api.hyperbolic.xyz/v1'),
  deepinfra: chat('https://api.deepinfra.com/v1/openai'),
  huggingface: chat('https://router.huggingface.co/v1'),
  'github-models': {
    ...chat('https://models.github.ai/inference'),
    headers: { 'x-github-api-version': '2022-11-28' },
  },
  vllm: chat('http://127.0.0.1:8000/v1'),
  sglang: chat('http://127.0.0.1:30000/v1'),
  ollama: chat('http://127.0.0.1:11434/v1'),
  'llama-cpp': chat('http://127.0.0.1:8080/v1'),
  'lm-studio': chat('http://127.0.0.1:1234/v1'),
  tgi: chat('http://127.0.0.1:8080/v1'),
  infinity: vectors('http://127.0.0.1:7997'),
  tei: vectors('http://127.0.0.1:8080/v1'),
};

/** The size that calls set. */
export const MAX_OUTPUT_TOKENS = MAX;

function chat(base: string, limit: 'max_tokens' | 'max_completion_tokens' = 'max_tokens'): ExpectedHost {
  const body = { model: MODEL, messages: MESSAGES, [limit]: MAX };
  return { url: `${base}/chat/completions`, auth: 'bearer', body, streamBody: USAGE };
}

function responses(base: string): ExpectedHost {
  const input = [{ type: 'message', role: 'user', content: 'Hi' }];
  const include = ['reasoning.encrypted_content'];
  const body = { model: MODEL, input, max_output_tokens: MAX, store: false, include };
  return { url: `${base}/responses`, auth: 'bearer', body, streamBody: { stream: true } };
}

function claude(url: string): ExpectedHost {
  const headers = { 'anthropic-version': '2023-06-01' };
  return { url, auth: 'x-api-key', headers, body: { model: MODEL, ...CLAUDE }, streamBody: { stream: true } };
}

/** A name with a slash says whose model it is: its path is its own. */
function gemini(base: string, auth: Auth): ExpectedHost {
  const model = `${base}/maker/model-1%3Av1`;
  return {
    url: `${model}:generateContent`,
    streamUrl: `${model}:streamGenerateContent?alt=sse`,
    auth,
    body: GEMINI,
  };
}

function vectors(base: string): ExpectedHost {
  const body = { model: MODEL, input: ['Hi'], encoding_format: 'float' };
  return { url: `${base}/embeddings`, auth: 'bearer', body, embeds: true };
}

function azure(expected: ExpectedHost): ExpectedHost {
  return { ...expected, auth: 'api-key', settings: { resource: 'acme' } };
}
