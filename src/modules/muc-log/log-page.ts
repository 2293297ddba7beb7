import type { RoomHappening } from '../muc/api.ts'
import { logLink } from './log-path.ts'
import { escaped } from './log-text.ts'
import type { Moment } from './moment.ts'
import type { MucLogOptions } from './options.ts'

type RoomView = RoomHappening['room']

const style = `<style type="text/css">
body { font-family: sans-serif; font-size: 0.9em; }
.ts { color: #888888; text-decoration: none; }
.mrcm { color: #009900; font-style: italic; font-weight: bold; }
.mj, .ml { color: #009900; font-style: italic; }
.mk, .mb { color: #cc0000; font-style: italic; }
.mnc { color: #009900; font-style: italic; }
.msc { color: #009900; font-style: italic; font-weight: bold; }
.mn { color: #0000aa; }
.mne { color: #aa00aa; }
.msm { color: #000099; font-style: italic; font-weight: bold; }
.rc { background: #eeeeee; border: 1px solid #cccccc; padding: 3px; }
.rcoe { color: #007700; } .rcod { color: #990000; } .rcot { color: #000077; }
.toplink { float: right; } .legend { border-top: 1px solid #cccccc; margin-top: 2em; font-size: 0.8em; }
</style>`

const script = `<script type="text/javascript">
function sh(e) {
  var box = document.getElementById(e)
  box.style.display = box.style.display === 'none' ? 'block' : 'none'
}
</script>`

/** The neighbours of a day. */
export interface Days {
  readonly before: Moment
  readonly day: Moment
  readonly after: Moment
}

/** How a page begins, before the first line of its day. */
export function pageHead(room: RoomView, days: Days, options: MucLogOptions): string {
  const { day } = days
  const title = `${escaped(room.name)} - ${day.longDate}`
  const css = options.css_file
  const look = css === undefined ? style : `<link rel="stylesheet" type="text/css" href="${escaped(css)}" media="all"/>`
  const { target, text } = options.top_link
  const subject = room.subject
  const said =
    subject === undefined ? '' : `${escaped(subject.author)} has set the subject to: ${escaped(subject.text)}`
  return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>
<title>${title}</title>
${look}
${script}
</head>
<body>
<div class="toplink"><a href="${escaped(target)}">${text}</a></div>
<div class="roomtitle">${escaped(room.name)}</div>
<a class="roomjid" href="xmpp:${escaped(room.jid.full)}?join">${escaped(room.jid.full)}</a>
<div class="logdate">${day.longDate}
<a class="nav" href="${escaped(logLink(days.before, options))}">&lt;</a>
<a class="nav" href="${options.dirtype === 'subdirs' ? '../..' : '.'}">^</a>
<a class="nav" href="${escaped(logLink(days.after, options))}">&gt;</a></div>
${said === '' ? '' : `<div class="roomsubject">${said}</div>\n`}${boxes(room, 'head')}<small>GMT${day.offset}</small><br/>
`
}

/** What ends a page, once its day is over. */
export const pageFoot = `<div class="legend">Times of this page are those of the server's clock.</div>
</body>
</html>
`

/** Boxes with the configuration and the occupants as they are now; `id` tells several of a page apart. */
export function boxes(room: RoomView, id: string): string {
  return box(`c-${id}`, 'Room Configuration', configuration(room)) + box(`o-${id}`, 'Room Occupants', occupants(room))
}

function box(id: string, title: string, content: string): string {
  const name = escaped(id)
  return `<div class="rc"><a href="#" onclick="sh('${name}');return false;">${title}</a><div id="${name}" style="display: none;">${content}</div></div>\n`
}

function configuration({ config }: RoomView): string {
  const switches: readonly [string, boolean][] = [
    ['Persistent', config.isPersistent],
    ['Public', config.isPublic],
    ['Public list of occupants', config.publicList],
    ['Password protected', config.isPasswordProtected],
    ['Members only', config.membersOnly],
    ['Moderated', config.isModerated],
    ['Voice by default', config.membersByDefault],
    ['Subject may be changed', config.allowChangeSubject],
    ['Requests between occupants', config.allowQueryUsers],
    ['Invitations by occupants', config.allowInvites],
    ['Semi-anonymous', config.isAnonymous],
    ['Logged', config.isLogged],
  ]
  const texts: readonly [string, string][] = [
    ['Title', config.title],
    ['Description', config.description],
    ['Most occupants', String(config.maxUsers)],
    ['Private messages', config.allowPrivateMessages],
  ]
  const on = switches.map(([name, isOn]) => `<div class="${isOn ? 'rcoe' : 'rcod'}">${name}</div>`)
  return [...on, ...texts.map(([name, text]) => `<div class="rcot">${name}: "${escaped(text)}"</div>`)].join('')
}

const groups = [
  ['moderator', 'Moderator'],
  ['participant', 'Participant'],
  ['visitor', 'Visitor'],
  ['none', 'None'],
] as const

function occupants(room: RoomView): string {
  const all = [...room.occupants.all()]
  return groups
    .flatMap(([role, title]) => {
      const nicks = all.filter((occupant) => occupant.role === role).map(({ jid }) => escaped(jid.resource))
      return nicks.length === 0 ? [] : [`<div>${title}<br/>${nicks.sort().join('<br/>')}</div>`]
    })
    .join('')
}
