import assert from 'node:assert/strict';
import type { GatewayError } from '../../../server/model/errors.ts';
import type { Feature } from '../../../server/model/target.ts';
import { DocumentPart, ImageDetail, ImagePart, type Part } from '../../../server/model/wire.ts';
import { makeAllowances } from '../../support/targets.ts';
import {
  adaptationsOf,
  assistant,
  encode,
  fieldsOf,
  makePart,
  messagesOf,
  type TargetWishes,
  tool,
  toolCall,
  user,
} from './anthropic-fixtures.ts';

const BYTES = Uint8Array.of(1, 2, 255);

function image(value: Parameters<typeof ImagePart.fromPartial>[0]): Part {
  return makePart({ $case: 'image', value: ImagePart.fromPartial(value) });
}

function document(value: Parameters<typeof DocumentPart.fromPartial>[0]): Part {
  return makePart({ $case: 'document', value: DocumentPart.fromPartial(value) });
}

function plain(words: string, rest: Parameters<typeof DocumentPart.fromPartial>[0] = {}): Part {
  const source = { $case: 'data', value: new TextEncoder().encode(words) } as const;
  return document({ source, mediaType: 'text/plain', ...rest });
}

const data = { $case: 'data', value: BYTES } as const;
const uris: TargetWishes = {
  allowances: makeAllowances({ uris: true }),
};

function contentOf(encoded: ReturnType<typeof encode>): unknown[] {
  return (messagesOf(encoded) as { content: unknown[] }[])[0]?.content ?? [];
}

function refusedField(run: () => unknown, reason = 'PARAMETER_UNSUPPORTED'): string | undefined {
  try {
    run();
  } catch (error) {
    const refused = error as GatewayError;
    assert.equal(refused.reason, reason);
    return fieldsOf(refused)[0];
  }
  return assert.fail('nothing was refused');
}

describe('anthropic images', () => {
  for (const mediaType of ['image/jpeg', 'image/png', 'image/gif', 'image/webp']) {
    it(`sends ${mediaType} as base64`, () => {
      assert.deepEqual(contentOf(encode({ messages: [user(image({ source: data, mediaType }))] })), [
        { type: 'image', source: { type: 'base64', media_type: mediaType, data: 'AQL/' } },
      ]);
    });
  }

  it('reads a media type whatever its case and parameters', () => {
    const [block] = contentOf(encode({ messages: [user(image({ source: data, mediaType: 'IMAGE/PNG; q=1' }))] }));
    assert.equal((block as { source: { media_type: string } }).source.media_type, 'image/png');
  });

  it('refuses other formats', () => {
    const run = () => encode({ messages: [user(image({ source: data, mediaType: 'image/tiff' }))] });
    assert.equal(refusedField(run), 'generation.messages[0].parts[0].image.media_type');
  });

  it('hands a URI on only where the configuration says so', () => {
    const messages = [user(image({ source: { $case: 'uri', value: 'https://x.example/a.png' } }))];
    assert.equal(
      refusedField(() => encode({ messages }), 'OPTION_NOT_ALLOWED'),
      'generation.messages[0].parts[0].image.uri',
    );
    assert.deepEqual(contentOf(encode({ messages }, uris)), [
      { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
    ]);
  });

  it('takes a data URL as the bytes that it is', () => {
    const messages = [user(image({ source: { $case: 'uri', value: 'data:image/png;base64,AQL/' } }))];
    assert.deepEqual(contentOf(encode({ messages })), [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AQL/' } },
    ]);
  });

  it('drops a detail, and says so', () => {
    const part = image({ source: data, mediaType: 'image/png', detail: ImageDetail.HIGH });
    assert.deepEqual(adaptationsOf(encode({ messages: [user(part)] })), [
      'DROPPED generation.messages[0].parts[0].image.detail',
    ]);
  });

  it('refuses images and documents for a model that sees none, whatever the mode', () => {
    const lacks = new Set<Feature>(['imageInput', 'documentInput']);
    const run = (part: Part) => () => encode({ messages: [user(part)] }, { capabilities: { lacks } });
    assert.equal(
      refusedField(run(image({ source: data, mediaType: 'image/png' }))),
      'generation.messages[0].parts[0].image',
    );
    assert.equal(refusedField(run(plain('x'))), 'generation.messages[0].parts[0].document');
  });
});

describe('anthropic documents', () => {
  it('sends a PDF with its title', () => {
    const part = document({ source: data, mediaType: 'application/pdf', title: 'Report' });
    assert.deepEqual(contentOf(encode({ messages: [user(part)] })), [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AQL/' }, title: 'Report' },
    ]);
  });

  it('sends text as text, and its file name as its title', () => {
    assert.deepEqual(contentOf(encode({ messages: [user(plain('Grüße', { filename: 'a.txt' }))] })), [
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' }, title: 'a.txt' },
    ]);
  });

  it('sends other kinds of text as plain text, and says so', () => {
    for (const mediaType of ['text/markdown', 'application/json', 'application/atom+xml']) {
      const encoded = encode({ messages: [user(plain('{}', { mediaType }))] }, { adaptation: 'strict' });
      assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[0].parts[0].document.media_type']);
    }
  });

  it('refuses what is neither PDF nor text, and text by URI', () => {
    const field = 'generation.messages[0].parts[0].document.media_type';
    const word = document({ source: data, mediaType: 'application/msword' });
    assert.equal(
      refusedField(() => encode({ messages: [user(word)] })),
      field,
    );
    const remote = document({ source: { $case: 'uri', value: 'https://x.example/a' }, mediaType: 'text/plain' });
    assert.equal(
      refusedField(() => encode({ messages: [user(remote)] }, uris)),
      field,
    );
  });

  it('hands the URI of a PDF on where it may', () => {
    const part = document({ source: { $case: 'uri', value: 'https://x.example/a.pdf' } });
    assert.deepEqual(contentOf(encode({ messages: [user(part)] }, uris)), [
      { type: 'document', source: { type: 'url', url: 'https://x.example/a.pdf' } },
    ]);
  });

  it('asks for citations of all documents or of none', () => {
    const encoded = encode({ messages: [user(plain('a', { cite: true }), plain('b'))] });
    const cited = contentOf(encoded).map((block) => (block as { citations?: unknown }).citations);
    assert.deepEqual(cited, [{ enabled: true }, { enabled: true }]);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[0].parts[1].document.cite']);
  });

  it('asks for none where the answer has a schema', () => {
    const schema = { name: 's', schemaJson: '{"type":"object"}' };
    const responseFormat = { format: { $case: 'jsonSchema', value: schema } } as const;
    const encoded = encode({ messages: [user(plain('a', { cite: true }))], responseFormat });
    assert.equal((contentOf(encoded)[0] as { citations?: unknown }).citations, undefined);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.messages[0].parts[0].document.cite']);
  });

  it('sends images and documents in the results of tools', () => {
    const content = [
      { content: { $case: 'image', value: ImagePart.fromPartial({ source: data, mediaType: 'image/png' }) } },
      {
        content: { $case: 'document', value: DocumentPart.fromPartial({ source: data, mediaType: 'application/pdf' }) },
      },
    ] as const;
    const result = makePart({ $case: 'toolResult', value: { toolCallId: 'a', content, isError: false } });
    const encoded = encode({ messages: [user('go'), assistant(toolCall('a')), tool(result)] });
    const [block] = (messagesOf(encoded) as { content: { content: { type: string }[] }[] }[])[2]?.content ?? [];
    assert.deepEqual(
      block?.content.map(({ type }) => type),
      ['image', 'document'],
    );
  });
});
