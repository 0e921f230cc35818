/** Servers that a company runs itself; their base URLs are those of one on the same machine. */
import type { Host } from '../host.ts';
import { makeChatRow, type RowOwn } from './row.ts';

/** Rows of these servers. */
export const ON_PREMISES_HOSTS: readonly Host[] = [
  makeServerRow({
    id: 'vllm',
    title: 'vLLM',
    baseUrl: 'http://127.0.0.1:8000/v1',
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, seen 2026-11-24',
    proof: 'provider-page',
  }),
  makeServerRow({
    id: 'sglang',
    title: 'SGLang',
    baseUrl: 'http://127.0.0.1:30000/v1',
    source: 'https://docs.sglang.io/basic_usage/openai_api_completions.html, seen 2026-11-24',
    proof: 'provider-page',
  }),
  makeServerRow({
    id: 'ollama',
    title: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    lacks: ['topK', 'strictTools', 'parallelToolCalls', 'audioInput', 'documentInput', 'endUser'],
    source: 'https://docs.ollama.com/api/openai-compatibility, seen 2026-11-24',
    proof: 'provider-page',
  }),
  makeServerRow({
    id: 'llama-cpp',
    title: 'llama.cpp server',
    baseUrl: 'http://127.0.0.1:8080/v1',
    lacks: ['documentInput', 'endUser'],
    source: 'https://www.mintlify.com/ggml-org/llama.cpp/api/rest/overview, seen 2026-11-24',
    proof: 'provider-page',
  }),
  makeServerRow({
    id: 'lm-studio',
    title: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    lacks: ['strictTools', 'parallelToolCalls', 'audioInput', 'documentInput', 'endUser'],
    source: 'https://lmstudio.ai/docs/api/openai-api, seen 2026-11-24',
    proof: 'provider-page',
  }),
  makeServerRow({
    id: 'tgi',
    title: 'Text Generation Inference',
    baseUrl: 'http://127.0.0.1:8080/v1',
    quirks: { maxStopSequences: 4 },
    lacks: ['topK', 'strictTools', 'parallelToolCalls', 'audioInput', 'documentInput', 'endUser'],
    source: 'https://huggingface.co/docs/text-generation-inference/reference/api_reference, not read',
    proof: 'memory',
  }),
  makeServerRow({
    id: 'infinity',
    title: 'Infinity',
    baseUrl: 'http://127.0.0.1:7997',
    lacks: ['imageInput'],
    source: 'https://michaelfeil.eu/infinity, not read',
    proof: 'memory',
    note: 'embeddings only; with --url-prefix /v1 its base URL ends so',
  }),
  makeServerRow({
    id: 'tei',
    title: 'Text Embeddings Inference',
    baseUrl: 'http://127.0.0.1:8080/v1',
    quirks: { maxEmbedInputs: 32 },
    lacks: ['imageInput'],
    source: 'https://github.com/huggingface/text-embeddings-inference/blob/main/README.md, not read',
    proof: 'memory',
    note: 'embeddings only; with a larger --max-client-batch-size say maxEmbedInputs in the deployment',
  }),
];

/** Any key is optional, tiers are a matter of services. */
function makeServerRow(own: RowOwn): Host {
  return makeChatRow({ keyRequired: false, ...own, lacks: ['serviceTier', ...(own.lacks ?? [])] });
}
