/** DER, read strictly: two readers never see two certificates in the same bytes. */
import assert from 'node:assert/strict';
import { readCertificate } from '../../../server/interceptors/auth/certificate.ts';
import { DerError, readElements, readExtensions } from '../../../server/interceptors/auth/der.ts';

const element = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
};
const bytes = (...values: readonly number[]) => Buffer.from(values);
const extension = (oid: string, value: Uint8Array, critical = false) =>
  element(
    0x30,
    element(0x06, Buffer.from(oid, 'hex')),
    ...(critical ? [element(0x01, bytes(0xff))] : []),
    element(0x04, value),
  );
const certificate = (...extensions: readonly Uint8Array[]) =>
  element(
    0x30,
    element(0x30, element(0x02, bytes(1)), element(0xa3, element(0x30, ...extensions))),
    element(0x30),
    element(0x03, bytes(0)),
  );
const names = (...list: readonly Uint8Array[]) => extension('551d11', element(0x30, ...list));
const uri = (text: string) => element(0x86, Buffer.from(text, 'latin1'));

describe('certificates in DER', () => {
  it('are read for their names and powers', () => {
    const long = `spiffe://a/${'b'.repeat(300)}`;
    const constraints = extension('551d13', element(0x30, element(0x01, bytes(0xff))), true);
    const usage = extension('551d0f', element(0x03, bytes(1, 0b0000_0010)), true);
    assert.deepEqual(
      readCertificate(certificate(names(uri(long), element(0x82, Buffer.from('a.example'))), constraints, usage)),
      {
        uris: [long],
        dnsNames: ['a.example'],
        isAuthority: true,
        maySign: true,
      },
    );
    const nothing = { uris: [], dnsNames: [], isAuthority: false, maySign: false };
    assert.deepEqual(
      readCertificate(
        certificate(extension('551d13', element(0x30)), extension('551d0f', element(0x03, bytes(0, 0x80)))),
      ),
      nothing,
    );
    assert.deepEqual(readCertificate(element(0x30, element(0x30))), nothing);
  });

  const MALFORMED: Readonly<Record<string, Uint8Array>> = {
    'an extension twice': certificate(names(uri('spiffe://a/b')), names(uri('spiffe://a/c'))),
    'a name with a NUL': certificate(names(uri('spiffe://a/b\0.evil'))),
    'a name with a line end': certificate(names(uri('spiffe://a/b\n'))),
    'a name beyond ASCII': certificate(names(uri('spiffe://a/\xfc'))),
    'something behind the certificate': Buffer.concat([certificate(), bytes(0x05, 0x00)]),
    'something behind the names': certificate(
      extension('551d11', Buffer.concat([element(0x30, uri('spiffe://a/b')), element(0x30)])),
    ),
    'no certificate': bytes(0x30, 0x00),
    nothing: bytes(),
  };
  for (const [name, malformed] of Object.entries(MALFORMED)) {
    it(`are refused with ${name}`, () => assert.throws(() => readCertificate(malformed), DerError));
  }

  const LENGTHS: Readonly<Record<string, Uint8Array>> = {
    'longer than need be': bytes(0x04, 0x81, 0x01, 0xaa),
    'with a leading zero': Buffer.concat([bytes(0x04, 0x82, 0x00, 0x80), Buffer.alloc(128)]),
    indefinite: bytes(0x24, 0x80, 0x00, 0x00),
    'of more bytes than any certificate': bytes(0x04, 0x84, 0x00, 0x00, 0x00, 0x01, 0xaa),
    'beyond the end': bytes(0x04, 0x02, 0xaa),
    missing: bytes(0x04),
  };
  for (const [name, wrong] of Object.entries(LENGTHS)) {
    it(`have no length ${name}`, () => assert.throws(() => readElements(wrong), DerError));
  }

  it('have no tags of several bytes, and extensions of one form', () => {
    assert.throws(() => readElements(bytes(0x1f, 0x81, 0x00)), DerError);
    assert.throws(() => readExtensions(certificate(element(0x30, element(0x06, bytes(0x55))))), DerError);
  });
});
