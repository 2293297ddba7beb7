import { NS } from '../stanza/namespaces.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { type Element, el } from '../xml/element.ts'
import { type StrangerAsks, type StreamAnswer, type StreamAsks, strangerAsks, streamAsks } from './events.ts'
import { isPassing, refusalOf } from './refusal.ts'

/** Whether a module knew an element, and what it made of it. */
export interface StreamOffer extends Partial<StreamAnswer> {
  readonly isTaken: boolean
}

/**
 * The answer of the modules to an IQ on a stream that nobody has signed in on; undefined when none of them knows it.
 * Never rejects: `onFailure` is told of what is not a StanzaError, the asker gets an error either way.
 */
export async function answerStranger(
  event: StrangerAsks,
  onFailure: (error: unknown) => void,
): Promise<Element | undefined> {
  const { host, request, domain } = event
  const head = { id: request.attr('id'), from: domain }
  const type = request.attr('type')
  if (type !== 'get' && type !== 'set') return undefined
  try {
    const payload = await host.hooks.run(strangerAsks, event)
    if (payload === undefined) return undefined
    return el('iq', NS.client, { type: 'result', ...head }, payload === 'done' ? undefined : payload)
  } catch (error) {
    if (!(error instanceof StanzaError) && !isPassing(error)) onFailure(error)
    return el('iq', NS.client, { type: 'error', ...head }, request.children, refusalOf(error).toElement())
  }
}

/** What the modules make of an element that no stage of negotiation knows. Rejects with what a module threw. */
export async function offerToModules(event: StreamAsks): Promise<StreamOffer> {
  const answer = await event.host.hooks.run(streamAsks, event)
  return answer === undefined ? { isTaken: false } : { isTaken: true, ...answer }
}
