/** A reader of event streams that shares nothing with the gateway's: the whole text at once, by the standard's own words. */
import type { Recording } from '../recordings.ts';

/** The payloads of a recording in order: its chunks, or the data of its events without [DONE]. */
export function payloadsOf(recording: Recording): readonly string[] {
  if (recording.form === 'chunks') return recording.chunks;
  if (recording.form === 'sse') return readSse(recording.text).filter((data) => data.trim() !== '[DONE]');
  return [];
}

/** Data of the events of a text: https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11-24. */
export function readSse(text: string): readonly string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const events: string[] = [];
  let data: string[] = [];
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
    } else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  if (data.length > 0) events.push(data.join('\n'));
  return events;
}
