import fc from 'fast-check'

// Code points that some rule is about.
const telling = [
  ...'aAzZ09-._~!"&\'/:<>@\\ []\u00df\u00e9\u0130\u00aa\u00ad\u00b7\u0301\u0327\u0345\u0375\u03a3\u03c2\u03c3\u05d0\u05b0\u05f3\u0627\u0628\u064b\u0640\u0661\u06f1',
  ...'\u0915\u094d\u13a0\uab70\u1100\u1e9e\u200b\u200c\u200d\u2010\u2028\u2126\u212a\u2163\u265a\u3000\u3002\u3042\u30ab\u30fb\u3099\u4e00\uac00',
  ...'\ufb01\uff0e\uff0f\uff20\uff21\uff61\uff76\uff9e\uffa0\ufdd0\ufeff\u0378\u1acf\ue000\u{10400}\u{1d400}\u{1d15e}\u{1f600}\u{2f800}\u{e0001}\u{10ffff}',
  '\ud800',
  '\udc00',
  'xn--',
  'l\u00b7l',
  'mnchen-3ya',
  '\u0628\u200c\u0628',
]

/** Texts likely to meet a rule, and texts of anything. */
export const anyText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom(...telling), maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
      maxLength: 12,
    }),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
)

/** Texts that often have the form of an address. */
export const anyAddress = fc.oneof(
  anyText,
  fc.tuple(anyText, anyText, anyText).map(([local, domain, resource]) => `${local}@${domain}/${resource}`),
  fc.tuple(anyText, fc.domain(), anyText).map(([local, domain, resource]) => `${local}@${domain}/${resource}`),
  fc.tuple(anyText, fc.domain()).map(([local, domain]) => `${local}@${domain}`),
)
