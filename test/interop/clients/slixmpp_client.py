"""One XMPP client, driven by JSON lines on standard input, telling what happens in JSON lines on standard output.

Start: slixmpp_client.py JID PASSWORD HOST PORT
Commands: {"do": "add", "jid": …}, {"do": "say", "to": …, "body": …}, {"do": "roster"}, {"do": "copy"}, {"do": "rest"}, {"do": "wake"},
{"do": "drop"}, {"do": "stay"}, {"do": "leave"}, {"do": "history"[, "with": …]}, {"do": "ends"}, {"do": "block", "jid": …},
{"do": "unblock", "jid": …}, {"do": "blocked"}, {"do": "picture", "text": …}, {"do": "pictured", "jid": …, "id": …}, {"do": "bookmark", "room": …},
{"do": "bookmarks"}, {"do": "devices", "ids": […]}, {"do": "their_devices", "jid": …}
Events: ready, asked, approved, present, gone, message, roster, copying, copy, resumed, failed, left, avatar, picture, bookmarked,
bookmarks, published, devices, history, ends, done, blocked, refused
"""
import asyncio
import json
import logging
import ssl
import sys

import slixmpp
from slixmpp.xmlstream import ET

devices_node = "eu.siacs.conversations.axolotl.devicelist"


def tell(what, **fields):
    print(json.dumps({"what": what, **fields}), flush=True)


