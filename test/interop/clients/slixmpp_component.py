"""One external component, driven by JSON lines on standard input, telling what happens in JSON lines on standard output.

Start: slixmpp_component.py NAME PASSWORD HOST PORT
Commands: {"do": "say", "from": …, "to": …, "body": …}, {"do": "subscribe", "from": …, "to": …}, {"do": "show", "from": …, "to": …},
{"do": "enter", "from": …, "room": …}, {"do": "ask", "jid": …}, {"do": "leave"}
Events: ready, message, asked, present, gone, entered, features, left
"""
import asyncio
import json
import logging
import sys

from slixmpp.componentxmpp import ComponentXMPP
from slixmpp.xmlstream import ET


def tell(what, **fields):
    print(json.dumps({"what": what, **fields}), flush=True)


class Gateway(ComponentXMPP):
    def __init__(self, name, password, host, port):
        super().__init__(name, password, host, port)
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0092", {"software_name": "Gateway", "version": "1"})
        self.register_plugin("xep_0199")
        self["xep_0030"].add_identity(category="gateway", itype="irc", name="Gateway")
        self.auto_authorize = None
        self.auto_subscribe = None
        self.add_event_handler("session_start", lambda _: tell("ready"))
        self.add_event_handler("message", self.heard)
        self.add_event_handler("presence_subscribe", self.asked)
        self.add_event_handler("presence_available", self.came)
        self.add_event_handler("presence_unavailable", lambda p: tell("gone", jid=p["from"].full))
        self.add_event_handler("disconnected", lambda _: tell("left"))
        self.add_event_handler("connection_failed", lambda error: tell("failed", why=str(error)))
        self.add_event_handler("stream_error", lambda error: tell("failed", why=error["condition"]))

    def heard(self, message):
        tell("message", **{"from": message["from"].full, "to": message["to"].full}, body=message["body"], type=message["type"])

    def asked(self, presence):
        tell("asked", jid=presence["from"].bare)
        self.send_presence(pto=presence["from"].bare, pfrom=presence["to"].bare, ptype="subscribed")

    def came(self, presence):
        own = any(status.get("code") == "110" for status in presence.xml.iter("{http://jabber.org/protocol/muc#user}status"))
        tell("entered" if own else "present", jid=presence["from"].full, to=presence["to"].full)

    async def obey(self, command):
        verb = command["do"]
        if verb == "say":
            self.send_message(mto=command["to"], mfrom=command["from"], mbody=command["body"], mtype=command.get("type", "chat"))
        elif verb == "subscribe":
            self.send_presence(pto=command["to"], pfrom=command["from"], ptype="subscribe")
        elif verb == "show":
            self.send_presence(pto=command["to"], pfrom=command["from"])
        elif verb == "enter":
            presence = self.make_presence(pto=command["room"], pfrom=command["from"])
            presence.append(ET.Element("{http://jabber.org/protocol/muc}x"))
            presence.send()
        elif verb == "ask":
            answer = await self["xep_0030"].get_info(jid=command["jid"], ifrom=self.boundjid.bare)
            tell("features", features=sorted(answer["disco_info"]["features"]))
        elif verb == "leave":
            await self.disconnect()


async def main():
    name, password, host, port = sys.argv[1:5]
    gateway = Gateway(name, password, host, int(port))
    gateway.connect()
    reader = asyncio.StreamReader()
    await asyncio.get_event_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await gateway.obey(json.loads(line))
    await gateway.disconnect()


logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
asyncio.get_event_loop().run_until_complete(main())
