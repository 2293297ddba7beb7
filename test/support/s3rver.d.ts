/** The part of s3rver that the tests use; the package brings no types. */
declare module '@20minutes/s3rver' {
  export interface S3rverOptions {
    readonly port: number
    readonly address: string
    readonly directory: string
    readonly silent: boolean
    readonly configureBuckets: readonly { readonly name: string }[]
  }
  // biome-ignore lint/style/noDefaultExport: that is what the package has
  export default class S3rver {
    constructor(options: S3rverOptions)
    run(): Promise<{ readonly port: number }>
    close(): Promise<void>
  }
}
