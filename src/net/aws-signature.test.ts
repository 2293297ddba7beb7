import { expect, it } from 'vitest'
import { presignAws, signAws } from './aws-signature.ts'

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

// The examples of the documentation of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
const documented = {
  id: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 's3',
  at: Date.UTC(2013, 4, 24),
}

it('signs an address as the documentation of S3 does', () => {
  const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt')
  expect(presignAws({ method: 'GET', url, headers: {}, expires: 86_400 }, documented)).toBe(
    `${url}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request` +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  )
})

it('signs headers, and names with any characters, as botocore does', () => {
  const url = new URL('http://127.0.0.1:9000/bucket/ab/tr%C3%A8s%20cool%20%28a%27b%29~.jpg')
  const headers = { 'content-length': '23456', 'content-type': 'image/jpeg; x="a b"', 'x-amz-acl': 'public-read' }
  const signer = { id: 'KEY', secret: 'SECRET/+', region: 'eu-west-1', service: 's3', at: Date.UTC(2030, 0, 1) }
  // Computed by S3SigV4QueryAuth of botocore 1.43.11.
  expect(presignAws({ method: 'PUT', url, headers, expires: 60 }, signer)).toBe(
    `${url}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20300101%2Feu-west-1%2Fs3%2Faws4_request` +
      '&X-Amz-Date=20300101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bx-amz-acl' +
      '&X-Amz-Signature=a6ca367a420b72500ba3bccbff05daad67d43e39badd2e22c952a3219681deda',
  )
})
