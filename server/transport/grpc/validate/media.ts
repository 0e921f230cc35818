/** Checks of media: images, sound, video and documents. */
import { at, type Findings, type Path } from './violations.ts';

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(?:;[ -~]*)?$/i;
const MAX_URI_LENGTH = 8192;

interface Media {
  readonly source:
    | { readonly $case: 'data'; readonly value: Uint8Array }
    | { readonly $case: 'uri'; readonly value: string }
    | undefined;
  readonly mediaType: string;
}

/** Checks where a medium is and what it is: `family` is the first word of its media type, or undefined for any. */
export function checkMedia(path: Path, media: Media, family: string | undefined, found: Findings): void {
  if (media.source === undefined) {
    found.add(path, 'needs its source: data (bytes with media_type) or uri');
    return;
  }
  if (media.source.$case === 'data') checkData(path, media.source.value, media.mediaType, found);
  else checkUri(at(path, 'uri'), media.source.value, found);
  checkMediaType(at(path, 'media_type'), media.mediaType, family, found);
}

function checkData(path: Path, data: Uint8Array, mediaType: string, found: Findings): void {
  if (data.length === 0) found.add(at(path, 'data'), 'is empty');
  if (mediaType === '') found.add(at(path, 'media_type'), 'is required with data, for instance image/png');
}

function checkUri(path: Path, uri: string, found: Findings): void {
  found.length(path, uri, MAX_URI_LENGTH);
  if (!/^[a-z][a-z0-9+.-]*:./i.test(uri)) found.add(path, 'must be an absolute URI, for instance https://…');
  else if (/^data:/i.test(uri)) found.add(path, 'must not be a data: URI; send the bytes in data');
}

function checkMediaType(path: Path, mediaType: string, family: string | undefined, found: Findings): void {
  if (mediaType === '') return;
  if (!MEDIA_TYPE.test(mediaType)) found.add(path, 'must be a media type such as image/png');
  else if (family !== undefined && !mediaType.toLowerCase().startsWith(`${family}/`)) {
    found.add(path, `must begin with ${family}/`);
  }
}
