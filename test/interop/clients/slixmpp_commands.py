"""An administrator who works with ad-hoc commands (XEP-0050, XEP-0133); what came of them goes to standard output as JSON lines.

Start: slixmpp_commands.py JID PASSWORD HOST PORT
"""
import asyncio
import json
import logging
import ssl
import sys

import slixmpp


def tell(what, **fields):
    print(json.dumps({"what": what, **fields}), flush=True)


class Admin(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        for plugin in ("xep_0004", "xep_0030", "xep_0050", "xep_0133", "xep_0199"):
            self.register_plugin(plugin)
        self.add_event_handler("session_start", self.started)

    async def started(self, _event):
        self.send_presence()
        try:
            await self.work()
        except slixmpp.exceptions.IqError as error:
            tell("refused", condition=error.condition)
        await self.disconnect()

    async def work(self):
        domain = self.boundjid.domain
        commands = await self["xep_0050"].get_commands(jid=domain)
        nodes = [node for _, node, _ in commands["disco_items"]["items"]]
        tell("commands", nodes=nodes)
        ping = await self["xep_0050"].send_command(domain, "ping", action="execute")
        tell("ping", status=ping["command"]["status"], notes=[text for _, text in ping["command"]["notes"]])
        await self.add_user(domain)
        online = asyncio.get_running_loop().create_future()
        session = {"next": lambda iq, _: online.set_result(iq["command"]["form"].get_values()), "error": self.failed}
        self["xep_0133"].get_registered_users_num(domain, session)
        tell("count", values=await online)

    async def add_user(self, domain):
        done = asyncio.get_running_loop().create_future()

        def fill(iq, session):
            form = self["xep_0004"].make_form(ftype="submit")
            form.add_field(var="FORM_TYPE", ftype="hidden", value="http://jabber.org/protocol/admin")
            form.add_field(var="accountjid", value="newcomer@" + domain)
            form.add_field(var="password", value="secret")
            form.add_field(var="password-verify", value="secret")
            tell("asked", fields=list(iq["command"]["form"].get_fields()))
            session["payload"] = form
            session["next"] = lambda answer, _: done.set_result([text for _, text in answer["command"]["notes"]])
            self["xep_0050"].complete_command(session)

        self["xep_0133"].add_user(domain, {"next": fill, "error": self.failed})
        tell("added", notes=await done)

    def failed(self, iq, _session):
        tell("failed", condition=iq["error"]["condition"])


async def main():
    jid, password, host, port = sys.argv[1:5]
    client = Admin(jid, password)
    client.ssl_context.check_hostname = False
    client.ssl_context.verify_mode = ssl.CERT_NONE
    client.connect((host, int(port)))
    await client.disconnected


logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
asyncio.get_event_loop().run_until_complete(main())
