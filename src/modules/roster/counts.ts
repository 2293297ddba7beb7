import type { Metrics } from '../../observe/metrics.ts'

/** What is counted of the rosters of a host type. */
export function rosterCounts(metrics: Metrics, hostType: string) {
  const counter = (name: string, help: string) =>
    metrics.counter(name, help, ['host_type']).with({ host_type: hostType })
  return {
    gets: counter('mod_roster_get_count', 'Rosters asked for'),
    sets: counter('mod_roster_set_count', 'Contacts changed'),
    pushes: counter('mod_roster_push_count', 'Roster pushes sent'),
    subscriptions: counter('sm_presence_subscription_subscription_count', 'Subscription requests sent'),
    unsubscriptions: counter('sm_presence_subscription_unsubscription_count', 'Subscriptions ended by their owner'),
  }
}
