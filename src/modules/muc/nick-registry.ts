import { Jid } from '../../jid/jid.ts'
import { type FormField, formElement, readForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { MUC } from './core/namespaces.ts'
import type { MucStore } from './store.ts'

/** Nicks that accounts have registered with a whole service: nobody else may use them in any of its rooms. */
export class NickRegistry {
  readonly #store: MucStore
  readonly #service: Jid
  readonly #byNick = new Map<string, Jid>()
  readonly #byAccount = new Map<string, string>()

  constructor(store: MucStore, service: Jid) {
    this.#store = store
    this.#service = service
  }

  async load(): Promise<void> {
    for (const { jid, nick } of await this.#store.nicks()) this.#note(Jid.parse(jid), nick)
  }

  /** Whose nick this is. */
  holderOf(nick: string): Jid | undefined {
    return this.#byNick.get(nick)
  }

  nickOf(account: Jid): string | undefined {
    return this.#byAccount.get(account.bareString)
  }

  /** The form to register with (XEP-0077). */
  form(account: Jid): Element {
    const nick = this.nickOf(account)
    const field: FormField = { var: 'nick', type: 'text-single', label: 'Nickname', values: [nick ?? ''] }
    return el(
      'query',
      MUC.register,
      nick === undefined ? undefined : el('registered', MUC.register),
      el('instructions', MUC.register, 'You need a client that supports data forms to register the nickname'),
      formElement({
        type: 'form',
        title: `Nickname registration at ${this.#service.domain}`,
        instructions: ['Enter the nickname you want to register'],
        formType: MUC.register,
        fields: [field],
      }),
    )
  }

  /** Answers a form that was filled in, or the wish to be forgotten; throws StanzaError. */
  async submit(account: Jid, query: Element): Promise<void> {
    if (query.child('remove') !== undefined) {
      await this.forget(account)
      return
    }
    const form = readForm(query.child('x', NS.forms))
    if (form.type === 'cancel') return
    if (form.type !== 'submit' || form.formType !== MUC.register) throw new StanzaError('bad-request')
    await this.#register(account, this.#prepared(form.value('nick') ?? ''))
  }

  async forget(account: Jid): Promise<void> {
    await this.#store.removeNick(account)
    this.#strike(account)
  }

  async #register(account: Jid, nick: string): Promise<void> {
    const holder = this.holderOf(nick)
    if (holder !== undefined && holder.full !== account.bareString) throw new StanzaError('conflict')
    const before = this.nickOf(account)
    // Taken before it is stored, so that nobody else can get it meanwhile.
    this.#note(account, nick)
    try {
      await this.#store.saveNick(account, nick)
    } catch (error) {
      this.#strike(account)
      if (before !== undefined) this.#note(account, before)
      throw error
    }
  }

  #prepared(nick: string): string {
    const named = nick === '' ? undefined : Jid.tryParse(`x@${this.#service.domain}/${nick}`)
    if (named === undefined) throw new StanzaError('not-acceptable', { type: 'modify', text: 'A nickname is needed' })
    return named.resource
  }

  #note(account: Jid, nick: string): void {
    this.#strike(account)
    this.#byNick.set(nick, account.bare)
    this.#byAccount.set(account.bareString, nick)
  }

  #strike(account: Jid): void {
    const before = this.nickOf(account)
    if (before !== undefined) this.#byNick.delete(before)
    this.#byAccount.delete(account.bareString)
  }
}
