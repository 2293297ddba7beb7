import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { Stanza } from '../stanza/stanza.ts'
import { FakeClock } from '../util/clock.ts'
import type { Component } from './component-table.ts'
import type { Host } from './host.ts'
import { Router } from './router.ts'

const observer = { noRoute() {}, dropped() {}, bounced() {}, failed() {}, lost() {} }

/** A router with these hosts; `heard`: what components were told, in order. */
function play(...domains: readonly string[]) {
  const router = new Router(new FakeClock(), observer)
  const host = { hooks: { has: () => false } } as unknown as Host
  for (const domain of domains) router.addDomain(domain, host)
  const heard: string[] = []
  const make = (name: string, isPrefix = false, isHidden = false): Component => ({
    ...{ name, isPrefix, isHidden },
    receive: (stanza) => void heard.push(`${name} ${stanza.to?.full}`),
    displaced: (why) => void heard.push(`${name} ${why}`),
  })
  const add = (component: Component, replaces = false) => router.addComponent(component, { replaces })
  const send = (to: string) => router.post(Stanza.make('message', { from: Jid.parse('a@b.test'), to: Jid.parse(to) }))
  return { router, host, heard, make, add, send }
}

describe('domains of components', () => {
  it('are theirs until they leave', () => {
    const { router, heard, make, add, send } = play('one.test')
    const component = make('echo.one.test')
    expect(add(component)).toBe(true)
    send('x@echo.one.test/y')
    expect(heard).toEqual(['echo.one.test x@echo.one.test/y'])
    expect(router.isServed('echo.one.test')).toBe(true)
    expect(router.isOwn('echo.one.test')).toBe(false)
    expect(router.ownerOf('echo.one.test')).toBe('echo.one.test')
    router.removeComponent(component)
    router.removeComponent(component)
    expect(router.isServed('echo.one.test')).toBe(false)
  })

  it('are not those of hosts, modules and other components', () => {
    const { router, make, add } = play('one.test')
    const end = router.addService('rooms.one.test', { parent: 'one.test', receive: () => undefined })
    const first = make('echo.one.test')
    expect(add(first)).toBe(true)
    for (const name of ['one.test', 'rooms.one.test', 'echo.one.test']) expect(add(make(name))).toBe(false)
    expect(add(make('echo', true))).toBe(false)
    end()
    expect(add(make('rooms.one.test'))).toBe(true)
  })

  it('a newer one replaces an older one where it may, and the older one takes nothing with it', () => {
    const { router, heard, make, add, send } = play('one.test')
    const [old, young] = [make('echo.one.test'), make('echo.one.test')]
    add(old)
    expect(add(young, true)).toBe(true)
    router.removeComponent(old)
    send('echo.one.test')
    expect(heard).toEqual(['echo.one.test replaced', 'echo.one.test echo.one.test'])
    // All that are in the way.
    add(make('other.one.test'))
    expect(add(make('other', true), true)).toBe(true)
    expect(heard.at(-1)).toBe('other.one.test replaced')
  })

  it('are given up to hosts and modules that come', () => {
    const { router, host, heard, make, add } = play('one.test')
    add(make('new.test'))
    add(make('rooms.one.test'))
    router.addDomain('new.test', host)
    router.addService('rooms.one.test', { parent: 'one.test', receive: () => undefined })
    expect(heard).toEqual(['new.test taken', 'rooms.one.test taken'])
    expect(router.isComponent('new.test')).toBe(false)
    expect(() => router.addDomain('rooms.one.test', host)).toThrow('served already')
  })

  it('a prefix stands before each hosted domain, whatever else there is', () => {
    const { router, host, heard, make, add, send } = play('one.test', 'sub.one.test')
    add(make('chat', true))
    for (const to of ['chat', 'chat.one.test', 'chat.sub.one.test', 'chat.two.test', 'x.chat.one.test']) send(to)
    expect(heard).toEqual(['chat chat', 'chat chat.one.test', 'chat chat.sub.one.test'])
    router.addDomain('two.test', host)
    expect(router.isServed('chat.two.test')).toBe(true)
    // Hosts go first, and leave the rest.
    router.addDomain('chat.two.test', host)
    expect(heard).toHaveLength(3)
    expect(router.hostOf('chat.two.test')).toBe(host)
    router.removeDomain('chat.two.test')
    expect(router.isComponent('chat.two.test')).toBe(true)
    router.removeDomain('two.test')
    expect(router.isServed('chat.two.test')).toBe(false)
  })

  it('are listed under the nearest hosted domain', () => {
    const { router, make, add } = play('one.test', 'sub.one.test')
    router.addService('rooms.one.test', { name: 'Rooms', parent: 'one.test', receive: () => undefined })
    add(make('echo.one.test', false, true))
    add(make('echo.sub.one.test'))
    add(make('a.b.one.test'))
    add(make('elsewhere.test'))
    add(make('chat', true))
    const listed = (domain: string) => router.servicesOf(domain).map(({ jid, isHidden }) => [jid, isHidden])
    expect(listed('one.test')).toEqual([
      ['rooms.one.test', false],
      ['echo.one.test', true],
      ['a.b.one.test', false],
      ['chat.one.test', false],
    ])
    expect(listed('sub.one.test')).toEqual([
      ['echo.sub.one.test', false],
      ['chat.sub.one.test', false],
    ])
    expect(router.parentOf('a.b.one.test')).toBe('one.test')
    expect(router.parentOf('one.test')).toBeUndefined()
  })
})