class Talker(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self.auto_authorize = True
        self.auto_subscribe = True
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        self.register_plugin("xep_0203")
        self.register_plugin("xep_0280")
        self.register_plugin("xep_0352")
        self.register_plugin("xep_0198")
        self.register_plugin("xep_0060")
        self.register_plugin("xep_0115")
        self.register_plugin("xep_0163")
        self.register_plugin("xep_0084")
        self["xep_0163"].add_interest("urn:xmpp:avatar:metadata")
        self.add_event_handler("avatar_metadata_publish", self.shown)
        self.register_plugin("xep_0313")
        self.register_plugin("xep_0191")
        self.add_event_handler("message_error", lambda m: tell("refused", condition=m["error"]["condition"]))
        self.add_event_handler("session_resumed", lambda _: tell("resumed"))
        self.is_dropped = False
        self.stays = False
        self.add_event_handler("session_start", self.started)
        for way in ("sent", "received"):
            self.add_event_handler(f"carbon_{way}", lambda m, way=way: self.copied(m[f"carbon_{way}"], way))
        self.add_event_handler("message", self.heard)
        self.add_event_handler("presence_subscribe", lambda p: tell("asked", jid=p["from"].bare))
        self.add_event_handler("presence_subscribed", lambda p: tell("approved", jid=p["from"].bare))
        self.add_event_handler("presence_available", self.came)
        self.add_event_handler("presence_unavailable", self.went)
        self.add_event_handler("failed_all_auth", lambda _: tell("failed", why="authentication"))
        self.add_event_handler("disconnected", self.lost)

    async def started(self, _event):
        await self.get_roster()
        self.send_presence()
        tell("ready", jid=self.boundjid.full)

    def lost(self, _event):
        tell("left")
        if self.is_dropped or self.stays:
            self.is_dropped = False
            self.connect(self.place)

    def came(self, presence):
        if presence["from"].bare != self.boundjid.bare:
            tell("present", jid=presence["from"].full)

    def went(self, presence):
        if presence["from"].bare != self.boundjid.bare:
            tell("gone", jid=presence["from"].full)

    def heard(self, message):
        delay = message.xml.find("{urn:xmpp:delay}delay") is not None
        tell("message", type=message["type"], sender=message["from"].full, body=message["body"], delayed=delay)

    def copied(self, message, way):
        tell("copy", way=way, sender=message["from"].full, body=message["body"])

    def shown(self, message):
        for item in list(message.xml.iter("{http://jabber.org/protocol/pubsub#event}item")):
            tell("avatar", sender=message["from"].bare, id=item.get("id"))

    async def publish(self, command):
        """What slixmpp keeps in nodes of accounts."""
        verb = command["do"]
        nodes = self["xep_0060"]
        if verb == "picture":
            data = command["text"].encode()
            avatars = self["xep_0084"]
            await avatars.publish_avatar(data)
            ident = avatars.generate_id(data)
            await avatars.publish_avatar_metadata([{"id": ident, "type": "image/png", "bytes": len(data)}])
            tell("published", id=ident)
        elif verb == "pictured":
            answer = await self["xep_0084"].retrieve_avatar(command["jid"], command["id"])
            for item in answer["pubsub"]["items"]:
                tell("picture", text=item["avatar_data"]["value"].decode())
        elif verb == "bookmark":
            payload = ET.fromstring("<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/>")
            form = self.private_options()
            await nodes.publish(self.boundjid.bare, "urn:xmpp:bookmarks:1", id=command["room"], payload=payload, options=form)
            tell("bookmarked")
        elif verb == "bookmarks":
            answer = await nodes.get_items(self.boundjid.bare, "urn:xmpp:bookmarks:1")
            tell("bookmarks", rooms=sorted(item["id"] for item in answer["pubsub"]["items"]))
        elif verb == "devices":
            rows = "".join(f"<device id='{ident}'/>" for ident in command["ids"])
            payload = ET.fromstring(f"<list xmlns='eu.siacs.conversations.axolotl'>{rows}</list>")
            await nodes.publish(self.boundjid.bare, devices_node, id="current", payload=payload, options=self.open_options())
            tell("published", id="current")
        elif verb == "their_devices":
            answer = await nodes.get_items(command["jid"], devices_node)
            (item,) = answer["pubsub"]["items"]
            tell("devices", ids=[child.get("id") for child in item["payload"]])

    def options(self, **fields):
        form = self["xep_0004"].make_form(ftype="submit")
        form.add_field(var="FORM_TYPE", ftype="hidden", value="http://jabber.org/protocol/pubsub#publish-options")
        for name, value in fields.items():
            form.add_field(var=f"pubsub#{name}", value=value)
        return form

    def private_options(self):
        return self.options(
            persist_items="true", max_items="max", send_last_published_item="never", access_model="whitelist"
        )

    def open_options(self):
        return self.options(access_model="open")

    async def read(self, other):
        """Reads an archive, two messages at a time."""
        filters = {} if other is None else {"with_jid": slixmpp.JID(other)}
        found = [one["mam_result"] async for one in self["xep_0313"].iterate(rsm={"max": 2}, **filters)]
        bodies = [one["forwarded"]["stanza"]["body"] for one in found]
        dated = all(one["forwarded"]["delay"]["stamp"] for one in found)
        tell("history", of=other or "all", bodies=bodies, ids=[one["id"] for one in found], dated=dated)

    async def obey(self, command):
        verb = command["do"]
        await self.publish(command)
        if verb == "add":
            self.send_presence_subscription(pto=command["jid"])
        elif verb == "say":
            self.send_message(mto=command["to"], mbody=command["body"], mtype="chat")
        elif verb == "roster":
            await self.get_roster()
            kept = self.client_roster
            contacts = [jid for jid in kept.keys() if jid != self.boundjid.bare]
            tell("roster", items={jid: kept[jid]["subscription"] for jid in contacts})
        elif verb == "copy":
            await self["xep_0280"].enable()
            tell("copying")
        elif verb == "rest":
            self["xep_0352"].send_inactive()
        elif verb == "wake":
            self["xep_0352"].send_active()
        elif verb == "history":
            await self.read(command.get("with"))
        elif verb == "ends":
            ends = (await self["xep_0313"].get_archive_metadata())["mam_metadata"]
            tell("ends", start=ends["start"]["id"], end=ends["end"]["id"])
        elif verb == "block":
            await self["xep_0191"].block(slixmpp.JID(command["jid"]))
            tell("done", verb=verb)
        elif verb == "unblock":
            await self["xep_0191"].unblock(slixmpp.JID(command["jid"]))
            tell("done", verb=verb)
        elif verb == "blocked":
            blocklist = (await self["xep_0191"].get_blocked())["blocklist"]
            tell("blocked", jids=sorted(str(jid) for jid in blocklist["items"]))
        elif verb == "drop":
            self.is_dropped = True
            self.abort()
        elif verb == "stay":
            self.stays = True
        elif verb == "leave":
            await self.disconnect()


async def main():
    jid, password, host, port = sys.argv[1:5]
    client = Talker(jid, password)
    client.ssl_context.check_hostname = False
    client.ssl_context.verify_mode = ssl.CERT_NONE
    client.place = (host, int(port))
    client.connect(client.place)
    reader = asyncio.StreamReader()
    await asyncio.get_event_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await client.obey(json.loads(line))
    await client.disconnect()


logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
asyncio.get_event_loop().run_until_complete(main())
