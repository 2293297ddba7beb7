import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { letRun } from '../util/settled.ts'
import {
  type AccountReceives,
  accountReceives,
  accountReceivesPresence,
  type DeliveryOutcome,
  deliveryOutcome,
  offline,
} from './events.ts'
import type { Host } from './host.ts'
import type { IqDispatcher } from './iq-dispatcher.ts'
import { isForMember } from './notes.ts'
import { refusalOf } from './refusal.ts'
import type { Router } from './router.ts'
import type { Session } from './session.ts'
import type { SessionKeeper } from './session-keeper.ts'

const nobody: readonly Session[] = []

/** Delivers stanzas addressed to accounts: RFC 6121 §8 with the variants of the routing table. */
export class AccountDelivery {
  readonly #router: Router
  readonly #dispatcher: IqDispatcher

  constructor(router: Router, dispatcher: IqDispatcher) {
    this.#router = router
    this.#dispatcher = dispatcher
  }

  deliver(host: Host, stanza: Stanza, session: Session | undefined): Promise<void> | undefined {
    switch (stanza.kind) {
      case 'message':
        return this.#message(host, stanza)
      case 'iq':
        return this.#iq(host, stanza, session)
      case 'presence':
        return this.#presence(host, stanza)
    }
  }

  #message(host: Host, stanza: Stanza): Promise<void> | undefined {
    const to = stanza.to as Jid
    const exact = to.resource === '' ? undefined : host.sessions.find(to)
    const targets = exact === undefined ? messageTargets(host.sessions.of(to), stanza) : [exact]
    for (const { keeper } of targets) if (keeper !== undefined && !this.#accepts(host, keeper, stanza)) return undefined
    return this.#guarded(host, stanza, targets)
  }

