/** docs/usage.md says of every finish word what the code makes of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { FinishReason } from '../../../server/model/wire.ts';
import * as anthropic from '../../../server/providers/anthropic/finish.ts';
import * as bedrock from '../../../server/providers/bedrock/finish.ts';
import * as cohere from '../../../server/providers/cohere/finish.ts';
import * as gemini from '../../../server/providers/gemini/finish.ts';
import * as openaiChat from '../../../server/providers/openai-chat/finish.ts';

const DECODERS: Readonly<Record<string, (word: string) => FinishReason>> = {
  'openai.chat': (word) => openaiChat.decodeFinish({ finish_reason: word }, { refused: false, called: false }),
  'anthropic.messages': (word) => anthropic.decodeFinish({ stop_reason: word }),
  'google.gemini': (word) => gemini.decodeFinish(word, false),
  'bedrock.converse': (word) => bedrock.decodeFinish({ stopReason: word }),
  'cohere.v2': (word) => cohere.decodeFinish(word),
};

const PAGE = readFileSync('docs/usage.md', 'utf8');
const ROWS = [...PAGE.matchAll(/^\| `([a-z0-9.]+)` \| `(\w+)` \| ([A-Z_]+)/gm)].map(
  ([, dialect = '', word = '', kind]) => {
    return { dialect, word, kind };
  },
);

describe('docs/usage.md', () => {
  it('tells what each word is', () => {
    assert.ok(ROWS.length > 50);
    for (const { dialect, word, kind } of ROWS) {
      assert.equal(DECODERS[dialect]?.(word).kind, `FINISH_KIND_${kind}`, `${dialect} ${word}`);
    }
  });

  for (const [dialect, folder] of Object.entries({
    'openai.chat': 'openai-chat',
    'anthropic.messages': 'anthropic',
    'google.gemini': 'gemini',
    'bedrock.converse': 'bedrock',
    'cohere.v2': 'cohere',
  })) {
    it(`leaves out no word of ${dialect}`, () => {
      const source = readFileSync(`server/providers/${folder}/finish.ts`, 'utf8');
      const words = [...source.matchAll(/\['(\w+)', FinishKind\./g)].map(([, word]) => word);
      const told = ROWS.filter((row) => row.dialect === dialect).map(({ word }) => word);
      assert.ok(words.length > 3);
      assert.deepEqual(told, words);
    });
  }
});
