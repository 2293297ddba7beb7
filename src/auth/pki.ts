import type { AuthMethod } from './method.ts'

/** The method `pki`: whoever has a trusted certificate is the user it names. There is no list of users. */
export class PkiAccounts implements AuthMethod {
  readonly name = 'pki'

  exists(): Promise<boolean> {
    return Promise.resolve(true)
  }

  checkCertificate(): Promise<boolean> {
    return Promise.resolve(true)
  }
}
