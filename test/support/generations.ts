/** Any generation that `enter` would let through, for properties. */
import fc from 'fast-check';
import {
  Generation,
  GrammarSyntax,
  ImageDetail,
  OutputModality,
  type Part,
  ReasoningEffort,
  ReasoningMode,
  Role,
  ToolChoiceMode,
  Verbosity,
} from '../../server/model/wire.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const bytes = fc.uint8Array({ maxLength: 16 });
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value));
const jsonObject = fc
  .dictionary(name, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  .map((value) => JSON.stringify(value));

type Content = NonNullable<Part['content']>;

const image = fc.record({
  source: bytes.map((value) => ({ $case: 'data', value }) as const),
  mediaType: fc.constantFrom('image/png', 'image/jpeg', 'image/webp', 'image/gif'),
  detail: fc.constantFrom(ImageDetail.UNSPECIFIED, ImageDetail.AUTO, ImageDetail.LOW, ImageDetail.HIGH),
});
const document = fc.record({
  source: bytes.map((value) => ({ $case: 'data', value }) as const),
  mediaType: fc.constantFrom('application/pdf', 'text/plain'),
  filename: fc.constantFrom('', 'report.pdf'),
  title: fc.constantFrom('', 'Report'),
  cite: fc.boolean(),
});
const textContent = text.map(
  (value): Content => ({ $case: 'text', value: { text: value, citations: [], logprobs: [] } }),
);
const userContent: fc.Arbitrary<Content> = fc.oneof(
  textContent,
  image.map((value): Content => ({ $case: 'image', value })),
  document.map((value): Content => ({ $case: 'document', value })),
);
const assistantContent: fc.Arbitrary<Content> = fc.oneof(
  textContent,
  text.map((value): Content => ({ $case: 'reasoning', value: { text: value } })),
  text.map((value): Content => ({ $case: 'refusal', value: { text: value } })),
);

function makePart(content: Content): Part {
  return { content, cacheBreakpoint: undefined, opaqueState: [] };
}

/** A turn of the user, with the text that every dialect can carry. */
const userMessage = fc.array(userContent, { maxLength: 2 }).map((contents) => ({
  role: Role.USER,
  parts: [
    makePart({ $case: 'text', value: { text: 'Hello', citations: [], logprobs: [] } }),
    ...contents.map(makePart),
  ],
}));

/** A turn of the model that called a tool, and the result that it got. */
const toolTurns = fc
  .tuple(fc.array(assistantContent, { maxLength: 2 }), name, json, fc.boolean())
  .map(([contents, id, result, isError]) => [
    {
      role: Role.ASSISTANT,
      parts: [
        ...contents,
        { $case: 'toolCall', value: { id, name: 'look_up', input: { $case: 'argumentsJson', value: '{}' } } } as const,
      ].map(makePart),
    },
    {
      role: Role.TOOL,
      parts: [
        makePart({
          $case: 'toolResult',
          value: { toolCallId: id, content: [{ content: { $case: 'json', value: result } }], isError },
        }),
      ],
    },
  ]);

const system = text.map((value) => ({
  role: Role.SYSTEM,
  parts: [makePart({ $case: 'text', value: { text: value || 'Be brief.', citations: [], logprobs: [] } })],
}));

const messages = fc
  .tuple(fc.option(system), userMessage, fc.option(toolTurns), fc.option(userMessage))
  .map(([first, user, tools, last]) => [...(first ? [first] : []), user, ...(tools ?? []), ...(last ? [last] : [])]);

const functionTool = fc.record({
  kind: fc
    .record({
      name: fc.constant('look_up'),
      description: text,
      parametersJson: fc.oneof(fc.constant(''), jsonObject),
      strict: fc.option(fc.boolean(), { nil: undefined }),
    })
    .map((value) => ({ $case: 'function', value }) as const),
  cacheBreakpoint: fc.constant(undefined),
});
const customTool = fc.record({
  kind: fc
    .record({
      name: fc.constant('write'),
      description: text,
      grammar: fc.option(
        fc.record({ syntax: fc.constantFrom(GrammarSyntax.LARK, GrammarSyntax.REGEX), definition: text }),
        { nil: undefined },
      ),
    })
    .map((value) => ({ $case: 'custom', value }) as const),
  cacheBreakpoint: fc.constant(undefined),
});

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Any generation that `enter` would let through, without URIs, provider tools, opaque items and provider options. */
export const anyGeneration: fc.Arbitrary<Generation> = fc
  .record({
    model: fc.constant('chat'),
    messages,
    tools: fc.oneof(fc.constant([]), fc.tuple(functionTool), fc.tuple(functionTool, customTool)),
    toolChoice: optional(
      fc.oneof(
        fc
          .constantFrom(ToolChoiceMode.AUTO, ToolChoiceMode.NONE, ToolChoiceMode.REQUIRED)
          .map((value) => ({ choice: { $case: 'mode', value } as const })),
        fc.constant({ choice: { $case: 'name', value: 'look_up' } as const }),
        fc.constant({
          choice: { $case: 'allowed', value: { mode: ToolChoiceMode.AUTO, names: ['look_up'] } } as const,
        }),
      ),
    ),
    maxOutputTokens: optional(fc.integer({ min: 1, max: 100_000 })),
    temperature: optional(fc.double({ min: 0, max: 2, noNaN: true })),
    topP: optional(fc.double({ min: 0.01, max: 1, noNaN: true })),
    topK: optional(fc.integer({ min: 1, max: 100 })),
    frequencyPenalty: optional(fc.double({ min: -2, max: 2, noNaN: true })),
    presencePenalty: optional(fc.double({ min: -2, max: 2, noNaN: true })),
    seed: optional(fc.integer()),
    stopSequences: fc.array(name, { maxLength: 6 }),
    responseFormat: optional(
      fc.oneof(
        fc.constant({ format: { $case: 'jsonObject', value: {} } as const }),
        jsonObject.map((schemaJson) => ({
          format: {
            $case: 'jsonSchema',
            value: { name: 'answer', schemaJson, strict: true, description: '' },
          } as const,
        })),
      ),
    ),
    reasoning: optional(
      fc.record({
        effort: fc.constantFrom(...Object.values(ReasoningEffort).filter((effort) => effort !== 'UNRECOGNIZED')),
        maxTokens: optional(fc.integer({ min: 1, max: 50_000 })),
        summary: optional(fc.boolean()),
        mode: fc.constantFrom(ReasoningMode.UNSPECIFIED, ReasoningMode.ADAPTIVE),
      }),
    ),
    parallelToolCalls: optional(fc.boolean()),
    logprobs: optional(fc.record({ top: optional(fc.integer({ min: 0, max: 20 })) })),
    verbosity: fc.constantFrom(Verbosity.UNSPECIFIED, Verbosity.LOW, Verbosity.MEDIUM, Verbosity.HIGH),
    outputModalities: fc.constantFrom([], [OutputModality.TEXT], [OutputModality.TEXT, OutputModality.AUDIO]),
    serviceTier: fc.constantFrom('', 'flex'),
    providerOptionsJson: fc.constant({}),
  })
  .map((generation) => Generation.fromPartial(generation));
