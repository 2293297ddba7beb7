"""Somebody who uploads a file (XEP-0363); what came of it goes to standard output as JSON lines.

Start: slixmpp_upload.py JID PASSWORD HOST PORT
"""
import asyncio
import io
import json
import logging
import ssl
import sys

import slixmpp
from slixmpp.plugins.xep_0363.http_upload import FileTooBig

# slixmpp 1.8 gives it coroutines, which Python 3.11 does not take any more.
wait = asyncio.wait
asyncio.wait = lambda several, **options: wait([asyncio.ensure_future(each) for each in several], **options)


def tell(what, **fields):
    print(json.dumps({"what": what, **fields}), flush=True)


class Uploader(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        for plugin in ("xep_0030", "xep_0128", "xep_0199", "xep_0363"):
            self.register_plugin(plugin)
        self.add_event_handler("session_start", self.started)

    async def started(self, _event):
        upload = self["xep_0363"].upload_file
        try:
            url = await upload("très cool.jpg", input_file=io.BytesIO(bytes(range(256)) * 40))
            tell("uploaded", url=url)
            await upload("large.bin", input_file=io.BytesIO(bytes(20000)))
        except FileTooBig as error:
            tell("too big", size=error.args[0], most=error.args[1])
        await self.disconnect()


async def main():
    jid, password, host, port = sys.argv[1:5]
    client = Uploader(jid, password)
    client.ssl_context.check_hostname = False
    client.ssl_context.verify_mode = ssl.CERT_NONE
    client.connect((host, int(port)))
    await client.disconnected


logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
asyncio.get_event_loop().run_until_complete(main())
