import { expect, it } from 'vitest'
import { signAws } from './aws-signature.ts'

// Published examples: the test suite of Signature Version 4, and the request to IAM that its documentation goes through.
const suite = {
  id: 'AKIDEXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
  at: Date.UTC(2015, 7, 30, 12, 36, 0),
}
const example = 'https://example.amazonaws.com/'

it.each([
  ['get-vanilla', { method: 'GET', url: example }, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'post-vanilla',
    { method: 'POST', url: example },
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'get-vanilla-query-order-key-case',
    { method: 'GET', url: `${example}?Param2=value2&Param1=value1` },
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'post-x-www-form-urlencoded',
    {
      method: 'POST',
      url: example,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Param1=value1',
    },
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'the request of the documentation',
    {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      service: 'iam',
    },
    '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  ],
] as const)('%s', (_, vector, signature) => {
  const {
    method,
    url,
    headers = {},
    body = '',
    service = 'service',
  } = { headers: {}, body: '', ...vector } as {
    method: string
    url: string
    headers?: Record<string, string>
    body?: string
    service?: string
  }
  const signed = signAws({ method, url: new URL(url), headers, body }, { ...suite, service })
  expect(signed['authorization']?.split('Signature=')[1]).toBe(signature)
  expect(signed['authorization']).toContain(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, SignedHeaders=`,
  )
})
