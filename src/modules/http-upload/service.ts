import type { ServicePoint } from '../../module/subdomain.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import { formElement } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { answerServiceDisco } from '../disco/api.ts'
import type { Slot, SlotTerms, WantedFile } from './api.ts'
import { readRequest, uploadNs } from './wanted-file.ts'

/** Under this name the service is listed. */
export const serviceName = 'HTTP File Upload'

export interface ServiceParts {
  /** Whether the users of a domain may use the service. */
  isFor(domain: string): boolean
  /** Bytes; Infinity for any. */
  maxFileSize(): number
  /** The contact form of this service (XEP-0157), where there is one. */
  contactForm(): Element | undefined
  slot(file: WantedFile, terms: Pick<SlotTerms, 'owner' | 'domain'>): Promise<Slot>
}

/** Opens the service beside one domain (XEP-0363). */
export function openUploadService({ iq }: Pick<ServicePoint, 'iq'>, parts: ServiceParts): undefined {
  iq('get', uploadNs, 'request', async ({ from, payload }: IqRequest) => {
    if (from.local === '' || !parts.isFor(from.domain)) {
      throw new StanzaError('forbidden', { text: 'Only users of this service upload files' })
    }
    return slotElement(await parts.slot(readRequest(payload), { owner: from.bare, domain: from.domain }))
  })
  iq('get', uploadNs, '*', () => {
    throw new StanzaError('bad-request')
  })
  answerServiceDisco({ iq }, { info: (node) => (node === '' ? describe(parts) : undefined) })
}

/** XEP-0363 §4. */
function describe(parts: ServiceParts) {
  const contact = parts.contactForm()
  return {
    identities: [{ category: 'store', type: 'file', name: serviceName }],
    features: [uploadNs, NS.discoInfo],
    forms: [...sizeForm(parts.maxFileSize()), ...(contact === undefined ? [] : [contact])],
  }
}

function sizeForm(maxSize: number): Element[] {
  if (maxSize === Number.POSITIVE_INFINITY) return []
  const fields = [{ var: 'max-file-size', values: [String(maxSize)] }]
  return [formElement({ type: 'result', formType: uploadNs, fields })]
}

function slotElement({ put, get }: Slot): Element {
  return el('slot', uploadNs, el('put', uploadNs, { url: put }), el('get', uploadNs, { url: get }))
}