  /** What could not be kept for a client is refused before anybody has it. */
  #accepts(host: Host, keeper: SessionKeeper, stanza: Stanza): boolean {
    // An error tells that something was refused: it is kept as well as can be.
    if (stanza.type === 'error') return true
    try {
      keeper.mustAccept()
      return true
    } catch (error) {
      this.#tell(host, stanza, 'refused')
      this.#refuse(stanza, error)
      return false
    }
  }

  /** Runs the account's handlers, then delivers to the sessions or takes the offline way. */
  #guarded(host: Host, stanza: Stanza, targets: readonly Session[]): Promise<void> | undefined {
    if (!host.hooks.has(accountReceives)) return this.#split(host, stanza, targets)
    const event: AccountReceives = { host, account: (stanza.to as Jid).bare, stanza, targets }
    return this.#afterHandlers(event, (isDelayed) =>
      isDelayed ? this.#splitLater(host, event.stanza, targets) : this.#split(host, event.stanza, targets),
    )
  }

  /** Goes on when no handler of the account has kept the stanza; `isDelayed`: after one of them had to wait. */
  #afterHandlers(
    event: AccountReceives,
    goOn: (isDelayed: boolean) => Promise<void> | undefined,
  ): Promise<void> | undefined {
    const { host } = event
    const outcome = this.#runRefusing(() => host.hooks.run(accountReceives, event), host, event.stanza)
    if (outcome instanceof Promise) {
      return outcome.then((answer) => (answer === undefined ? goOn(true) : this.#keptBack(event, answer)))
    }
    return outcome === undefined ? goOn(false) : this.#keptBack(event, outcome)
  }

  #keptBack({ host, stanza }: AccountReceives, by: 'handled' | 'refused'): undefined {
    if (by === 'handled') this.#tell(host, stanza, 'refused')
  }

  #tell(host: Host, stanza: Stanza, outcome: DeliveryOutcome['outcome']): void {
    if (stanza.kind !== 'message' || !host.hooks.has(deliveryOutcome)) return
    void host.hooks.run(deliveryOutcome, { host, account: (stanza.to as Jid).bare, stanza, outcome })
  }

  /** After waiting: a session that has ended meanwhile takes nothing any more, and who is left is asked for anew. */
  #splitLater(host: Host, stanza: Stanza, targets: readonly Session[]): Promise<void> | undefined {
    const left = targets.filter((session) => !session.isEnded)
    if (left.length > 0 || targets.length === 0) return this.#split(host, stanza, left)
    if (stanza.kind === 'iq') return this.#noSuchResource(stanza)
    const to = stanza.to as Jid
    return this.#split(host, stanza, messageTargets(host.sessions.of(to), stanza))
  }

  #split(host: Host, stanza: Stanza, targets: readonly Session[]): Promise<void> | undefined {
    if (targets.length === 0) return this.#nobodyThere(host, stanza)
    const wait = targets.length === 1 ? (targets[0] as Session).deliver(stanza) : this.#deliverEach(stanza, targets)
    this.#tell(host, stanza, 'delivered')
    return wait
  }

  #deliverEach(stanza: Stanza, targets: readonly Session[]): Promise<void> | undefined {
    const waits: Promise<void>[] = []
    for (const target of targets) {
      // What a module has against one of them does not concern the others.
      letRun(
        () => {
          const wait = target.deliver(stanza)
          if (wait !== undefined) waits.push(wait)
        },
        () => {},
      )
    }
    return waits.length === 0 ? undefined : Promise.allSettled(waits).then(() => undefined)
  }

  #nobodyThere(host: Host, stanza: Stanza): Promise<void> | undefined {
    if (stanza.type === 'error' || stanza.type === 'headline') {
      this.#tell(host, stanza, 'dropped')
      return undefined
    }
    // Somebody is there but a groupchat message is not for accounts; an archive for absent members may take it (mod_offline).
    const isPresent = host.sessions.of(stanza.to as Jid).some((session) => session.takesMessages)
    if (stanza.type === 'groupchat' && isPresent) {
      this.#tell(host, stanza, 'bounced')
      return this.#router.bounce(stanza, 'service-unavailable')
    }
    return this.#offline(host, stanza)
  }

  async #offline(host: Host, stanza: Stanza): Promise<void> {
    const account = (stanza.to as Jid).bare
    try {
      if (!(await host.accounts.exists(account))) {
        this.#tell(host, stanza, 'bounced')
        this.#bounceLocal(stanza, 'User not found')
        return
      }
      const outcome = await host.hooks.run(offline, { host, account, stanza })
      this.#tell(host, stanza, outcome ?? 'bounced')
      if (outcome === undefined) this.#router.bounce(stanza, 'service-unavailable')
    } catch (error) {
      this.#tell(host, stanza, 'refused')
      this.#refuse(stanza, error)
    }
  }

  #iq(host: Host, stanza: Stanza, session: Session | undefined): Promise<void> | undefined {
    const to = stanza.to as Jid
    if (to.resource === '') {
      if (stanza.type !== 'get' && stanza.type !== 'set') return undefined
      const serve = () => this.#dispatcher.serve(host.iq, 'account', stanza, session)
      // What others ask of an account passes its handlers as what they send to it does.
      if (stanza.from?.bareString === to.full || !host.hooks.has(accountReceives)) return serve()
      return this.#afterHandlers({ host, account: to, stanza, targets: nobody }, serve)
    }
    const target = host.sessions.find(to)
    return target === undefined ? this.#noSuchResource(stanza) : this.#guarded(host, stanza, [target])
  }

  #noSuchResource(stanza: Stanza): undefined {
    if (stanza.type === 'get' || stanza.type === 'set') this.#router.bounce(stanza, 'service-unavailable')
    return undefined
  }

  #presence(host: Host, stanza: Stanza): Promise<void> | undefined {
    const to = stanza.to as Jid
    const targets = presenceTargets(host.sessions, to)
    const event: AccountReceives = { host, account: to.bare, stanza, targets }
    const outcome = this.#runRefusing(() => host.hooks.run(accountReceivesPresence, event), host, stanza)
    if (outcome instanceof Promise) {
      // Who has become available while the handlers waited is there now, and has read the roster as it was before.
      return outcome.then((answer) =>
        answer === undefined ? deliverPresence(event.stanza, presenceTargets(host.sessions, to)) : undefined,
      )
    }
    return outcome === undefined ? deliverPresence(event.stanza, targets) : undefined
  }

  /** Runs a chain whose failure refuses the stanza. */
  #runRefusing<T>(run: () => T | Promise<T>, host: Host, stanza: Stanza): T | 'refused' | Promise<T | 'refused'> {
    const refuse = (error: unknown): 'refused' => {
      this.#tell(host, stanza, 'refused')
      this.#refuse(stanza, error)
      return 'refused'
    }
    try {
      const outcome = run()
      return outcome instanceof Promise ? outcome.catch(refuse) : outcome
    } catch (error) {
      return refuse(error)
    }
  }

  #refuse(stanza: Stanza, error: unknown): void {
    if (stanza.kind === 'presence') return
    const reply = stanza.errorReply(refusalOf(error))
    if (reply !== undefined) this.#router.post(reply)
  }

  /** Tells only our own users, and components, that there is no such account, so that strangers cannot look for accounts. */
  #bounceLocal(stanza: Stanza, text: string): void {
    const domain = stanza.from?.domain ?? ''
    if (this.#router.hostOf(domain) !== undefined || this.#router.isComponent(domain)) {
      this.#router.bounce(stanza, 'service-unavailable', text)
    }
  }
}

/** Who gets a message to an account, or to a resource of it that is not there (core §5.2). */
function messageTargets(sessions: readonly Session[], stanza: Stanza): readonly Session[] {
  const { type } = stanza
  if (sessions.length === 0 || type === 'error' || isForClients(stanza)) return nobody
  if (type === 'headline')
    return stanza.to?.resource === '' ? sessions.filter((session) => session.takesMessages) : nobody
  if (sessions.length === 1) return (sessions[0] as Session).takesMessages ? sessions : nobody
  let highest = 0
  for (const { priority } of sessions) if (priority !== undefined && priority > highest) highest = priority
  return sessions.filter((session) => session.priority === highest)
}

/** A room sends to the clients in it (XEP-0045), but for one that accounts belong to. */
function isForClients(stanza: Stanza): boolean {
  return stanza.type === 'groupchat' && stanza.get(isForMember) === undefined
}

/** Presence to an account goes to every session that has sent presence; to a full address, to that session. */
function presenceTargets(table: Host['sessions'], to: Jid): readonly Session[] {
  if (to.resource === '') return table.of(to).filter((session) => session.presence !== undefined)
  const session = table.find(to)
  return session === undefined ? nobody : [session]
}

function deliverPresence(stanza: Stanza, targets: readonly Session[]): Promise<void> | undefined {
  if (stanza.type === 'probe') return undefined
  for (const target of targets) target.post(stanza)
  return undefined
}
